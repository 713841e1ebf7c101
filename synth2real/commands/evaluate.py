"""`synth2real evaluate`: realism beside preservation, of generators and of any program's images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from recon.configuration import bounded, read_config
from recon.evaluate.settings import HELD_OUT_SEED
from recon.photos.framing import FramingMode
from recon.ranges import COUNT, SEEDS
from recon.synthesis.config import SceneConfig
from synth2real import bundled
from synth2real.bundled import BUNDLED_PX, SIDES_PX
from synth2real.commands.render import settings

__all__ = ["Options", "run", "settings"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes beside the settings of the scene that is drawn.

    photos     folder of photos, framed like the renders
    out        folder to write the table, the pictures and the renders to
    generator  weights of the generators to compare; none: the bundled one
    images     NAME=DIR: images that another program made of OUT/renders, of the same names; as many as there are
    beside     NAME=SCENE.yaml: other scenes, drawn from the same seeds, for how real they look; as many as there are
    judge      weights of two reconstructors, best ones that no generator was held to; none: the bundled ones
    features   TorchScript file of the network in whose features the kernel distance is taken; none: no kernel distance
    scene      YAML file of what is drawn, such as those in configs/scenes; none: faces as the bundled generator knows
               them
    framing    where the face is in a photo, as `synth2real match` has it; none for ready crops
    count      held-out renders
    size       side of the images in px
    seed       of the renders; keep it away from training's
    """

    photos: Path
    out: Path
    generator: tuple[Path, ...] | None = None
    images: tuple[str, ...] | None = None
    beside: tuple[str, ...] | None = None
    judge: tuple[Path, ...] | None = None
    features: Path | None = None
    scene: Path | None = None
    framing: FramingMode = "none"
    count: int = bounded(500, 16, COUNT[1])
    size: int = bounded(BUNDLED_PX, *SIDES_PX)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)


def run(options: Options, overrides: Mapping[str, str]) -> None:
    scene = read_config(SceneConfig, options.scene or bundled.scene_config(), overrides)
    from synth2real.evaluate.compare import compare

    given = {field.name: getattr(options, field.name) for field in fields(options) if field.name != "out"}
    result = compare(
        options.generator or (bundled.generator_weights(),),
        options.photos,
        options.out,
        scene,
        judges=options.judge or bundled.judge_weights(),
        images=options.images or (),
        beside=options.beside or (),
        features=options.features,
        framing=options.framing,
        count=options.count,
        size=options.size,
        seed=options.seed,
        settings={**given, **overrides},
    )
    print(result.markdown(), flush=True)
