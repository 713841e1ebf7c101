"""`synth2real generate`: a dataset of realistic faces with geometry labels, each with its measured drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded
from synth2real import bundled
from synth2real.bundled import BUNDLED_PX, SIDES_PX
from synth2real.commands import render
from synth2real.commands.render import scene_of, settings

__all__ = ["Options", "run", "settings"]


@dataclass(frozen=True, kw_only=True)
class Options(render.DatasetOptions):
    """What it takes beside `render`'s options and its scene's settings.

    scene      YAML file of what is drawn, such as those in configs/scenes; none: faces as the bundled generator knows
               them
    size       side of the images in px, which the generator's halvings must divide; the bundled one learnt at 128
    max_drift  images that drift further, in mm, by the worse of both judges are drawn again up to three times, then
               left out for other scenes; none: keep all
    generator  weights of the generator, a file, folder or Hub id; none: the bundled one
    judge      weights of two reconstructors that measure the drift, likewise, best ones that the generator was not held
               to; none: the bundled ones
    """

    size: int = bounded(BUNDLED_PX, *SIDES_PX)
    max_drift: float | None = bounded(None, 1e-3, 1e3)
    generator: Path | None = None
    judge: tuple[Path, ...] | None = None


def run(options: Options, overrides: Mapping[str, str]) -> None:
    scene = scene_of(options, options.scene or bundled.scene_config(), overrides)
    from synth2real.dataset.make import make_dataset

    made = make_dataset(
        options.out,
        options.count,
        scene=scene,
        size=options.size,
        seed=options.seed,
        weights=options.generator,
        judges=options.judge,
        max_drift_mm=options.max_drift,
        workers=options.workers,
        model=options.model,
    )
    print(made)
