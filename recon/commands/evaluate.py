"""`recon evaluate PROTOCOL`: score under a frozen protocol, print the table, keep the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import read_config
from recon.errors import UserError
from recon.evaluate.protocols import load_protocol
from recon.evaluate.settings import SETTINGS
from recon.files import refuse_unwritable


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes beside the protocol's settings.

    out     folder to write NAME.json, NAME.values.json and pictures to; none: the table is only printed
    name    of the two files; none: the protocol's
    config  YAML file of the settings
    """

    out: Path | None = None
    name: str | None = None
    config: Path | None = None


def settings(protocol: str) -> type:
    return SETTINGS[protocol]


def run(options: Options, overrides: Mapping[str, str], protocol: str) -> None:
    chosen = read_config(SETTINGS[protocol], options.config, overrides)
    folder = getattr(chosen, "folder", None)
    if folder is not None and not Path(folder).is_dir():
        raise UserError(f"there is no folder {folder}: check --folder")
    name = options.name or protocol
    if Path(name).name != name:
        raise UserError(f"--name {name} is no name of a file: leave out its folders, --out names them")
    if options.out:
        refuse_unwritable(options.out)
    result = load_protocol(protocol).run(chosen)
    print(result.markdown(), flush=True)
    if options.out:
        words = ["recon", "evaluate", protocol, *(["--config", str(options.config)] if options.config else [])]
        words += [word for key, value in overrides.items() for word in (f"--{key}", value)]
        result.write(options.out, name, words)
