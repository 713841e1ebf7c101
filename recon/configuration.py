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
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, TypeVar

import jsonargparse
import yaml

from recon.assets import config_path
from recon.errors import UserError, did_you_mean
from recon.files import whole_file

T = TypeVar("T")


def bounded(default: Any, low: float | None = None, high: float | None = None) -> Any:
    """A dataclass field with a range, both ends included; None: open. Every reader of a configuration holds it, of each
    number of a tuple too, and of None where the type allows it.

        smile: float = bounded(0.4, 0, 1)
    """
    return field(default=default, metadata={"range": (low, high)})


def read_config(cls: type[T], path: Path | None, overrides: Mapping[str, str] | None = None) -> T:
    """The dataclass `cls` filled from its defaults, then the YAML file at `path`, then `overrides` (dotted keys).

    A group of keys may be given as the name of a YAML file that holds them (`scene: configs/scenes/mixed.yaml`);
    numbered groups are named by their number (`stages.0.steps`). A relative `configs/...` path that is not in the
    working directory is looked up among the bundled ones, so that an installed wheel understands the same command lines
    as a checkout.
    """
    values = _filled(cls, read_yaml(path)) if path else {}
    source = str(path) if path else "the configuration"
    _refuse_unknown_keys(cls, values, source)
    for key, text in (overrides or {}).items():
        _set_dotted(cls, values, key, text)
    values = _filled(cls, values)
    _refuse_unknown_keys(cls, values, "the options")
    return _instantiate(cls, values, source)


def changed(config: T, changes: Mapping[str, Any], source: str) -> T:
    """`config` with some of its dotted keys set anew, as strict as `read_config`; `source` is named in errors."""
    values = to_plain(config)
    for key, value in changes.items():
        _set_dotted(type(config), values, key, value)
    return from_plain(type(config), _filled(type(config), values), source)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dicts as one with dotted keys."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def read_yaml(path: Path) -> dict[str, Any]:
    """The keys of a YAML file; a UserError where it can't be read."""
    try:
        values = yaml.safe_load(_bundled(path).read_text())
    except FileNotFoundError:
        raise UserError(f"there is no configuration file {path}: check the path") from None
    except OSError as error:
        raise UserError(f"the configuration file {path} can't be read ({error.strerror}): check the path") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise UserError(f"the configuration file {path} is not valid YAML{place}: mend it") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise UserError(f"the configuration file {path} must hold `key: value` lines")
    return values


def write_config(config: Any, path: Path) -> None:
    """Write the resolved dataclass as YAML that `read_config` reads back to an equal one; atomic."""
    with whole_file(path) as temporary:
        temporary.write_text(yaml.safe_dump(to_plain(config), sort_keys=False))


def to_plain(config: Any) -> dict[str, Any]:
    """The dataclass as nested dicts of plain YAML and JSON values (tuples become lists, paths text)."""
    return {field.name: _plain(getattr(config, field.name)) for field in dataclasses.fields(config)}


def from_plain(cls: type[T], values: Mapping[str, Any], source: str) -> T:
    """The inverse of `to_plain`, as strict as `read_config`; `source` names the file in errors."""
    _refuse_unknown_keys(cls, values, source)
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


def _bundled(path: Path) -> Path:
    if path.exists() or path.parts[:1] != ("configs",):
        return path
    try:
        return config_path(str(path.relative_to("configs")))
    except UserError:
        return path


def _child(hint: Any, key: str) -> Any:
    """The type of what stands under `key` in a value of type `hint`; None where nothing does."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return typing.get_type_hints(hint)[key] if key in _field_names(hint) else None
    if typing.get_origin(hint) is dict:
        return typing.get_args(hint)[1]
    if typing.get_origin(hint) in (list, tuple) and key.isdigit():
        return typing.get_args(hint)[0]
    return next((found for part in _parts(hint) if (found := _child(part, key)) is not None), None)


def _known(hint: Any) -> list[str]:
    """The keys that a value of type `hint` may have; empty where any will do, or none."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _field_names(hint)
    return next((found for part in _parts(hint) if (found := _known(part))), [])


def _has_keys(hint: Any) -> bool:
    """Whether a value of type `hint` holds keys of its own, named or free, or a numbered list of such values."""
    origin = typing.get_origin(hint)
    if origin in (list, tuple):
        return _has_keys(typing.get_args(hint)[0])
    return bool(_known(hint)) or origin is dict or any(_has_keys(part) for part in _parts(hint))


