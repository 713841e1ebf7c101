"""A configuration as plain values, and as YAML."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from recon.files import whole_file


def write_config(config: Any, path: Path) -> None:
    """Write the resolved dataclass as YAML that `read_config` reads back to an equal one; atomic."""
    with whole_file(path) as temporary:
        temporary.write_text(yaml.safe_dump(to_plain(config), sort_keys=False))


def to_plain(config: Any) -> dict[str, Any]:
    """The dataclass as nested dicts of plain YAML and JSON values (tuples become lists, paths text)."""
    return {field.name: _plain(getattr(config, field.name)) for field in dataclasses.fields(config)}


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dicts as one with dotted keys."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_plain(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return os.fspath(value) if isinstance(value, os.PathLike) else value
