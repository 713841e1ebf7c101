"""`synth2real train EXPERIMENT`: the generator, on renders and a folder of photos."""

from __future__ import annotations

import argparse

from recon.commands.train import add_experiment_arguments
from synth2real.gan.experiment import read_gan_experiment
from synth2real.gan.run import train_generator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_experiment_arguments(parser, "configs/synth2real/portraits_128_cpu.yaml")


def run(args: argparse.Namespace) -> None:
    weights = train_generator(read_gan_experiment(args.experiment, args.overrides), args.out, args.cache)
    print(f"the generator is in {weights}, its sheets in {args.out / 'sheets'}")
