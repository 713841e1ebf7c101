"""Dataclasses read from YAML files, dotted overrides, plain values, and the words of a command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from recon.assets import config_path
from recon.configuration.keys import child, known, refuse_unknown_keys, set_dotted
from recon.configuration.loading import KeyTwice, load_yaml
from recon.configuration.types import Refused, build
from recon.configuration.writing import to_plain
from recon.errors import UserError
from recon.texts import read_text

T = TypeVar("T")
MOST_VALUES = 100_000  # of a file


def read_config(cls: type[T], path: Path | None, overrides: Mapping[str, str] | None = None) -> T:
    """The dataclass `cls` filled from its defaults, then the YAML file at `path`, then `overrides` (dotted keys).

    A group of keys may be given as the name of a YAML file that holds them (`scene: configs/scenes/mixed.yaml`);
    numbered groups are named by their number (`stages.0.steps`). A relative `configs/...` path that is not in the
    working directory is looked up among the bundled ones, so that an installed wheel understands the same command lines
    as a checkout.
    """
    source = str(path) if path else "the configuration"
    values = _filled(cls, read_yaml(path), (path,)) if path else {}
    refuse_unknown_keys(cls, values, source)
    for key, text in (overrides or {}).items():
        set_dotted(cls, values, key, text)
    values = _filled(cls, values)
    refuse_unknown_keys(cls, values, "the options")
    return _built(cls, values, source, overrides or {})


def changed(config: T, changes: Mapping[str, Any], source: str) -> T:
    """`config` with some of its dotted keys set anew, as strict as `read_config`; `source` is named in errors."""
    values = to_plain(config)
    for key, value in changes.items():
        set_dotted(type(config), values, key, value)
    return from_plain(type(config), _filled(type(config), values), source)


def from_plain(cls: type[T], values: Mapping[str, Any], source: str) -> T:
    """The inverse of `to_plain`, as strict as `read_config`; `source` names the file in errors."""
    refuse_unknown_keys(cls, values, source)
    return _built(cls, values, source)


def from_words(cls: type[T], values: Mapping[str, Any]) -> T:
    """The dataclass of a command's own options, each by its name, from what was given: text, or a list of it."""
    return _built(cls, values, "", values)


def read_yaml(path: Path) -> dict[str, Any]:
    """The keys of a YAML file; a UserError where it can't be read."""
    try:
        values = load_yaml(read_text(_bundled(path)))
    except FileNotFoundError:
        raise UserError(f"there is no configuration file {path}: check the path") from None
    except OSError as error:
        raise UserError(f"the configuration file {path} can't be read ({error.strerror}): check the path") from None
    except KeyTwice as error:
        raise UserError(f"the configuration file {path} gives {error} twice: keep one") from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise UserError(f"the configuration file {path} is not valid YAML{place}: mend it") from None
    except RecursionError:
        raise UserError(f"the configuration file {path} is nested too deeply: mend it") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise UserError(f"the configuration file {path} must hold `key: value` lines")
    _refuse_endless(values, path)
    return values


def _refuse_endless(values: dict[str, Any], path: Path) -> None:
    """A file of a few lines can name its own parts over and over."""
    rest: list[Any] = [values]
    for _ in range(MOST_VALUES):
        if not rest:
            return
        value = rest.pop()
        rest += value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    raise UserError(f"the configuration file {path} holds more than {MOST_VALUES:,} values: mend it")


def _built(cls: type[T], values: Mapping[str, Any], source: str, given: Iterable[str] = ()) -> T:
    """given: the keys that the command line gave; what is wrong with them is not the file's fault."""
    try:
        return build(cls, values)
    except Refused as refused:
        key = refused.key
        if refused.missing:
            raise UserError(f"no value for {key} in {source}: give --{key} VALUE") from None
        if any(f"{key}.".startswith(f"{one}.") for one in given):
            raise UserError(f"--{key} must be {refused.sentence}") from None
        raise UserError(f"'{key}' must be {refused.sentence} in {source}") from None


def _filled(hint: Any, value: Any, within: tuple[Path, ...] = ()) -> Any:
    """`value` with the YAML files that stand for groups of keys (`scene: configs/scenes/mixed.yaml`) read in.

    within: the files that are being read.
    """
    if isinstance(value, str) and known(hint):
        path = Path(value)
        if path in within:
            raise UserError(f"the configuration file {path} names itself: mend it")
        return _filled(hint, read_yaml(path), (*within, path))
    if isinstance(value, Mapping):
        return {key: _filled(child(hint, str(key)), item, within) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(child(hint, "0"), item, within) for item in value]
    return value


def _bundled(path: Path) -> Path:
    if path.exists() or path.parts[:1] != ("configs",):
        return path
    try:
        return config_path(str(path.relative_to("configs")))
    except UserError:
        return path
