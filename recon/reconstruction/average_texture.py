"""The average face's colours at a model's vertices, to be painted through an embedding (figure 8)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.spatial import KDTree

from recon.faces.model import FaceModel
from recon.people.wardrobe import Dress
from recon.render.lighting import Lighting
from recon.synthesis.render_record import render_record
from recon.synthesis.response import Response
from recon.synthesis.scene import Scene, SceneConfig, draw_scene

PEOPLE = 12
SIDE_PX = 384
GREY = (0.9, 0.9, 0.9)
BLACK = (0.0, 0.0, 0.0)
FRONT = (0.0, 0.0, 1.0)
EVEN_LIGHT = Lighting(sky=GREY, ground=GREY, side=BLACK, side_direction=FRONT, directions=(FRONT,), colours=(BLACK,))
TRUE_COLOURS = Response(
    exposure=1.0, balance=(1.0, 1.0, 1.0), contrast=1.0, saturation=1.0, blur=0.0, noise=0.0, quality=0, seed=0
)
SEEN_WITHIN_MM = 2.0


@lru_cache(maxsize=1)
def average_colours(model: FaceModel) -> np.ndarray:
    """(n, 3) float in [0, 1], sRGB: the mean of drawn people's paint on the mean face, evenly lit, seen from the front;
    vertices that are not seen from there take the colour of the nearest that is.
    """
    total, seen = np.zeros((len(model.mean), 3)), np.zeros(len(model.mean), bool)
    for index in range(PEOPLE):
        record = render_record(model, _plain(draw_scene(model, 0, index, SceneConfig())), SIDE_PX)
        places = record.vertices_mm + record.origin_mm
        u, v = (
            record.centre_px[axis] + sign * record.focal_px * places[:, axis] / -places[:, 2]
            for axis, sign in ((0, 1), (1, -1))
        )
        column, row = (np.clip(x, 0, SIDE_PX - 1).astype(int) for x in (u, v))
        total += record.rgb[row, column] / 255.0
        seen = np.abs(record.position_mm[row, column, 2] - record.vertices_mm[:, 2]) < SEEN_WITHIN_MM
    nearest = np.flatnonzero(seen)[KDTree(model.mean.numpy()[seen]).query(model.mean.numpy())[1]]
    return total[nearest] / PEOPLE


def _plain(scene: Scene) -> Scene:
    """The drawn person's paint on the mean face, looking into the camera, in even light, clean-shaven and unspotted."""
    return replace(
        scene,
        identity=np.zeros_like(scene.identity),
        expression=np.zeros_like(scene.expression),
        rotation=np.eye(3, dtype=np.float32),
        fov_deg=10.0,
        eye_share=0.35,
        eye_u=0.5,
        eye_v=0.4,
        appearance=replace(scene.appearance, beard=0.0, moustache=0.0, hair_mm=0.0),
        dress=Dress(),
        lighting=EVEN_LIGHT,
        response=TRUE_COLOURS,
    )
