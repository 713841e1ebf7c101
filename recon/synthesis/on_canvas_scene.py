"""What a scene takes from the canvas that it is drawn on: pose, camera, framing, light, the tone of the skin.

The drawn face is framed so that it lies where the photo's face was, in the least squares of all of it; what then is
left between both contours, the photo is warped by (`recon.synthesis.on_canvas_warp`).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recon import assets
from recon.errors import UserError
from recon.faces.model import FaceModel
from recon.faces.proportions import usual_eyes
from recon.people.appearance import Appearance
from recon.people.eyes.paint import Eyes
from recon.people.skin.wrinkles import Skin
from recon.people.wardrobe import Dress
from recon.render.harmonics import WEIGHTS, map_directions, polynomials
from recon.render.lighting import Lighting
from recon.synthesis.canvas import Canvas, canvas, canvases
from recon.synthesis.config import CanvasConfig
from recon.synthesis.expressions import lips_met
from recon.synthesis.on_canvas_look import folded, photographed, seen
from recon.synthesis.pose import head_rotation
from recon.synthesis.response import Response
from recon.synthesis.shards import shard_files

CANVAS = 11  # the random stream's name, after that of `balance`
BUNDLED = "bundled"
NEAR = 0.85  # of the photo's own expression, where it is to be near it; the rest is drawn
STEPS = 6  # Gauss-Newton's, for three numbers
LAMP_SHARE, LAMP_SPREAD = 0.55, 0.35  # of the light from one side, what is one soft lamp; its radius in radians
LEAST_BLUR_PX = 0.5  # of a photo made smaller, which no measure of its edges tells
DARKEST = 0.1  # of the mean light, on any surface that can be seen
OWN = 12  # the random stream's name, of what a person has in photos alone


@lru_cache(maxsize=8)
def folder_of(folder: str) -> str:
    """Where the folder that `CanvasConfig.folder` names lies. Raises UserError where there are no canvases."""
    found = str(assets.path("canvases")) if folder == BUNDLED else folder
    if not shard_files(Path(found)):
        raise UserError(f"there are no canvases in {found}: make them with `synth2real canvases`, or set canvas.folder")
    return found


def seat_of(
    model: FaceModel,
    rng: np.random.Generator,
    config: CanvasConfig,
    identity: np.ndarray,
    expression: np.ndarray,
    appearance: Appearance,
    dress: Dress,
    eyes: Eyes | None,
    skin: Skin | None,
) -> dict[str, Any]:
    """The fields of a scene that its canvas decides, for a person drawn as any.

    Args:
        identity: (k,), expression: (e,) float32, drawn.
    Raises:
        UserError: the folder is missing, empty or broken, or is of another face model.
    """
    assert config.folder is not None
    names = canvases(folder_of(config.folder))
    name = names[int(rng.integers(len(names)))]
    one = fitting(model, config.folder, name)
    turn = np.clip(rng.normal(0, config.turn_deg / 2, 2), -config.turn_deg, config.turn_deg)
    yaw, pitch = one.yaw_deg + float(turn[0]), one.pitch_deg + float(turn[1])
    rotation = head_rotation(yaw, pitch, one.roll_deg)
    mixed = config.shape * one.identity + (1 - config.shape) * identity
    shape = (mixed + usual_eyes(model).numpy()).astype(np.float32)  # a fit has the model's short eyes, too
    if rng.random() < config.expression:
        expression = near(model, one.expression, expression)
    expression = lips_met(model, shape, expression)
    look, brows = photographed(one, appearance, dress.brows, np.random.default_rng([dress.seed, OWN]))
    return {
        "identity": shape,
        "expression": expression,
        "rotation": rotation,
        "yaw_deg": yaw,
        "pitch_deg": pitch,
        "roll_deg": one.roll_deg,
        **framing_of(model, config.folder, name, shape, expression, rotation),
        "appearance": look,
        "skin": skin and folded(skin),
        "dress": Dress(brows=brows, seed=dress.seed),
        "eyes": eyes and seen(eyes),
        "lighting": lighting_of(one.light),
        "response": response_of(one, int(rng.integers(2**31))),
        "background_seed": 0,
        "backgrounds": None,
        "variation_seed": None,
        "canvases": config.folder,
        "canvas": name,
    }


def fitting(model: FaceModel, folder: str, name: str) -> Canvas:
    """A canvas that was fitted with this face model; UserError where it was with another."""
    one = canvas(folder_of(folder), name)
    if (len(one.identity), len(one.expression)) != (len(model.identity_basis), len(model.expression_basis)):
        raise UserError(f"the canvases of {folder} are of another face model than '{model.name}': use the default one")
    return one


def near(model: FaceModel, own: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """(e,) float32: nearly the photo's own expression, with the gaze of the drawn one, which no fit tells."""
    mixed = NEAR * own + (1 - NEAR) * drawn
    if len(model.expression_names) == len(own):
        looks = np.array([name.startswith("eyeLook") for name in model.expression_names])
        mixed = np.where(looks, drawn, mixed)
    return mixed.astype(np.float32)


