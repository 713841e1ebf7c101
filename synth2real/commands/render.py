"""`synth2real render`: a dataset of renders with exact labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded, changed, read_config, read_yaml
from recon.ranges import COUNT, PROCESSES, SEEDS
from recon.render.config import Renderer
from recon.synthesis.config import SceneConfig
from recon.synthesis.engines import EngineName, engine_of
from synth2real.bundled import RENDER_PX, SIDES_PX


@dataclass(frozen=True, kw_only=True)
class DatasetOptions:
    """What every command takes that writes a dataset, beside its scene's settings.

    count    records that the folder shall hold
    out      folder, new or begun by this command
    scene    YAML file of what is drawn, such as those in configs/scenes
    seed     record i is a function of (seed, i)
    model    face model that is drawn: "default", or the kind and the files of another, "flame:PATH" or "ict:DIR"
    balance  YAML file of the shares that are wanted: trait -> group -> share, as the scene's key says
    engine   who makes records: "local", processes of this machine, or "ray", a Ray cluster (extra: ray)
    workers  processes of the local engine; none: one a core
    address  HOST:PORT of a Ray cluster, one node of which is this machine; none: one of this machine alone
    """

    count: int = bounded(low=COUNT[0], high=COUNT[1])
    out: Path
    scene: Path | None = None
    seed: int = bounded(0, *SEEDS)
    model: str = "default"
    balance: Path | None = None
    engine: EngineName = "local"
    workers: int | None = bounded(None, 1, PROCESSES[1])
    address: str | None = None


@dataclass(frozen=True, kw_only=True)
class Options(DatasetOptions):
    """What it takes beside its scene's settings.

    size      side of the images in px
    renderer  what draws the colours, "own" or "pyrender" (extra: preview); the labels are always ours
    """

    size: int = bounded(RENDER_PX, *SIDES_PX)
    renderer: Renderer = "own"


def settings() -> type:
    return SceneConfig


def run(options: Options, overrides: Mapping[str, str]) -> None:
    engine = engine_of(options.engine, options.workers, options.address)
    scene = scene_of(options, options.scene, overrides)
    from synth2real.dataset.make import make_renders

    made = make_renders(
        options.out,
        options.count,
        scene=scene,
        size=options.size,
        seed=options.seed,
        workers=engine,
        renderer=options.renderer,
        model=options.model,
    )
    print(made)


def scene_of(options: DatasetOptions, file: Path | None, overrides: Mapping[str, str]) -> SceneConfig:
    """The scene of `file` and the overrides, balanced as the options' file says."""
    scene = read_config(SceneConfig, file, overrides)
    return scene if options.balance is None else changed(scene, {"balance": read_yaml(options.balance)}, "--balance")
