"""The scenes of a dataset: each drawn from (seed, index) alone, whoever is in it and whatever balance is asked for.

    draw_scene(model, seed=0, index=7, config=SceneConfig(shots_per_person=4))    # shot 3 of person 1

Person p of K shots each is who is seen in scene p * K; the other shots show the same person at another moment. With
`factors`, a person's shots are a grid: each shows the first shot's moment but for what the grid varies.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recon.faces.model import FaceModel
from recon.faces.outer import refuse_part_of_head
from recon.synthesis.balance import balanced
from recon.synthesis.config import Cell, SceneConfig
from recon.synthesis.expressions import of_units
from recon.synthesis.on_canvas_scene import framing_of
from recon.synthesis.pose import head_rotation
from recon.synthesis.single import Scene, draw_single

__all__ = ["Scene", "SceneConfig", "draw_scene", "head_rotation"]

OF_PERSON = ("identity", "variation_seed", "appearance", "skin", "skin_texture", "eyes", "mouth", "person")
GROWN = ("hair", "brows", "facial_hair", "seed", "hides")  # of the dress, what a person has and does not put on


def draw_scene(model: FaceModel, seed: int, index: int, config: SceneConfig) -> Scene:
    """Draw scene number `index` of the dataset `seed`: a function of its arguments alone.

    Raises UserError where `config` asks for groups that it never draws, or for an expression the model does not know,
    and where the model is no whole head.
    """
    refuse_part_of_head(model)
    person, shot = divmod(index, config.shots)
    first = replace(balanced(model, seed, person * config.shots, config), person=person)
    if not shot and not config.factors:
        return first
    cells = config.factors.cells
    repeat, cell = divmod(shot, len(cells))
    moment = first if not repeat else balanced(model, seed, first.index + repeat, config)
    scene = replace(same_person(moment, first), index=index, shot=shot)
    if scene.canvases is not None and scene.canvas is not None:  # another face is framed anew
        canvas_of = scene.canvases, scene.canvas
        scene = replace(scene, **framing_of(model, *canvas_of, scene.identity, scene.expression, scene.rotation))
    return in_cell(model, seed, scene, config, cells[cell]) if config.factors else scene


def same_person(scene: Scene, first: Scene) -> Scene:
    """The scene with the person of another: shape, skin, eyes, teeth, hair; what is put on, the moment's."""
    grown = {name: getattr(first.dress, name) for name in GROWN}
    return replace(scene, dress=replace(scene.dress, **grown), **{name: getattr(first, name) for name in OF_PERSON})


def in_cell(model: FaceModel, seed: int, scene: Scene, config: SceneConfig, cell: Cell) -> Scene:
    """The scene as a cell of the grid has it; None: as it is."""
    yaw = scene.yaw_deg if cell.yaw_deg is None else cell.yaw_deg
    pitch = scene.pitch_deg if cell.pitch_deg is None else cell.pitch_deg
    expression = scene.expression if cell.expression is None else of_units(model, cell.expression)
    return replace(
        scene,
        yaw_deg=yaw,
        pitch_deg=pitch,
        rotation=head_rotation(yaw, pitch, scene.roll_deg),
        expression=np.asarray(expression, np.float32),
        lighting=scene.lighting if cell.light is None else draw_single(model, seed, cell.light, config).lighting,
    )