@lru_cache(maxsize=4)
def matched(model: FaceModel) -> Tensor:
    """(m,) ids of vertices spread over the face, the ends of jaw and brows among them."""
    on_face = torch.unique(model.triangles[model.face].long())
    return torch.cat([on_face[::8], model.landmarks[:27]])


def framing_of(
    model: FaceModel, folder: str, name: str, identity: np.ndarray, expression: np.ndarray, rotation: np.ndarray
) -> dict[str, float]:
    """fov_deg, eye_share, eye_u and eye_v of a scene with which its face lies where that of the canvas was."""
    one, ids = fitting(model, folder, name), matched(model)
    new = model.vertices(torch.from_numpy(identity), torch.from_numpy(expression)).double()
    old = model.vertices(torch.from_numpy(one.identity), torch.from_numpy(one.expression))[ids].double().numpy()
    turned, focal = new[ids].numpy() @ rotation.T.astype(float), one.focal_px
    aim = projected(old @ one.rotation.T.astype(float) + one.translation_mm, focal)
    place = one.translation_mm.astype(float)
    for _ in range(STEPS):
        at = turned + place
        scale = focal / -at[:, 2]
        zero = np.zeros_like(scale)
        slopes = np.stack([
            np.stack([scale, zero, scale * at[:, 0] / -at[:, 2]], 1),
            np.stack([zero, scale, scale * at[:, 1] / -at[:, 2]], 1),
        ], 1)  # fmt: skip
        off = aim - projected(at, focal)
        place = place + np.linalg.lstsq(slopes.reshape(-1, 3), off.reshape(-1), rcond=None)[0]
    marks = new[model.landmarks]
    eyes_mm = float((marks[42:48].mean(0) - marks[36:42].mean(0)).norm())
    scale = focal / -place[2] / one.size
    return {
        "fov_deg": float(np.degrees(2 * np.arctan(one.size / 2 / focal))),
        "eye_share": float(scale * eyes_mm),
        "eye_u": float(0.5 + scale * place[0]),
        "eye_v": float(0.5 - scale * place[1]),
    }


def projected(places: np.ndarray, focal: float) -> np.ndarray:
    """(m, 3) mm of the camera's frame -> (m, 2) px right of and above the middle of the picture."""
    return places[:, :2] * (focal / -places[:, 2:])


def lighting_of(light: np.ndarray) -> Lighting:
    """The light of a canvas, (9, 3) harmonics: a part of what comes from one side is a soft lamp, which makes
    highlights and shadows; the harmonics lack it, so that the sum is the photo's."""
    light = held(light.astype(float))
    side = light[[3, 1, 2]].mean(1)  # x, y, z of the first order
    strength = float(np.linalg.norm(side))
    toward = side / strength if strength > 1e-6 else np.array([0.0, 0.0, 1.0])
    # A lamp alone of colour 1 has first-order harmonics of length 1/2.
    colour = 2 * LAMP_SHARE * strength * np.clip(light[0] / light[0].mean(), 0.5, 1.5)
    rest = light - np.pi * (polynomials(toward) * WEIGHTS)[:, None] * colour
    sky = tuple(float(c) for c in light[0])
    return Lighting(
        sky=sky,  # type: ignore[arg-type]
        ground=sky,  # type: ignore[arg-type]
        side=(0.0, 0.0, 0.0),
        side_direction=(0.0, 0.0, 1.0),
        directions=(tuple(float(c) for c in toward),),  # type: ignore[arg-type]
        colours=(tuple(float(c) for c in colour),),  # type: ignore[arg-type]
        spreads=(LAMP_SPREAD,),
        irradiance=tuple(tuple(float(c) for c in row) for row in rest),  # type: ignore[arg-type]
    )


def held(light: np.ndarray) -> np.ndarray:
    """Harmonics (9, 3) drawn toward their mean until no surface that can be seen gets less than DARKEST of it: they are
    known where the photo had skin alone."""
    directions = map_directions()
    seen = polynomials(directions[directions[..., 2] > 0.1]) @ light
    mean, least = light[0], seen.min(0)
    floor = DARKEST * mean
    share = np.min(np.where(least < floor, (mean - floor) / np.maximum(mean - least, 1e-9), 1.0))
    return np.concatenate([light[:1], share * light[1:]])


def response_of(one: Canvas, seed: int) -> Response:
    """The photo's camera: its blur, grain and JPEG, and no other change of colours."""
    return Response(
        exposure=1.0,
        balance=(1.0, 1.0, 1.0),
        contrast=1.0,
        saturation=1.0,
        blur=max(one.blur_px, LEAST_BLUR_PX) / one.size,
        noise=one.noise,
        quality=one.quality,
        seed=seed,
    )
