"""Typed configuration: a frozen dataclass from a YAML file and `--key value` overrides, checked by jsonargparse.

    config = read_config(TrainConfig, Path("configs/recon/pix2vertex.yaml"), {"steps": "100", "net.width": "32"})

Keys nest as the dataclasses do; an override names a nested field with dots. Whatever a user can get wrong (a missing
file, broken YAML, an unknown key, a wrong type) is a `UserError` of one sentence.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import jsonargparse
import yaml

from recon.assets import config_path
from recon.errors import UserError, did_you_mean
from recon.files import whole_file

T = TypeVar("T")


def read_config(cls: type[T], path: Path | None, overrides: Mapping[str, str] | None = None) -> T:
    """The dataclass `cls` filled from its defaults, then the YAML file at `path`, then `overrides` (dotted keys).

    A relative `configs/...` path that is not in the working directory is looked up among the bundled ones, so that an
    installed wheel understands the same command lines as a checkout.
    """
    values = _read_yaml(path) if path else {}
    source = str(path) if path else "the configuration"
    _refuse_unknown_keys(cls, values, source, prefix="")
    for key, text in (overrides or {}).items():
        _set_dotted(cls, values, key, text)
    return _instantiate(cls, values, source)


def write_config(config: Any, path: Path) -> None:
    """Write the resolved dataclass as YAML that `read_config` reads back to an equal one; atomic."""
    with whole_file(path) as temporary:
        temporary.write_text(yaml.safe_dump(to_plain(config), sort_keys=False))


def to_plain(config: Any) -> dict[str, Any]:
    """The dataclass as nested dicts of plain YAML and JSON values (tuples become lists, paths text)."""
    return {field.name: _plain(getattr(config, field.name)) for field in dataclasses.fields(config)}


def from_plain(cls: type[T], values: Mapping[str, Any], source: str) -> T:
    """The inverse of `to_plain`, as strict as `read_config`; `source` names the file in errors."""
    _refuse_unknown_keys(cls, values, source, prefix="")
    return _instantiate(cls, values, source)


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """`--config FILE` and `--key value` overrides, which the command line collects in `args.overrides`."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="YAML file; defaults where it says nothing")
    parser.set_defaults(overrides={})


def parse_overrides(words: Sequence[str]) -> dict[str, str]:
    """`["--net.width", "32", "--steps=5"]` as `{"net.width": "32", "steps": "5"}`."""
    overrides: dict[str, str] = {}
    rest = list(words)
    while rest:
        option = rest.pop(0)
        if not option.startswith("--"):
            raise UserError(f"can't make sense of '{option}': overrides are written --key value")
        key, equals, value = option[2:].partition("=")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise UserError(f"--{key} needs a value: --{key} VALUE")
            value = rest.pop(0)
        overrides[key] = value
    return overrides


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_plain(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(_bundled(path).read_text())
    except FileNotFoundError:
        raise UserError(f"there is no configuration file {path}: check --config") from None
    except OSError as error:
        raise UserError(f"the configuration file {path} can't be read ({error.strerror}): check --config") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise UserError(f"the configuration file {path} is not valid YAML{place}: mend it") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise UserError(f"the configuration file {path} must hold `key: value` lines")
    return values


def _bundled(path: Path) -> Path:
    if path.exists() or path.parts[:1] != ("configs",):
        return path
    try:
        return config_path(str(path.relative_to("configs")))
    except UserError:
        return path


def _nested_dataclass(cls: type, name: str) -> type | None:
    hint = typing.get_type_hints(cls)[name]
    for candidate in (hint, *typing.get_args(hint)):  # `Net` or `Net | None`
        if isinstance(candidate, type) and dataclasses.is_dataclass(candidate):
            return candidate
    return None


def _field_names(cls: type) -> list[str]:
    return [field.name for field in dataclasses.fields(cls)]


def _refuse_unknown_keys(cls: type, values: Mapping[str, Any], source: str, prefix: str) -> None:
    for key, value in values.items():
        if key not in _field_names(cls):
            raise UserError(f"unknown key '{prefix}{key}' in {source}{did_you_mean(str(key), _field_names(cls))}")
        nested = _nested_dataclass(cls, key)
        if nested and isinstance(value, Mapping):
            _refuse_unknown_keys(nested, value, source, f"{prefix}{key}.")
        elif nested and value is not None:
            raise UserError(f"'{prefix}{key}' in {source} must hold keys of its own, not {value!r}")


def _set_dotted(cls: type, values: dict[str, Any], dotted: str, text: str) -> None:
    *parents, leaf = dotted.split(".")
    for depth, parent in enumerate(parents):
        nested = _nested_dataclass(cls, parent) if parent in _field_names(cls) else None
        if nested is None:
            groups = [name for name in _field_names(cls) if _nested_dataclass(cls, name)]
            raise UserError(
                f"unknown option --{dotted} ('{'.'.join(parents[: depth + 1])}' has no keys of its own)"
                + did_you_mean(parent, groups)
            )
        if not isinstance(values.get(parent), dict):
            values[parent] = {}
        cls, values = nested, values[parent]
    if leaf not in _field_names(cls):
        known = [".".join([*parents, name]) for name in _field_names(cls)]
        raise UserError(f"unknown option --{dotted}{did_you_mean(dotted, known)}")
    if _nested_dataclass(cls, leaf):
        raise UserError(f"--{dotted} has keys of its own: set one of them, such as --{dotted}.key value")
    values[leaf] = text  # jsonargparse reads the text by the field's type: "5" is a number for an int, text for a str


def _instantiate(cls: type[T], values: Mapping[str, Any], source: str) -> T:
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--config", type=cls)
    try:
        return parser.instantiate(parser.parse_object({"config": dict(values)})).config
    except (jsonargparse.ArgumentError, TypeError, ValueError) as error:
        raise UserError(f"{_one_sentence(str(error))} in {source}") from None


def _one_sentence(message: str) -> str:
    """jsonargparse's several lines as one: `'net.width' must be int, not 'a'`."""
    wrong_type = re.search(r'key "config\.([\w.]+)":\s*Expected an? (.*?)\. Got value: (.*)', message, re.DOTALL)
    if wrong_type:
        key, expected, value = wrong_type.groups()
        expected = re.sub(r"<class '([\w.]+)'>", r"\1", expected).replace("typing.", "")
        return f"'{key}' must be {expected}, not '{' '.join(value.split())}'"
    union = re.search(
        r'key "config\.([\w.]+)":\s*Does not validate against any of the Union subtypes\s*'
        r"Subtypes: \[(.*?)\]\s*Errors:.*Given value: (.*)",
        message,
        re.DOTALL,
    )
    if union:
        key, subtypes, value = union.groups()
        expected = re.sub(r"<class '([\w.]+)'>", r"\1", subtypes).replace("NoneType", "null").replace(", ", " or ")
        return f"'{key}' must be {expected}, not '{' '.join(value.split())}'"
    missing = re.search(r"arguments are required: (.*)", message)
    if missing:
        return f"no value for {missing.group(1).replace('config.', '')}"
    return " ".join(message.replace("config.", "").split())
