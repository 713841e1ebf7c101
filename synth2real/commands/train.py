"""`synth2real train EXPERIMENT`: the generator, on renders and a folder of photos."""

from __future__ import annotations

from collections.abc import Mapping

from recon.commands.train import Options
from synth2real.gan.experiment import GanExperiment, read_gan_experiment

__all__ = ["Options", "run", "settings"]


def settings() -> type:
    return GanExperiment


def run(options: Options, overrides: Mapping[str, str]) -> None:
    experiment = read_gan_experiment(options.experiment, overrides)
    from synth2real.gan.run import train_generator

    weights = train_generator(experiment, options.out, options.cache)
    print(f"the generator is in {weights}, its sheets in {options.out / 'sheets'}")
