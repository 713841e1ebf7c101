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

from recon.evaluate.renders import predict_images
from recon.faces.model import REGIONS, FaceModel
from recon.geometry.similarity import Similarity, fit_similarity
from recon.geometry.surfaces import normals_from_positions
from recon.nets.base import Reconstructor
from recon.synthesis.scene import Scene
from synth2real.photo_batches import with_face

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
LEFT_EYE, RIGHT_EYE, OUTER_LIPS = range(36, 42), range(42, 48), range(48, 60)  # of the 68
NEAR_MM = 6.0  # a landmark is read off the surface within about this distance on the canonical face
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
MELANIN_IN_G_OVER_B = 0.9  # blue's absorption by melanin less green's, as `recon.faces.paint` has them
FEWEST_PX = 200


def drawn_statistics(model: FaceModel, scenes: Sequence[Scene]) -> Statistics:
    """What was drawn, for every quantity but the tones: the truth that `measure` is after. Light: the key light's."""
    units = [model.expression_names.index(name) for name in ("mouthSmileLeft", "jawOpen", "mouthClose")]
    expression = np.array([scene.expression[units] for scene in scenes], np.float64)
    toward = np.array([scene.lighting.directions[0] for scene in scenes])
    as_drawn = ("eye_share", "eye_u", "eye_v", "yaw_deg", "pitch_deg", "roll_deg")
    return {
        **{name: np.array([getattr(scene, name) for scene in scenes]) for name in as_drawn},
        "smile": expression[:, 0],
        "open_mouth": expression[:, 1] - expression[:, 2],
        "melanin": np.array([scene.appearance.melanin for scene in scenes]),
        "light_yaw_deg": np.degrees(np.arctan2(toward[:, 0], toward[:, 2])),
        "light_pitch_deg": np.degrees(np.arcsin(toward[:, 1])),
    }


@dataclass(frozen=True)
class Ruler:
    """What is fixed when measuring: the mean face.

    low_mm, size_mm (3,): the canonical box. goals_mm (14, 3): canonical places of the eyes' middles and the outer lips.
    mouth (36, 5): displacements of the outer lips by a full smile, an open jaw and the three translations.
    skin: tree over canonical places of the face's vertices; bare (n,) bool: which of them are bare skin.
    """

    low_mm: np.ndarray
    size_mm: np.ndarray
    goals_mm: np.ndarray
    mouth: np.ndarray
    skin: KDTree
    bare: np.ndarray


def ruler(model: FaceModel) -> Ruler:
    low, high = model.canonical_box_mm.double().numpy()
    places = low + model.canonical.double().numpy() * (high - low)
    marks = places[model.landmarks.numpy()]
    goals = [marks[list(LEFT_EYE)].mean(0), marks[list(RIGHT_EYE)].mean(0), *marks[list(OUTER_LIPS)]]

    def moved(*units: str) -> np.ndarray:
        basis = sum(model.expression_basis[model.expression_names.index(unit)] for unit in units)
        return torch.as_tensor(basis)[model.landmarks[list(OUTER_LIPS)]].double().numpy().ravel()

    shifts = np.tile(np.eye(3), (len(OUTER_LIPS), 1))
    mouth = np.column_stack([moved("mouthSmileLeft", "mouthSmileRight"), moved("jawOpen"), shifts])
    face = np.unique(model.triangles[model.face].numpy())
    bare = model.region.numpy()[face] == REGIONS.index("skin")
    return Ruler(low, high - low, np.array(goals), mouth, KDTree(places[face]), bare)


def measure(network: Reconstructor, images: np.ndarray, model: FaceModel, batch: int = 16) -> Statistics:
    """Every quantity of every image: (N, S, S, 3) uint8 RGB -> Statistics of N."""
    scale, rows = ruler(model), []
    for start in range(0, len(images), batch):
        part = images[start : start + batch]
        geometry = predict_images(network, part)
        masks = (geometry.mask[:, 0] > 0.5).cpu().numpy()
        found = with_face(masks)
        normals = normals_from_positions(geometry.position_mm.float().cpu())
        for i, image in enumerate(part):
            maps = [values[i].float().cpu() for values in (geometry.position_mm, geometry.correspondence, normals)]
            rows.append(_measured(image, masks[i], maps[0], maps[1], maps[2], scale) if found[i] else {})
    return {name: np.array([row.get(name, np.nan) for row in rows], np.float64) for name in QUANTITIES}


