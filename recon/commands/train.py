"""`recon train EXPERIMENT`: a network from one file."""

from __future__ import annotations

import argparse
from pathlib import Path

from recon.train.experiment import read_experiment
from recon.train.run import train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_experiment_arguments(parser, "configs/recon/pix2vertex_128_cpu.yaml")


def add_experiment_arguments(parser: argparse.ArgumentParser, example: str) -> None:
    """What every command takes that trains: the experiment, `--key value` overrides, the run's folder, a cache."""
    parser.add_argument("experiment", type=Path, metavar="EXPERIMENT", help=f"YAML file, such as {example}")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the run's folder; resumes what is there"
    )
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="keep drawn records here as datasets, drawn once for all runs"
    )
    parser.set_defaults(overrides={})


def run(args: argparse.Namespace) -> None:
    weights = train(read_experiment(args.experiment, args.overrides), args.out, args.cache)
    print(f"the network is in {weights}, its sheets in {args.out / 'sheets'}")
