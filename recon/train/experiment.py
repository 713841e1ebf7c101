"""An experiment is one file: all that decides a network's weights, and nothing else.

    method: pix2vertex
    network: {size: 128, widths: [32, 64, 128, 192]}
    sources:
      painted: {weight: 7, scene: configs/scenes/painted.yaml}
      mine:    {weight: 4, dataset: runs/faces}
    stages:
      - {steps: 20000, learning_rate: .002, warmup: 200}
      - {steps: 3000, learning_rate: .0012, blend: .6, changes: {textures.share: .35, sources.painted.weight: 5}}

`run.train` makes the weights of it. What the file names (scenes, datasets, textures, start weights) enters the resolved
experiment by content: a run that is gone on with under anything else is refused, naming the key.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, make_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from recon.configuration import bounded, changed, read_config, read_yaml
from recon.errors import UserError, did_you_mean
from recon.methods.registry import configs
from recon.ranges import COUNT, DECAY, PROCESSES, SEEDS, SHARE
from recon.synthesis.config import PlacementConfig, SourceConfig
from recon.train.config import AugmentConfig

CHANGEABLE = re.compile(r"sources\.[^.]+\.weight|(placement|augment|losses)\..+|textures\.share|amodal")
NAMED = "sources.NAME.weight, placement.*, augment.*, losses.*, textures.share, amodal"  # the same, for people


@dataclass(frozen=True)
class Stage:
    """A part of a training.

    steps          how many it has
    learning_rate  its peak
    warmup         steps over which the rate rises linearly to its peak
    decay          how the rate falls then, to 0 at the last step: "cosine" or "linear"; or "constant": it stays at the
                   peak
    blend          share of the stage in its result: the averaged weights become blend times themselves plus (1 - blend)
                   times those that the stage began with
    changes        dotted keys of the experiment that hold from here on, such as `sources.painted.weight: 5`
    """

    steps: int = bounded(20_000, *COUNT)
    learning_rate: float = bounded(1e-3, 0, 1)
    warmup: int = bounded(200, 0, 10**9)
    decay: Literal["cosine", "linear", "constant"] = "cosine"
    blend: float = bounded(1.0, *SHARE)
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TexturesConfig:
    """Photos' skin on the renders.

    file   photos' skin that `recon textures` wrote; null: none
    share  of the faces that get one
    """

    file: str | None = None
    share: float = bounded(0.4, *SHARE)


@dataclass(frozen=True)
class Experiment:
    """What a training depends on; `experiment_class` gives `network` and `losses` the types of their method.

    method            which network is trained, and how: one of `recon.methods.registry.METHODS`
    network           the network's config
    losses            the weights of its losses
    sources           by name: where records come from, mixed by their weights
    held_out          the source of the evaluations; null: the first drawn one, from another seed
    amodal            learn the whole face, also under hair, glasses and other things; off: its visible pixels
    placement         how records are turned, scaled, shifted, mirrored
    augment           what photos do to an image
    textures          photos' skin on the renders
    stages            one after the other
    start             weights to begin with: a file, folder or Hub id; null: random ones
    batch_size        records a step
    shots             so many of them beside each other are of one person, where a source has them: what shape
                      consistency compares
    optimizer         "adam", "rmsprop", or "muon", which needs far fewer images (recon/train/muon.py)
    weight_decay      an L2 penalty, not of muon: so many times the weights are added to the gradient
    ema_decay         of the averaged weights, which are the ones evaluated and saved
    max_norm          the gradient's norm is clipped to this (pix2vertex's losses weigh 100, so norms are in the
                      hundreds)
    precision         "bf16" (where the processor has it) or "no"; heads, losses and weights are float32 in either
    channels_last     the layout in memory: quicker with group norm, slower with instance norm on a CPU
    seed              of the first weights, of the drawing order and of the sources that name none
    workers           processes that draw and augment batches ahead; 0: in this one
    log_every         steps between two lines of the log
    evaluate_every    steps between two evaluations
    checkpoint_every  steps between two checkpoints, from which a stopped run goes on
    """

    method: str = "pix2vertex"
    network: Any = None
    losses: Any = None
    sources: dict[str, SourceConfig] = field(default_factory=dict)
    held_out: SourceConfig | None = None
    amodal: bool = False
    placement: PlacementConfig = field(default_factory=PlacementConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    textures: TexturesConfig = field(default_factory=TexturesConfig)
    stages: tuple[Stage, ...] = (Stage(),)
    start: str | None = None
    batch_size: int = bounded(16, 1, 65536)
    shots: int = bounded(1, 1, 65536)
    optimizer: Literal["adam", "rmsprop", "muon"] = "adam"
    weight_decay: float = bounded(0.0, *SHARE)
    ema_decay: float = bounded(0.998, *DECAY)
    max_norm: float = bounded(300.0, 1e-3, 1e9)
    precision: Literal["bf16", "no"] = "bf16"
    channels_last: bool = True
    seed: int = bounded(0, *SEEDS)
    workers: int = bounded(0, *PROCESSES)
    log_every: int = bounded(50, *COUNT)
    evaluate_every: int = bounded(500, *COUNT)
    checkpoint_every: int = bounded(500, *COUNT)

    @property
    def steps(self) -> int:
        """Of all stages."""
        return sum(stage.steps for stage in self.stages)

    def starts(self) -> list[int]:
        """The step at which each stage begins, and that at which the last one ends."""
        return [sum(stage.steps for stage in self.stages[:number]) for number in range(len(self.stages) + 1)]

    def stage_at(self, step: int) -> int:
        """The number of the stage that `step` belongs to."""
        return max(number for number, start in enumerate(self.starts()[:-1]) if start <= step)

    def within(self, number: int) -> Experiment:
        """The experiment as the changes of stages 0 to `number` leave it."""
        experiment = self
        for stage in self.stages[: number + 1]:
            experiment = changed(experiment, stage.changes, "a stage's changes")
        return experiment


@cache
def experiment_class(name: str) -> type[Experiment]:
    """`Experiment` with `network` and `losses` typed as the method `name` has them."""
    of_method = zip(("network", "losses"), configs(name), strict=True)
    typed = [(key, cls, field(default_factory=cls)) for key, cls in of_method]
    return make_dataclass("Experiment", typed, bases=(Experiment,), frozen=True, namespace={"__module__": __name__})


def read_experiment(path: Path, overrides: Mapping[str, str] | None = None) -> Experiment:
    """The experiment of a file, with dotted `overrides`.

    Raises:
        UserError: it can't be read, or asks for what can't be.
    """
    name = (overrides or {}).get("method") or str(read_yaml(path).get("method", Experiment.method))
    experiment = read_config(experiment_class(name), path, overrides)
    refuse_nonsense(experiment)
    return experiment


def refuse_nonsense(experiment: Experiment) -> None:
    """Raise a UserError for settings that no type refuses."""
    if not experiment.sources:
        raise UserError("the experiment names no sources: give one, such as sources.faces.scene")
    if not experiment.stages:
        raise UserError("the experiment has no stages: give one, such as {steps: 20000}")
    if experiment.batch_size % experiment.shots:
        raise UserError(f"batch_size {experiment.batch_size} is not divisible by shots {experiment.shots}")
    if experiment.weight_decay and experiment.optimizer == "muon":
        raise UserError("weight_decay is Adam's and RMSprop's: set optimizer to one of these, or weight_decay to 0")
    for number, stage in enumerate(experiment.stages):
        for key in stage.changes:
            if not CHANGEABLE.fullmatch(key):
                raise UserError(f"stages.{number}.changes: '{key}' can't change from stage to stage; what can: {NAMED}")
            if key.startswith("sources.") and key.split(".")[1] not in experiment.sources:
                near = did_you_mean(key.split(".")[1], experiment.sources)
                raise UserError(f"stages.{number}.changes: there is no source '{key.split('.')[1]}'{near}")
        weights = [source.weight for source in experiment.within(number).sources.values()]
        if not sum(weights) > 0:
            raise UserError(f"in stage {number} every source has the weight 0: give one more")


def rate(step: int, stages: tuple[Stage, ...]) -> float:
    """The learning rate of `step`."""
    *before, stage = stages
    for earlier in before:
        if step < earlier.steps:
            stage = earlier
            break
        step -= earlier.steps
    if step < stage.warmup:
        return stage.learning_rate * (step + 1) / stage.warmup
    if stage.decay == "constant":
        return stage.learning_rate
    done = min(1.0, (step - stage.warmup) / max(1, stage.steps - stage.warmup))
    return stage.learning_rate * ((1 + math.cos(math.pi * done)) / 2 if stage.decay == "cosine" else 1 - done)
