"""Stages: folders that say what they were made with. A finished one is not made again, nor gone on with as another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from recon.configuration import flat, read_yaml
from recon.errors import UserError
from recon.files import whole_file

FILE = "stage.yaml"


def stage(folder: Path, settings: Mapping[str, Any], work: Callable[[], object]) -> None:
    """Do `work`, which fills `folder`, unless `folder/stage.yaml` says that it was finished under the same settings.

    `work` is called again after a kill, and must go on from what it finds.

    Args:
        settings: all that the stage's result depends on, plain values; their hash is written beside them.
    Raises:
        UserError: the stage was begun under others; it names the first key that differs.
    """
    settings = json.loads(json.dumps(settings, default=str))
    file = folder / FILE
    there = read_yaml(file) if file.is_file() else {}
    if there:
        if not isinstance(there.get("settings"), dict) or not isinstance(there.get("finished"), bool):
            raise UserError(f"{file} doesn't say what the stage was made with: delete that folder")
        _refuse_other(folder, flat(there["settings"]), flat(settings))
        if there["finished"]:
            return
    state = {"finished": False, "hash": settings_hash(settings), "settings": settings}
    _write(file, state)
    work()
    _write(file, state | {"finished": True})


def settings_hash(settings: Mapping[str, Any]) -> str:
    """16 hexadecimal digits, the same for the same settings."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def _refuse_other(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) != now.get(key):
            raise UserError(
                f"{folder} was begun with {key} = {before.get(key)}, not {now.get(key)}: "
                "give it as before, delete that folder, or name another --out"
            )


def _write(file: Path, state: Mapping[str, Any]) -> None:
    with whole_file(file) as temporary:
        temporary.write_text(yaml.safe_dump(dict(state), sort_keys=False))
