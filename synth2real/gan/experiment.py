"""A generator's experiment: one file with all that decides its weights (compare `recon.train.experiment`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from recon.configuration import bounded, read_config
from recon.errors import UserError
from recon.ranges import COUNT, DECAY, PIXELS, PROCESSES, SEEDS
from recon.synthesis.config import PlacementConfig, SourceConfig
from synth2real.gan.config import (
    AdversarialConfig,
    DiscriminatorConfig,
    FidelityConfig,
    GeneratorConfig,
    GeometryLossConfig,
    ParserLossConfig,
    PhotosConfig,
)


@dataclass(frozen=True)
class GanExperiment:
    """What a generator's training depends on. Rates are Adam's, with betas (0, 0.99), and fall linearly to 0 over
    the second half.

    size                side of the images in px
    batch               images of each kind a step
    steps               how many there are
    seed                of the first weights, of the drawing order and of the sources that name none
    precision           "bf16" (where the processor has it) or "no"; the losses and the weights are float32 in either
    generator_rate      the generator's learning rate
    discriminator_rate  the discriminators' learning rate
    ema_decay           of the averaged weights of the generator, which are the ones evaluated and saved
    sources             by name: where renders come from, mixed by their weights; turned no further than the photos show
    placement           how renders are turned, scaled, shifted, mirrored
    held_out            scenes for the evaluations, drawn as the first drawn source's, from another seed
    photos              the photos that the discriminators learn from
    generator           the generator's network
    discriminator       the discriminators' networks
    adversarial         the adversarial objective
    fidelity            pixel terms that hold the generator to its render
    geometry            the geometric loss, L_Geom; its network also serves the parser term and discriminator.maps
    parser              the parser term
    start               weights of a generator to begin with, such as one of half the size; null: random ones
    workers             processes that draw batches ahead; 0: in this one
    log_every           steps between two lines of the log
    evaluate_every      steps between two evaluations
    checkpoint_every    steps between two checkpoints, from which a stopped run goes on
    """

    size: int = bounded(128, *PIXELS)
    batch: int = bounded(6, 1, 65536)
    steps: int = bounded(6000, *COUNT)
    seed: int = bounded(0, *SEEDS)
    precision: Literal["no", "bf16"] = "bf16"
    generator_rate: float = bounded(3e-4, 0, 1)
    discriminator_rate: float = bounded(5e-4, 0, 1)
    ema_decay: float = bounded(0.998, *DECAY)
    sources: dict[str, SourceConfig] = field(default_factory=dict)
    placement: PlacementConfig = field(default_factory=lambda: PlacementConfig(mirror=0.0))
    held_out: int = bounded(48, 1, 10**5)
    photos: PhotosConfig = field(default_factory=PhotosConfig)
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    adversarial: AdversarialConfig = field(default_factory=AdversarialConfig)
    fidelity: FidelityConfig = field(default_factory=FidelityConfig)
    geometry: GeometryLossConfig = field(default_factory=GeometryLossConfig)
    parser: ParserLossConfig = field(default_factory=ParserLossConfig)
    start: str | None = None
    workers: int = bounded(0, *PROCESSES)
    log_every: int = bounded(50, *COUNT)
    evaluate_every: int = bounded(500, *COUNT)
    checkpoint_every: int = bounded(500, *COUNT)


def read_gan_experiment(path: Path, overrides: Mapping[str, str] | None = None) -> GanExperiment:
    """The experiment of a file, with dotted `overrides`.

    Raises:
        UserError: it can't be read, or asks for what can't be.
    """
    experiment = read_config(GanExperiment, path, overrides)
    stride = experiment.generator.stride
    if experiment.size % stride:
        raise UserError(
            f"size {experiment.size} is not divisible by {stride}, as the generator's widths need: change either"
        )
    smallest = 4 * 2 ** (experiment.discriminator.strides + experiment.discriminator.scales - 1)
    if experiment.size < smallest:
        raise UserError(
            f"size {experiment.size} is below {smallest}, which discriminator.strides and scales need: change one"
        )
    if experiment.photos.folder is None:
        raise UserError("the experiment names no photos: give --photos.folder DIR")
    if not experiment.sources:
        raise UserError("the experiment names no sources: give one, such as sources.renders.scene")
    if not sum(source.weight for source in experiment.sources.values()) > 0:
        raise UserError("every source has the weight 0: give one more")
    return experiment
