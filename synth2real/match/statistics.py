"""What a set of face images shows, as plain numbers: framing, pose, expression, skin, light, measured by a network.

The network says where each face pixel lies on the canonical face and where in space. All that follows is closed form:

framing      pixels per mm times the distance between the eyes' middles, both on the predicted surface
pose         the similarity that brings the mean face onto the predicted positions; its scale is not used
expression   displacement of the outer lips from the mean face's in the head's frame, as amounts of the model's smile
             and of its open jaw
skin         log(G / B) of linear colour over bare skin, in units of melanin: the level of the light cancels, so does
             haemoglobin, which dims both alike; the light's colour does not
light        first-order spherical harmonics of the luminance over the predicted normals, whose linear part points to
             where most light comes from
tone         mean and spread of the displayed luminance of bare skin
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor

from recon.evaluate.networks import predict_images
from recon.faces.model import REGIONS, FaceModel
from recon.geometry.surfaces import normals_from_positions
from recon.methods.base import Reconstructor
from recon.reconstruction.map_pose import (
    FEWEST_PX,
    LEFT_EYE,
    RIGHT_EYE,
    Seen,
    canonical_mm,
    eyes_in,
    read_off,
    seen_face,
)
from recon.synthesis.pose import angles_deg
from recon.synthesis.scene import Scene

Statistics = dict[str, np.ndarray]
"""QUANTITIES -> (n,) float64, an entry an image, NaN where it can't be told; all NaN where no face was found."""

QUANTITIES = {
    "eye_share": "eye distance (share of the side)",
    "eye_u": "eyes from the left (share)",
    "eye_v": "eyes from the top (share)",
    "yaw_deg": "yaw (deg)",
    "pitch_deg": "pitch (deg)",
    "roll_deg": "roll (deg)",
    "smile": "smile (of the model's)",
    "open_mouth": "open jaw (of the model's)",
    "melanin": "skin: log(G/B), as melanin",
    "light_yaw_deg": "light from the side (deg)",
    "light_pitch_deg": "light from above (deg)",
    "brightness": "brightness of skin",
    "contrast": "contrast of skin",
}
OUTER_LIPS = range(48, 60)  # of the 68
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
MELANIN_IN_G_OVER_B = 0.9  # blue's absorption by melanin less green's, as `recon.people.skin.paint` has them


def drawn_statistics(model: FaceModel, scenes: Sequence[Scene]) -> Statistics:
    """What was drawn, for every quantity but the tones: the truth that `measure` is after. Light: the key light's."""
    active = [model.activations(scene.expression) for scene in scenes]
    smile, jaw, closing = (
        np.array([units.get(name, 0.0) for units in active]) for name in ("mouthSmileLeft", "jawOpen", "mouthClose")
    )
    toward = np.array([scene.lighting.directions[0] for scene in scenes])
    as_drawn = ("eye_share", "eye_u", "eye_v", "yaw_deg", "pitch_deg", "roll_deg")
    return {
        **{name: np.array([getattr(scene, name) for scene in scenes]) for name in as_drawn},
        "smile": smile,
        "open_mouth": jaw - closing,
        "melanin": np.array([scene.appearance.melanin for scene in scenes]),
        "light_yaw_deg": np.degrees(np.arctan2(toward[:, 0], toward[:, 2])),
        "light_pitch_deg": np.degrees(np.arcsin(toward[:, 1])),
    }


@dataclass(frozen=True)
class Ruler:
    """What is fixed when measuring: the mean face.

    box_mm (2, 3): the canonical box. goals_mm (14, 3): canonical places of the eyes' middles and the outer lips.
    mouth (36, 5): displacements of the outer lips by a full smile, an open jaw and the three translations.
    skin: tree over canonical places of the face's vertices; bare (n,) bool: which of them are bare skin.
    """

    box_mm: np.ndarray
    goals_mm: np.ndarray
    mouth: np.ndarray
    skin: KDTree
    bare: np.ndarray


