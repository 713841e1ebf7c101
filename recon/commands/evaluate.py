"""`recon evaluate PROTOCOL`: score under a frozen protocol, print the table, keep the result."""

from __future__ import annotations

import argparse
from pathlib import Path

from recon.configuration import add_config_arguments, read_config
from recon.evaluate.protocols import load_protocol


def add_arguments(parser: argparse.ArgumentParser, protocol: str) -> None:
    add_config_arguments(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where NAME.json and NAME.values.json are written")
    parser.add_argument("--name", default=protocol, help="of the two files (default: the protocol's)")
    parser.epilog = f"Settings, each given as --key value.\n\n{load_protocol(protocol).settings.__doc__}"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def run(args: argparse.Namespace, protocol: str) -> None:
    chosen = load_protocol(protocol)
    result = chosen.run(read_config(chosen.settings, args.config, args.overrides))
    print(result.markdown(), flush=True)
    if args.out:
        words = ["recon", "evaluate", protocol, *(["--config", str(args.config)] if args.config else [])]
        words += [word for key, value in args.overrides.items() for word in (f"--{key}", value)]
        result.write(args.out, args.name, words)
