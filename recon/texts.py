"""Text and JSON files that anybody may have written: UTF-8, of a size that people and programs write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MOST_BYTES = 2**28


def read_text(file: Path, most: int = MOST_BYTES) -> str:
    """The text, with `\\n` between lines.

    Raises:
        OSError: it can't be opened. ValueError: it is no UTF-8 or of more than `most` bytes; a few words say so.
    """
    with file.open("rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it is longer than {most:,} bytes")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise ValueError("it is no text in UTF-8") from None


def read_json(file: Path) -> Any:
    """What stands in a JSON file.

    Raises:
        OSError, ValueError: as `read_text`, or it is no JSON.
    """
    return json_of(read_text(file))


def json_of(text: str) -> Any:
    """What a text of JSON says.

    Raises:
        ValueError: it is none, nests too deeply, or holds a whole number that no float reaches.
    """
    try:
        return json.loads(text, parse_int=_whole_number)
    except RecursionError:
        raise ValueError("it nests too deeply") from None
    except OverflowError:
        raise ValueError("it holds a number of hundreds of digits") from None


def _whole_number(digits: str) -> int:
    number = int(digits)
    float(number)  # whoever takes it for a float would meet the OverflowError
    return number