def ruler(model: FaceModel) -> Ruler:
    places = canonical_mm(model)
    marks = places[model.landmarks.numpy()]
    goals = [marks[list(LEFT_EYE)].mean(0), marks[list(RIGHT_EYE)].mean(0), *marks[list(OUTER_LIPS)]]

    def moved(*units: str) -> np.ndarray:
        lips = model.expression_basis[:, model.landmarks[list(OUTER_LIPS)]]
        return torch.tensordot(model.coefficients(dict.fromkeys(units, 1.0)), lips, 1).double().numpy().ravel()

    shifts = np.tile(np.eye(3), (len(OUTER_LIPS), 1))
    mouth = np.column_stack([moved("mouthSmileLeft", "mouthSmileRight"), moved("jawOpen"), shifts])
    face = np.unique(model.triangles[model.face].numpy())
    bare = model.region.numpy()[face] == REGIONS.index("skin")
    return Ruler(model.canonical_box_mm.numpy(), np.array(goals), mouth, KDTree(places[face]), bare)


def measure(network: Reconstructor, images: np.ndarray, model: FaceModel, batch: int = 16) -> Statistics:
    """Every quantity of every image: (N, S, S, 3) uint8 RGB -> Statistics of N."""
    scale, rows = ruler(model), []
    for start in range(0, len(images), batch):
        part = images[start : start + batch]
        geometry = predict_images(network, part)
        masks = (geometry.mask[:, 0] > 0.5).cpu().numpy()
        normals = normals_from_positions(geometry.position_mm.float().cpu())
        for i, image in enumerate(part):
            maps = [values[i].float().cpu() for values in (geometry.position_mm, geometry.correspondence, normals)]
            rows.append(_measured(image, masks[i], maps[0], maps[1], maps[2], scale))
    return {name: np.array([row.get(name, np.nan) for row in rows], np.float64) for name in QUANTITIES}


def _measured(
    image: np.ndarray, mask: np.ndarray, position: Tensor, correspondence: Tensor, normals: Tensor, scale: Ruler
) -> dict[str, float]:
    """One image (S, S, 3) uint8 with its mask (S, S) bool and maps (3, S, S) -> {quantity: value}."""
    face = seen_face(mask, position.numpy(), correspondence.numpy(), scale.box_mm)
    if face is None:
        return {}
    colour = image[face.inside] / 255.0
    bare = scale.bare[scale.skin.query(face.places)[1]]
    eyes, distance = eyes_in(face, scale.goals_mm[:2])
    u, v = eyes / len(mask)
    return {
        **{"eye_share": distance / len(mask), "eye_u": float(u), "eye_v": float(v)},
        **dict(zip(("yaw_deg", "pitch_deg", "roll_deg"), angles_deg(face.pose.rotation), strict=True)),
        **_expression(face, scale),
        **_tones(colour[bare], normals.double().numpy()[:, face.inside].T[bare]),
    }


def _expression(face: Seen, scale: Ruler) -> dict[str, float]:
    goals = scale.goals_mm[2:]
    lips = face.pose.inverse()(read_off(face.places, face.spots, goals)) - goals
    seen = np.isfinite(lips).ravel()
    if seen.sum() < len(scale.mouth) // 2:
        return {}
    amounts = np.linalg.lstsq(scale.mouth[seen], lips.ravel()[seen], rcond=None)[0]
    return {"smile": float(amounts[0]), "open_mouth": float(amounts[1])}


def _tones(colour: np.ndarray, normals: np.ndarray) -> dict[str, float]:
    """colour (p, 3) in [0, 1] displayed and normals (p, 3) of bare skin."""
    if len(colour) < FEWEST_PX:
        return {}
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    light, shown = linear @ LUMINANCE, colour @ LUMINANCE
    low, middle, high = np.quantile(light, (0.3, 0.5, 0.85))
    plain = (light >= low) & (light <= high)  # neither hairs and shadows nor highlights
    green, blue = linear[plain, 1:].mean(0).clip(1e-3)
    design = np.column_stack([np.ones(len(normals)), normals])
    _, x, y, z = np.linalg.lstsq(design, light / max(middle, 1e-4), rcond=None)[0]
    return {
        "melanin": float(np.log(green / blue) / MELANIN_IN_G_OVER_B),
        "light_yaw_deg": float(np.degrees(np.arctan2(x, z))),
        "light_pitch_deg": float(np.degrees(np.arctan2(y, np.hypot(x, z)))),
        "brightness": float(np.median(shown)),
        "contrast": float(np.quantile(shown, 0.9) - np.quantile(shown, 0.1)),
    }
