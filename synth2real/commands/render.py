"""`synth2real render`: a dataset of renders with exact labels."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded, changed, read_config, read_yaml
from recon.ranges import COUNT, PROCESSES, SEEDS
from recon.render.config import Renderer
from recon.synthesis.config import SceneConfig
from synth2real.bundled import RENDER_PX, SIDES_PX


@dataclass(frozen=True, kw_only=True)
class DatasetOptions:
    """What every command takes that writes a dataset, beside its scene's settings.

    count    records that the folder shall hold
    out      folder, new or begun by this command
    scene    YAML file of what is drawn, such as those in configs/scenes
    size     side of the images in px
    seed     record i is a function of (seed, i)
    model    face model that is drawn: "default", or the kind and the files of another, "flame:PATH" or "ict:DIR"
    balance  YAML file of the shares that are wanted: trait -> group -> share, as the scene's key says
    workers  processes that make records
    """

    count: int = bounded(low=COUNT[0], high=COUNT[1])
    out: Path
    scene: Path | None = None
    size: int = bounded(RENDER_PX, *SIDES_PX)
    seed: int = bounded(0, *SEEDS)
    model: str = "default"
    balance: Path | None = None
    workers: int = bounded(os.cpu_count() or 1, 1, PROCESSES[1])


@dataclass(frozen=True, kw_only=True)
class Options(DatasetOptions):
    """What it takes beside its scene's settings.

    renderer  what draws the colours, "own" or "pyrender" (extra: preview); the labels are always ours
    """

    renderer: Renderer = "own"


def settings() -> type:
    return SceneConfig


def run(options: Options, overrides: Mapping[str, str]) -> None:
    scene = scene_of(options, options.scene, overrides)
    from synth2real.dataset.make import make_renders

    made = make_renders(
        options.out,
        options.count,
        scene=scene,
        size=options.size,
        seed=options.seed,
        workers=options.workers,
        renderer=options.renderer,
        model=options.model,
    )
    print(made)


def scene_of(options: DatasetOptions, file: Path | None, overrides: Mapping[str, str]) -> SceneConfig:
    """The scene of `file` and the overrides, balanced as the options' file says."""
    scene = read_config(SceneConfig, file, overrides)
    return scene if options.balance is None else changed(scene, {"balance": read_yaml(options.balance)}, "--balance")
