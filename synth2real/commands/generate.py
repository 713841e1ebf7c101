"""`synth2real generate`: a dataset of realistic faces with geometry labels, each with its measured drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded, changed
from recon.errors import UserError
from recon.synthesis.engines import engine_of
from synth2real import bundled
from synth2real.bundled import BUNDLED_PX, RENDER_PX, SIDES_PX, Look
from synth2real.commands import render
from synth2real.commands.render import scene_of, settings

__all__ = ["Options", "run", "settings"]


@dataclass(frozen=True, kw_only=True)
class Options(render.DatasetOptions):
    """What it takes beside `render`'s options and its scene's settings.

    look       "canvas": drawn faces inside real photos, labels exact, not translated but where --generator names one;
               "translated": drawn people in drawn rooms, made photo-like by the generator; "render": these as drawn
    canvases   folder that `synth2real canvases` made, for --look canvas; none: those that ship
    scene      YAML file of what is drawn, such as those in configs/scenes; none: what suits the look
    size       side of the images in px, which the generator's halvings must divide; none: 128 for "translated", at
               which the bundled generator learnt, 256 for others
    max_drift  images that drift further, in mm, by the worse of both judges are drawn again up to three times, then
               left out for other scenes; none: keep all
    generator  weights of the generator, a file, folder or Hub id; none: the bundled one, for "translated"
    judge      weights of two reconstructors that measure the drift, likewise, best ones that the generator was not held
               to; none: the bundled ones
    """

    look: Look = "canvas"
    canvases: Path | None = None
    size: int | None = bounded(None, *SIDES_PX)
    max_drift: float | None = bounded(None, 1e-3, 1e3)
    generator: Path | None = None
    judge: tuple[Path, ...] | None = None


def run(options: Options, overrides: Mapping[str, str]) -> None:
    translated = options.look == "translated" or (options.look == "canvas" and options.generator is not None)
    refuse_unused(options, translated)
    engine = engine_of(options.engine, options.workers, options.address)
    scene = scene_of(options, options.scene or bundled.scene_config(options.look), overrides)
    if options.canvases is not None:
        scene = changed(scene, {"canvas.folder": str(options.canvases)}, "--canvases")
    from synth2real.dataset.make import make_dataset

    made = make_dataset(
        options.out,
        options.count,
        scene=scene,
        size=options.size or (BUNDLED_PX if options.look == "translated" else RENDER_PX),
        seed=options.seed,
        weights=options.generator,
        judges=options.judge,
        max_drift_mm=options.max_drift,
        workers=engine,
        model=options.model,
        translated=translated,
    )
    print(made)


def refuse_unused(options: Options, translated: bool) -> None:
    """Refuse options that would go unheard."""
    if options.canvases is not None and options.look != "canvas":
        raise UserError(f"--canvases goes with --look canvas, not {options.look}: leave one out")
    unheard = ("max_drift", "judge") + (("generator",) if options.look == "render" else ())
    given = next((name for name in unheard if getattr(options, name) is not None), None)
    if not translated and given is not None:
        raise UserError(
            f"--{given} says nothing with --look {options.look}, where nothing is translated: leave it out, or give"
            " --look translated"
        )
