"""Text and JSON of strangers."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.errors import LONGEST, UserError
from recon.texts import json_of, read_json, read_text


def test_lines_end_alike_and_a_mark_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n\xc3\xbc")
    assert read_text(tmp_path / "a") == "a\nb\nc\nü"


def test_other_bytes_and_too_many_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff")
    with pytest.raises(ValueError, match="UTF-8"):
        read_text(tmp_path / "a")
    (tmp_path / "a").write_text("1234")
    assert read_json(tmp_path / "a") == 1234
    with pytest.raises(ValueError, match="longer than 3"):
        read_text(tmp_path / "a", 3)


def test_deep_json_is_no_json() -> None:
    with pytest.raises(ValueError, match="deep"):
        json_of("[" * 100_000)


def test_a_number_that_no_float_reaches_is_refused() -> None:
    assert json_of("[18446744073709551615]") == [2**64 - 1]
    with pytest.raises(ValueError, match="hundreds of digits"):
        json_of("[1" + "0" * 400 + "]")


def test_a_sentence_shows_no_sign_that_a_terminal_would_obey() -> None:
    assert str(UserError("a\x1b[2Jb\u202ec\udc80 is bad: mend it")) == "a\\x1b[2Jb\\u202ec\\udc80 is bad: mend it"


def test_of_a_long_sentence_beginning_and_end_are_kept() -> None:
    sentence = str(UserError("the file " + "x" * 10_000 + " is bad: mend it"))
    assert sentence.startswith("the file x") and sentence.endswith("is bad: mend it") and len(sentence) < LONGEST + 9
