"""Pictures of a space of skins: drawn skins on one neutral head under one light, and their atlas."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from recon.faces.model import FaceModel
from recon.files import whole_file
from recon.people.skin.texture import SkinTexture, read_space
from recon.people.wardrobe import Dress
from recon.render.lighting import Lighting
from recon.synthesis.render_record import render_record
from recon.synthesis.response import Response
from recon.synthesis.scene import Scene, SceneConfig, draw_scene

ROWS, COLUMNS, SIDE_PX = 4, 4, 384
LIGHT = Lighting(
    sky=(0.62, 0.64, 0.68),
    ground=(0.34, 0.32, 0.3),
    side=(0.0, 0.0, 0.0),
    side_direction=(0.0, 0.0, 1.0),
    directions=((-0.45, 0.4, 0.8),),
    colours=((0.5, 0.48, 0.44),),
    spreads=(0.2,),
)
CAMERA = Response(
    exposure=1.0, balance=(1.0, 1.0, 1.0), contrast=1.0, saturation=1.0, blur=0.0, noise=0.0, quality=0, seed=0
)
MELANIN = (0.1, 0.16, 0.3, 0.75)  # of the columns
TONE = (0.42, 0.27, 0.2)  # linear, of the atlas


def write_sheets(model: FaceModel, file: Path) -> tuple[Path, Path]:
    """Write NAME.heads.png and NAME.atlas.png beside a space's file; their paths."""
    heads, atlas = file.with_suffix(".heads.png"), file.with_suffix(".atlas.png")
    seeds = range(ROWS * COLUMNS)
    pictures = [render_record(model, bare(model, str(file), seed), SIDE_PX).rgb for seed in seeds]
    space = read_space(str(file))
    flat = [np.exp(space.draw(seed)) * np.array(TONE) for seed in seeds]
    maps = [np.round(255 * np.clip(one, 0, 1) ** (1 / 2.2)).astype(np.uint8) for one in flat]
    for path, tiles in ((heads, pictures), (atlas, maps)):
        rows = [np.concatenate(tiles[i : i + COLUMNS], 1) for i in range(0, len(tiles), COLUMNS)]
        with whole_file(path) as temporary:
            Image.fromarray(np.concatenate(rows)).save(temporary, format="PNG")
    return heads, atlas


def bare(model: FaceModel, file: str, seed: int) -> Scene:
    """A drawn skin on the mean head, neutral, clean-shaven and young, which looks into the camera."""
    scene = draw_scene(model, 0, 0, SceneConfig(skin=0, environment=0, backgrounds=None, calm=1.0))
    appearance = replace(
        scene.appearance,
        melanin=MELANIN[seed % COLUMNS],
        haemoglobin=0.16,
        beard=0.0,
        moustache=0.0,
        shaven=0.0,
        freckles=0.0,
        lips=0.2,
        hair_mm=0.0,
        hair=(0.03, 0.02, 0.015),
    )
    return replace(
        scene,
        identity=np.zeros_like(scene.identity),
        expression=np.zeros_like(scene.expression),
        rotation=np.eye(3, dtype=np.float32),
        fov_deg=15.0,
        eye_share=0.3,
        eye_u=0.5,
        eye_v=0.45,
        appearance=appearance,
        dress=Dress(brows=scene.dress.brows),
        lighting=LIGHT,
        response=CAMERA,
        skin_texture=SkinTexture(file, seed),
    )