def _measured(
    image: np.ndarray, mask: np.ndarray, position: Tensor, correspondence: Tensor, normals: Tensor, scale: Ruler
) -> dict[str, float]:
    """One image (S, S, 3) uint8 with its mask (S, S) bool and maps (3, S, S) -> {quantity: value}."""
    inner = mask & _moved_in(mask)
    if inner.sum() < FEWEST_PX:
        return {}
    places = scale.low_mm + correspondence.double().numpy()[:, inner].T * scale.size_mm
    pixels = np.argwhere(inner)[:, ::-1] + 0.5
    spots, px_per_mm = _on_the_rays(position.double().numpy()[:, inner].T, pixels)
    pose = fit_similarity(places, spots)
    colour = image[inner] / 255.0
    bare = scale.bare[scale.skin.query(places)[1]]
    return {
        **_framing(places, np.column_stack([spots, pixels]), pose, px_per_mm, len(mask), scale),
        **_pose(pose.rotation),
        **_expression(places, spots, pose, scale),
        **_tones(colour[bare], normals.double().numpy()[:, inner].T[bare]),
    }


def _moved_in(mask: np.ndarray) -> np.ndarray:
    """Pixels whose four neighbours are in the mask too: the maps are soft at its edge."""
    padded = np.pad(mask, 1)
    return padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]


def _on_the_rays(spots: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """Positions (p, 3) mm with x and y as their pixels (p, 2) say, and the pixels per mm that the two agree on.

    The network knows depth; where a pixel is in the image we know better.
    """
    flat, seen = (spots - spots.mean(0))[:, :2] * (1, -1), pixels - pixels.mean(0)
    px_per_mm = float((flat * seen).sum() / (flat**2).sum())
    return np.column_stack([seen * (1, -1) / px_per_mm, spots[:, 2]]), px_per_mm


def _framing(
    places: np.ndarray, values: np.ndarray, pose: Similarity, px_per_mm: float, size: int, scale: Ruler
) -> dict[str, float]:
    """values (p, 5): x, y, z in mm, then pixels right and down. The eyes' place is the one between the eyeballs."""
    eyes = _read_off(places, values, scale.goals_mm[:2])
    apart = float(np.linalg.norm(eyes[1, :3] - eyes[0, :3]))
    before = pose.scale * (pose.rotation @ scale.goals_mm[:2].mean(0))  # the lids lie before the eyeballs' centres
    u, v = (eyes[:, 3:].mean(0) - px_per_mm * before[:2] * (1, -1)) / size
    return {"eye_share": px_per_mm * apart / size, "eye_u": float(u), "eye_v": float(v)}


def _pose(rotation: np.ndarray) -> dict[str, float]:
    """The angles of `recon.synthesis.scene.head_rotation`."""
    yaw, pitch = np.arctan2(rotation[0, 2], rotation[2, 2]), np.arcsin(np.clip(-rotation[1, 2], -1, 1))
    roll = np.arctan2(rotation[1, 0], rotation[1, 1])
    return {name: float(np.degrees(a)) for name, a in (("yaw_deg", yaw), ("pitch_deg", pitch), ("roll_deg", roll))}


def _expression(places: np.ndarray, spots: np.ndarray, pose: Similarity, scale: Ruler) -> dict[str, float]:
    goals = scale.goals_mm[2:]
    lips = pose.inverse()(_read_off(places, spots, goals)) - goals
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


def _read_off(places: np.ndarray, values: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """Values (p, c) known at canonical places (p, 3) mm, read at goals (k, 3) by local linear fits: (k, c).

    NaN where the image does not show the surroundings of a goal.
    """
    found = np.full((len(goals), values.shape[1]), np.nan)
    for row, goal in enumerate(goals):
        away = places - goal
        near = (distance := (away**2).sum(1)) < (3 * NEAR_MM) ** 2
        if near.sum() < 8 or distance.min() > NEAR_MM**2:
            continue
        weight = np.exp(-0.5 * distance[near] / NEAR_MM**2)
        design = np.column_stack([np.ones(near.sum()), away[near] / NEAR_MM])
        moments = design.T @ (weight[:, None] * design)
        moments[1:, 1:] += 1e-2 * weight.sum() * np.eye(3)  # the surface says nothing of what lies across it
        found[row] = np.linalg.solve(moments, design.T @ (weight[:, None] * values[near]))[0]
    return found
