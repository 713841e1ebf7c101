"""Renders with exact labels as a job for `recon.synthesis.produce`.

    produce(RenderJob(seed=0, size=128, scene=SceneConfig()), 1000, Path("renders"), workers=2)
    record_from_row(Rows(Path("renders")).row(7))

The last line gives the render of scene (0, 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recon.configuration import to_plain
from recon.faces import load
from recon.faces.cache import digest
from recon.faces.model import FaceModel
from recon.people.skin.texture import texture_key
from recon.render import second
from recon.render.config import Renderer
from recon.synthesis.background import key_of
from recon.synthesis.canvas import key_of_canvases
from recon.synthesis.column import Schema
from recon.synthesis.job import Row, Stage, Work
from recon.synthesis.on_canvas_scene import folder_of
from recon.synthesis.record import Record
from recon.synthesis.render_record import RENDERER_VERSION, render_record
from recon.synthesis.scene import Scene, SceneConfig, draw_scene
from recon.synthesis.schema import record_schema, row_from_record, row_from_traits
from recon.synthesis.traits import traits_of


@dataclass(frozen=True)
class RenderJob:
    """Row i is the scene drawn from (seed, i), `size` pixels square.

    model: the name that `recon.faces.load` knows. renderer: what draws the colours; the labels are always ours.
    """

    seed: int
    size: int
    scene: SceneConfig
    model: str = "default"
    renderer: Renderer = "own"

    def schema(self) -> Schema:
        return record_schema(load(self.model))

    def manifest(self) -> dict[str, Any]:
        colours = {} if self.renderer == "own" else {"colours": second.version()}
        return {"kind": "render", **render_manifest(load(self.model), self.seed, self.size, self.scene), **colours}

    def stages(self) -> tuple[Stage, ...]:
        return (Stage("render", self.open),)

    def open(self) -> Work:
        """indices -> rows."""
        torch.set_num_threads(1)  # one process a core; and the same bits whatever the machine's cores
        model = load(self.model)

        def make_rows(indices: Sequence[int]) -> list[Row]:
            scenes = (draw_scene(model, self.seed, index, self.scene) for index in indices)
            return [row_of(model, scene, self.size, self.renderer) for scene in scenes]

        return make_rows


def row_of(model: FaceModel, scene: Scene, size: int, renderer: Renderer = "own") -> Row:
    """The row of a drawn scene: its record, and its traits to look for it by."""
    return row_of_rendered(model, scene, render_record(model, scene, size, renderer))


def row_of_rendered(model: FaceModel, scene: Scene, record: Record) -> Row:
    """The same, of a scene that is rendered already."""
    return row_from_record(record) | row_from_traits(traits_of(model, scene))


def render_manifest(model: FaceModel, seed: int, size: int, scene: SceneConfig) -> dict[str, Any]:
    """All that the bits of a render depend on: going on with any other would mix two datasets in one folder."""
    drawn = {"seed": seed, "size": size, "scene": to_plain(scene)}
    behind = {} if scene.backgrounds is None else {"backgrounds": key_of(scene.backgrounds)}
    behind |= {} if scene.canvas.folder is None else {"canvases": key_of_canvases(folder_of(scene.canvas.folder))}
    # Users' models share a name from version to version; the bundled one is told by the renderer's version.
    files = {} if model.name == "default" else {"model_digest": digest(*map(np.asarray, arrays_of(model)))}
    return {
        "renderer": RENDERER_VERSION,
        "model": model.name,
        **files,
        **drawn,
        **behind,
        **texture_key(scene.skin_texture),
    }


def arrays_of(model: FaceModel) -> tuple[Tensor, ...]:
    """What tells a model from another of its kind."""
    return model.mean, model.identity_basis, model.expression_basis, model.triangles, model.canonical
