"""`synth2real feedback CONFIG`: the loop as one command that can be stopped and gone on with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded, positional, read_config
from recon.ranges import PROCESSES
from synth2real.feedback.config import FeedbackConfig


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes beside the run's settings.

    config   YAML file of the settings, such as those in configs/feedback
    out      the run's folder; what was begun there goes on
    rounds   how many; each begins with the network that the one before adopted
    adopt    the best arm's network becomes OUT/adopted.safetensors, and the start of the next round
    workers  processes that make data
    """

    config: Path = positional("CONFIG")
    out: Path
    rounds: int = bounded(1, 1, 100)
    adopt: bool = False
    workers: int = bounded(os.cpu_count() or 1, 1, PROCESSES[1])


def settings() -> type:
    return FeedbackConfig


def run(options: Options, overrides: Mapping[str, str]) -> None:
    config = read_config(FeedbackConfig, options.config, overrides)
    from synth2real.feedback.run import run_feedback

    words = ["synth2real", "feedback", str(options.config)]
    words += [word for key, value in overrides.items() for word in (f"--{key}", value)]
    words += (["--adopt"] if options.adopt else []) + (["--rounds", str(options.rounds)] if options.rounds > 1 else [])
    for result in run_feedback(
        config, options.out, rounds=options.rounds, adopt=options.adopt, workers=options.workers, command=words
    ):
        print(result.markdown(), flush=True)
