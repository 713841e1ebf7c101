"""`recon train EXPERIMENT`: a network from one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import positional
from recon.train.experiment import Experiment, experiment_class, read_experiment


@dataclass(frozen=True, kw_only=True)
class Options:
    """What every command takes that trains, beside its experiment's settings.

    experiment  YAML file of the settings, such as those in configs/
    out         the run's folder; what was begun there goes on
    cache       folder to keep drawn records in as datasets, drawn once for all runs; none: they are drawn anew
    """

    experiment: Path = positional("EXPERIMENT")
    out: Path
    cache: Path | None = None


def settings() -> type:
    return experiment_class(Experiment.method)


def run(options: Options, overrides: Mapping[str, str]) -> None:
    experiment = read_experiment(options.experiment, overrides)
    from recon.train.run import train

    weights = train(experiment, options.out, options.cache)
    print(f"the network is in {weights}, its sheets in {options.out / 'sheets'}")
