"""A record moved within its image: turned, scaled, shifted, mirrored, with every label, as if the camera had moved.

A similarity of the image is a camera: turning it by an angle is turning the head about the camera's axis, scaling is
another focal length, shifting another principal point. So places, normals, vertices, landmarks, pose and camera are
moved in closed form, and maps are looked up where the new pixels' centres lie in the old image. A position's depth is
interpolated and its x and y follow from the pixel, so every position still projects to its pixel's centre. In a mirror
left and right change places (`recon.faces.symmetry`).

Fields of a record that were not read (empty arrays) stay empty. `seed`, `index`, `scene` go on telling what was drawn,
the scene also whether it was mirrored since (MIRRORED).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recon.faces.symmetry import MIRRORED_LANDMARKS, Symmetry
from recon.synthesis.config import PlacementConfig
from recon.synthesis.lookup import Lookup
from recon.synthesis.record import Record

MIRROR = np.array([-1.0, 1.0, 1.0], np.float32)
POSITIONS = ("position_mm", "amodal_position_mm")
SMOOTH = ("correspondence", "amodal_correspondence", "uv")
DIRECTIONS = ("normals", "fine_normals")
STEPPED = ("mask", "amodal_mask", "region")
MODELS_OWN = ("vertices_mm", "identity", "expression")  # their mirror image only the face model knows
PLACES_MM = ("vertices_mm", "landmarks_mm", "translation_mm", "origin_mm")  # of the camera frame, or differences in it
MIRRORED = "mirrored"  # in the scene, of a record that is a mirror image
CORNER = (0.2, 0.45)  # side of a close look at one, a share of the image's
STEEP, UNEVEN = 5.0, 0.05  # four pixels whose depths spread more (in pixels), or canonical places: two surfaces


@dataclass(frozen=True)
class Placement:
    """One motion: mirrored first, then turned counter-clockwise by `rotation_rad` about the image's middle and scaled
    by `zoom`, then shifted by (right, down) shares of the side."""

    mirror: bool = False
    rotation_rad: float = 0.0
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)


def draw_placement(rng: np.random.Generator, config: PlacementConfig) -> Placement:
    """One of the motions that `config` allows."""
    turn = np.radians(rng.uniform(-1, 1) * config.rotation_deg)
    mirror, half_turn = rng.random() < config.mirror, rng.random() < config.upside_down
    zoom, (right, down) = np.exp(rng.normal(0, config.zoom)), rng.normal(0, config.shift, 2)
    if config.scale_max != 1 or config.scale_min != 1:
        zoom *= rng.uniform(config.scale_min, config.scale_max)
    if config.shift_max:
        right, down = (right, down) + rng.uniform(-config.shift_max, config.shift_max, 2)
    if config.beside and rng.random() < config.beside:
        turn, zoom = 0.0, 1 / rng.uniform(*CORNER)  # turned, it would leave the image
        right, down = (zoom - 1) / 2 * rng.choice([-1, 1], 2)
    return Placement(bool(mirror), float(turn + np.pi * half_turn), float(zoom), (float(right), float(down)))


def placed(
    record: Record, placement: Placement, size: int, symmetry: Symmetry | None = None, coarser: int = 1
) -> Record:
    """The record moved by `placement`, seen at `size` px.

    Args:
        symmetry: of the record's face model, see `mirrored`.
        coarser: its maps, all but rgb, have size / coarser pixels a side: what lies at their centres. For who wants no
            finer ones: they cost less.
    """
    if placement.mirror:
        record = mirrored(record, symmetry)
    similarity = _similarity(placement, record.rgb.shape[0], size)
    still = np.array_equal(similarity[:, :2], np.eye(2)) and not similarity[:, 2].any() and coarser == 1
    return record if still and size == record.rgb.shape[0] else _moved(record, similarity, placement, size, coarser)


def mirrored(record: Record, symmetry: Symmetry | None) -> Record:
    """The mirror image, exactly: no value is interpolated.

    symmetry: of the record's face model; None will do for a record that has been read without MODELS_OWN.
    """
    if symmetry is None and any(getattr(record, name).size for name in MODELS_OWN):
        raise ValueError("vertices and parameters are mirrored by their face model's symmetry")
    size = record.rgb.shape[0]
    drawn = json.loads(record.scene)
    scene = json.dumps(drawn | {MIRRORED: not drawn.get(MIRRORED, False)}, sort_keys=True)
    changes: dict[str, Any] = {"rgb": record.rgb[:, ::-1], "scene": scene}
    for name in (*POSITIONS, *SMOOTH, *DIRECTIONS, *STEPPED):
        values = getattr(record, name)
        if values.size:
            flipped = values[:, ::-1].copy()
            if name in POSITIONS + DIRECTIONS:
                flipped[..., 0] *= -1
            elif name in SMOOTH:
                flipped[..., 0] = 1 - flipped[..., 0]
            changes[name] = flipped
    for name in PLACES_MM:
        if getattr(record, name).size:
            changes[name] = getattr(record, name) * MIRROR
    orders = {name: MIRRORED_LANDMARKS for name in ("landmarks_mm", "landmarks_px", "landmarks_visible")}
    if symmetry is not None:
        orders |= {"vertices_mm": symmetry.vertices, "expression": symmetry.expression}
    for name, order in orders.items():
        values = changes.get(name, getattr(record, name))
        if values.size:
            changes[name] = values[order]
    if record.landmarks_px.size:
        changes["landmarks_px"] = changes["landmarks_px"] * MIRROR[:2] + np.array([size, 0], np.float32)
    if symmetry is not None and record.identity.size:
        changes["identity"] = symmetry.identity @ record.identity
    if record.rotation.size:
        changes["rotation"] = record.rotation * MIRROR[:, None] * MIRROR
    if record.centre_px.size:
        changes["centre_px"] = record.centre_px * MIRROR[:2] + np.array([size, 0], np.float32)
    return replace(record, **changes)


def _similarity(placement: Placement, old: int, new: int) -> np.ndarray:
    """(2, 3) float64 that takes a place in the old image to the new one, both in pixels."""
    cosine, sine = np.cos(placement.rotation_rad), np.sin(placement.rotation_rad)
    turn = np.array([[cosine, sine], [-sine, cosine]])  # rows run downward
    linear = turn * placement.zoom * new / old
    shift = new / 2 + np.array(placement.shift) * new - linear @ np.full(2, old / 2)
    return np.column_stack([linear, shift])


def _moved(record: Record, similarity: np.ndarray, placement: Placement, size: int, coarser: int) -> Record:
    scale = placement.zoom * size / record.rgb.shape[0]
    cosine, sine = np.cos(placement.rotation_rad), np.sin(placement.rotation_rad)
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    linear, shift = similarity[:, :2], similarity[:, 2]
    changes: dict[str, Any] = {"focal_px": record.focal_px * scale}
    for name in ("landmarks_px", "centre_px"):
        values = getattr(record, name)
        if values.size:
            changes[name] = (values @ linear.T + shift).astype(np.float32)
    if record.landmarks_visible.size and record.landmarks_px.size:
        marks = changes["landmarks_px"]
        changes["landmarks_visible"] = record.landmarks_visible & ((marks >= 0) & (marks < size)).all(1)
    for name in PLACES_MM:
        values = getattr(record, name)
        if values.size:
            changes[name] = (values @ turn.T).astype(np.float32)
    if record.rotation.size:
        changes["rotation"] = (turn @ record.rotation).astype(np.float32)
    old = record.rgb.shape[0]
    maps = _moved_maps(record, Lookup(similarity / coarser, old, size // coarser), turn, coarser, changes)
    return replace(record, **changes, **maps, rgb=Lookup(similarity, old, size).colours(record.rgb))


def _moved_maps(record: Record, look: Lookup, turn: np.ndarray, coarser: int, moved: dict[str, Any]) -> dict[str, Any]:
    """Every map that the record has, at the new pixels; `moved` holds its new camera, of the image, and origin."""
    maps: dict[str, Any] = {}
    maps |= {name: look.nearest(values) for name in STEPPED if (values := getattr(record, name)).size}
    pixel_mm = float(-record.origin_mm[2]) / record.focal_px
    maps |= {name: look.smooth(values, UNEVEN) for name in SMOOTH if (values := getattr(record, name)).size}
    for name in DIRECTIONS:
        if (values := getattr(record, name)).size:
            normals = look.smooth(values, np.inf) @ turn.T.astype(np.float32)
            maps[name] = normals / np.sqrt(np.einsum("ijk,ijk->ij", normals, normals))[..., None]
    focal_px, centre_px = moved["focal_px"] / coarser, moved["centre_px"] / coarser
    for name in POSITIONS:
        if (values := getattr(record, name)).size:
            depth = look.smooth(values[..., 2], STEEP * pixel_mm)
            maps[name] = _on_rays(depth, focal_px, centre_px, moved["origin_mm"])
    return maps


def _on_rays(depth: np.ndarray, focal_px: float, centre_px: np.ndarray, origin_mm: np.ndarray) -> np.ndarray:
    """(S, S) z minus the origin's -> (S, S, 3) float32 the places at the pixels' centres, minus the origin."""
    line = np.arange(len(depth)) + 0.5
    z = depth.astype(np.float64) + origin_mm[2]
    x = (line[None] - centre_px[0]) * -z / focal_px
    y = (centre_px[1] - line[:, None]) * -z / focal_px
    return (np.stack([x, y, z], -1) - origin_mm).astype(np.float32)
