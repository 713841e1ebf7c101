"""A generator's experiment: one file with all that decides its weights (compare `recon.train.experiment`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from recon.configuration import bounded, read_config
from recon.errors import UserError
from recon.photos.folder import FramingMode
from recon.ranges import COUNT, DECAY, PIXELS, PROCESSES, SEEDS
from recon.synthesis.placement import PlacementConfig
from recon.synthesis.source import SourceConfig
from synth2real.gan.adversarial import AdversarialConfig
from synth2real.gan.discriminator import DiscriminatorConfig
from synth2real.gan.generator import Generator, GeneratorConfig
from synth2real.gan.geometry_loss import GeometryLossConfig
from synth2real.gan.step import FidelityConfig


@dataclass(frozen=True)
class PhotosConfig:
    """The photos that the discriminators learn from.

    folder           of photos of faces, at any depth
    points           CSV with five points of each face; null: the folder's own faces.csv, where there is one
    drop             file with names of photos to leave out, one a line
    framing          where the face is in a photo, see `recon.photos.folder.load_photos`
    without_glasses  drop photos that seem to show any
    rotation_deg     photos are turned by up to this, since framing levels their eyes and the renders roll
    """

    folder: Path | None = None
    points: Path | None = None
    drop: Path | None = None
    framing: FramingMode = "auto"
    without_glasses: bool = True
    rotation_deg: float = bounded(8.0, 0, 180)


@dataclass(frozen=True)
class GanExperiment:
    """What a generator's training depends on. Rates are Adam's, with betas (0, 0.99), and fall linearly to 0 over the
    second half.

    size            px
    batch           images of each kind a step
    sources         by name: where renders come from, mixed by their weights; turned no further than the photos show
    placement       how renders are turned, scaled, shifted, mirrored
    held_out        scenes for the evaluations, drawn as the first drawn source's, from another seed
    workers         processes that draw batches ahead; 0: in this one
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
    workers: int = bounded(0, *PROCESSES)
    log_every: int = bounded(50, *COUNT)
    evaluate_every: int = bounded(500, *COUNT)
    checkpoint_every: int = bounded(500, *COUNT)


def read_gan_experiment(path: Path, overrides: dict[str, str] | None = None) -> GanExperiment:
    """The experiment of a file, with dotted `overrides`.

    Raises:
        UserError: it can't be read, or asks for what can't be.
    """
    experiment = read_config(GanExperiment, path, overrides)
    stride = Generator(experiment.generator).stride
    if experiment.size % stride:
        raise UserError(
            f"size {experiment.size} is not divisible by {stride}, as the generator's widths need: change either"
        )
    smallest = 4 * 2**experiment.discriminator.strides
    if experiment.size < smallest:
        raise UserError(f"size {experiment.size} is below {smallest}, which discriminator.strides need: change either")
    if experiment.photos.folder is None:
        raise UserError("the experiment names no photos: give --photos.folder DIR")
    if not experiment.sources:
        raise UserError("the experiment names no sources: give one, such as sources.renders.scene")
    if not sum(source.weight for source in experiment.sources.values()) > 0:
        raise UserError("every source has the weight 0: give one more")
    return experiment
