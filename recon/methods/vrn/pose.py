"""Where in a volume the face model's head is: similarities found by iterative closest points (ICP) from many starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from recon.faces.model import FaceModel
from recon.faces.outer import closed_head
from recon.geometry.similarity import Similarity
from recon.geometry.surfaces import vertex_normals
from recon.methods.vrn.surface import Surface
from recon.synthesis.targets.volume import FACE_SHARE

SAMPLES, ROUNDS = 400, 15  # points of the surface, and rounds of each start
YAWS_DEG, ROLLS_DEG = (-75, -40, 0, 40, 75), (-35, 0, 35)
SCALE_SPREAD, SCALE_MM = 0.2, 1.0  # of the scale about that, as good to know as so many mm of every point
FAR_MM = 10.0  # pairs off by so much count half


@dataclass(frozen=True, eq=False)
class Head:
    """A face model's closed head: vertices, normals (h, 3) float64 mm; ids (h,) int64 in the model; their tree."""

    vertices: np.ndarray
    normals: np.ndarray
    ids: np.ndarray
    tree: KDTree


@lru_cache(maxsize=2)
def head_of(model: FaceModel) -> Head:
    """The mean head of a model."""
    triangles, mean = closed_head(model), model.mean.double()
    ids, normals = np.unique(triangles), vertex_normals(mean, torch.from_numpy(triangles)).numpy()
    vertices = mean.numpy()[ids]
    return Head(vertices, normals[ids], ids, KDTree(vertices))


def posed(surface: Surface, model: FaceModel, side: int, landmarks_px: np.ndarray | None) -> tuple[Similarity, float]:
    """The similarity from the model's mm to the surface's px that fits best, and its mean distance in mm.

    Each point of the surface has its place on the whole head, so the head is asked, though the volume ends at the ears.

    side: px of the image. landmarks_px: (68, 2) in the image, which say where to begin; None: a grid of poses does.
    """
    head = head_of(model)
    inner = np.flatnonzero(~surface.border)
    chosen = inner[:: max(1, len(inner) // SAMPLES)]
    seen = surface.vertices[chosen], surface.normals[chosen]
    marks = model.mean.double().numpy()[model.landmarks.numpy()]
    if landmarks_px is None:
        turns = grid_of_turns()
        scales, middle = np.full(len(turns), FACE_SHARE * side), np.array([side / 2, -side / 2])
        across = middle - (scales[:, None, None] * turns @ marks.mean(0)[:, None])[:, :2, 0]
    else:
        turn, scale, shift = orthographic(marks, landmarks_px * (1, -1))
        turns, scales, across = turn[None], np.array([scale]), shift[None]
    front = (scales[:, None] * (turns[:, 2] @ head.vertices.T)).max(1)
    poses = turns, scales, np.column_stack([across, surface.vertices[:, 2].max() - front])
    typical = FACE_SHARE * side if landmarks_px is None else float(scales[0])
    for _ in range(ROUNDS):
        poses = improved(head, *seen, poses, typical)
    _, _, _, distance, agree = matched(head, *seen, poses)
    cost = np.where(agree > 0, np.minimum(distance, 2 * FAR_MM), 2 * FAR_MM).mean(1)
    best = int(cost.argmin())
    turns, scales, shifts = poses
    return Similarity(float(scales[best]), turns[best], shifts[best]), float(cost[best])


Poses = tuple[np.ndarray, np.ndarray, np.ndarray]  # (s, 3, 3) rotations, (s,) px for a mm, (s, 3) px


def grid_of_turns() -> np.ndarray:
    """(s, 3, 3): heads turned to the sides, and tilted."""
    angles = [(yaw, roll) for yaw in YAWS_DEG for roll in ROLLS_DEG]
    return Rotation.from_euler("yz", angles, degrees=True).as_matrix()


def orthographic(places: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Rotation, scale and shift (2,) of the scaled orthographic camera that sees places (n, 3) nearest to (n, 2)."""
    middle, shift = places.mean(0), seen.mean(0)
    rows = np.linalg.lstsq(places - middle, seen - shift, rcond=None)[0].T  # (2, 3)
    u, singular, vt = np.linalg.svd(rows, full_matrices=False)
    first, second = u @ vt
    turn, scale = np.stack([first, second, np.cross(first, second)]), float(singular.mean())
    return turn, scale, shift - scale * turn[:2] @ middle


def matched(head: Head, points: np.ndarray, normals: np.ndarray, poses: Poses) -> tuple[np.ndarray, ...]:
    """Points (m, 3) brought to the head by each pose, (s, m, 3) mm; the offset from the nearest vertex there and its
    normal; the distance (s, m), and the cosine (s, m) between the two normals."""
    turns, scales, shifts = poses
    brought = (points - shifts[:, None]) @ turns / scales[:, None, None]
    distance, nearest = head.tree.query(brought)
    outward = head.normals[nearest]
    agree = ((normals @ turns) * outward).sum(-1)
    return brought, brought - head.vertices[nearest], outward, distance, agree


def improved(head: Head, points: np.ndarray, normals: np.ndarray, poses: Poses, typical: float) -> Poses:
    """One round: the small similarity, linearised, that brings the points nearest to the planes of their vertices."""
    turns, scales, shifts = poses
    brought, off, outward, distance, agree = matched(head, points, normals, poses)
    weight = (agree > 0) / (1 + (distance / FAR_MM) ** 2)
    middle = brought.mean(1, keepdims=True)
    arms, along = brought - middle, (off * outward).sum(-1)
    rows = np.concatenate([np.cross(arms, outward), outward, (arms * outward).sum(-1, keepdims=True)], -1)
    weighted = rows * weight[..., None]
    system = weighted.transpose(0, 2, 1) @ rows + 1e-6 * np.eye(7)
    aim = -(weighted * along[..., None]).sum(1)
    hold = weight.sum(1) * (SCALE_MM / SCALE_SPREAD) ** 2  # of the scale, which a cut head tells badly
    system[:, 6, 6] += hold
    aim[:, 6] += hold * np.log(scales / typical)
    step = np.linalg.solve(system, aim[..., None])[..., 0]
    grow = np.exp(step[:, 6].clip(-0.1, 0.1))
    small = Rotation.from_rotvec(step[:, :3]).as_matrix()
    turned, smaller = turns @ small.transpose(0, 2, 1), scales / grow
    centre = middle[:, 0]
    moved = (grow[:, None, None] * small @ centre[..., None])[..., 0] - centre - step[:, 3:6]
    return turned, smaller, shifts + smaller[:, None] * (turned @ moved[..., None])[..., 0]