def _parts(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else ()


def _field_names(cls: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(cls)]


def _filled(hint: Any, value: Any) -> Any:
    """`value` with the YAML files that stand for groups of keys (`scene: configs/scenes/mixed.yaml`) read in."""
    if isinstance(value, str) and _known(hint):
        return _filled(hint, read_yaml(Path(value)))
    if isinstance(value, Mapping):
        return {key: _filled(_child(hint, str(key)), item) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(_child(hint, "0"), item) for item in value]
    return value


def _refuse_unknown_keys(hint: Any, value: Any, source: str, prefix: str = "") -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            found = _child(hint, str(key))
            if found is None and _known(hint):
                raise UserError(f"unknown key '{prefix}{key}' in {source}{did_you_mean(str(key), _known(hint))}")
            _refuse_unknown_keys(found, item, source, f"{prefix}{key}.")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _refuse_unknown_keys(_child(hint, str(number)), item, source, f"{prefix}{number}.")
    elif _known(hint) and value is not None:
        raise UserError(f"'{prefix[:-1]}' in {source} must hold keys of its own, not {value!r}")


def _set_dotted(hint: Any, values: Any, dotted: str, value: Any) -> None:
    """Put `value` under the dotted key; text is read by the type that it is for."""
    *parents, leaf = dotted.split(".")
    for depth, parent in enumerate(parents):
        child = _child(hint, parent)
        if child is None or not _has_keys(child):
            groups = [name for name in _known(hint) if _has_keys(_child(hint, name))]
            raise UserError(
                f"unknown option --{dotted} ('{'.'.join(parents[: depth + 1])}' has no keys of its own)"
                + did_you_mean(parent, groups)
            )
        if isinstance(values, list):
            if int(parent) >= len(values):
                raise UserError(f"--{dotted}: there are {len(values)} {parents[depth - 1]}, numbered from 0")
            hint, values = child, values[int(parent)]
            continue
        if not isinstance(values.get(parent), (dict, list)):
            values[parent] = {}
        hint, values = child, values[parent]
    child = _child(hint, leaf)
    if child is None:
        known = [".".join([*parents, name]) for name in _known(hint)]
        raise UserError(f"unknown option --{dotted}{did_you_mean(dotted, known)}")
    if isinstance(value, str) and _has_keys(child):
        value = _parsed(value, dotted)
    values[leaf if isinstance(values, dict) else int(leaf)] = value


def _parsed(text: str, dotted: str) -> Any:
    """A group of keys given as text: null, the name of a YAML file, or YAML itself (`[{steps: 2}]`)."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = text
    named = isinstance(value, str) and value.endswith((".yaml", ".yml"))
    if not (named or value is None or isinstance(value, (dict, list))):
        raise UserError(f"--{dotted} has keys of its own: set one of them (--{dotted}.key value), or name a YAML file")
    return value


def _instantiate(cls: type[T], values: Mapping[str, Any], source: str) -> T:
    parser = jsonargparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--config", type=cls)
    try:
        config = parser.instantiate(parser.parse_object({"config": dict(values)})).config
    except (jsonargparse.ArgumentError, TypeError, ValueError) as error:
        raise UserError(f"{_one_sentence(str(error))} in {source}") from None
    _refuse_out_of_range(config, source, "")
    return config


def _refuse_out_of_range(value: Any, source: str, prefix: str) -> None:
    """Raise a UserError that names the first field beyond the range that `bounded` gave it."""
    if isinstance(value, (tuple, list)):
        for number, item in enumerate(value):
            _refuse_out_of_range(item, source, f"{prefix}{number}.")
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_out_of_range(item, source, f"{prefix}{key}.")
    elif dataclasses.is_dataclass(value):
        for one in dataclasses.fields(value):
            held = getattr(value, one.name)
            low, high = one.metadata.get("range", (None, None))
            for number in held if isinstance(held, tuple) else (held,):
                if isinstance(number, (int, float)) and not _within(number, low, high):
                    raise UserError(f"'{prefix}{one.name}' must be {_range_text(low, high)}, not {number} in {source}")
            _refuse_out_of_range(held, source, f"{prefix}{one.name}.")


def _within(number: float, low: float | None, high: float | None) -> bool:
    return (low is None or number >= low) and (high is None or number <= high)  # NaN lies in no range


def _range_text(low: float | None, high: float | None) -> str:
    """`from 0 to 1`, `at least 0`, `at most 1`."""
    if low is not None and high is not None:
        return f"from {low:g} to {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"


def _one_sentence(message: str) -> str:
    """jsonargparse's several lines as one: `'net.width' must be int, not 'a'`."""
    group = re.search(  # `Net | None`: what is wrong inside is told below the union
        r'key "config\.([\w.]+)":\s*Does not validate.*?Parser key "([\w.]+":\s*Expected .*? Got value: [^\n]*)',
        message,
        re.DOTALL,
    )
    message = f'key "config.{group[1]}.{group[2]}' if group else message
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
