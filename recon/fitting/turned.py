"""The fitted face of a photo seen from further aside, with the photo's own colours (Zhu et al. 2016, 300W-LP's face
profiling): a synthetic view, declared as one.

The head is turned away from the camera, so that hardly anything comes into view that the photo does not show. Each
pixel takes the photo's colour where its point of the mesh is seen there; on the face, what is hidden there is the
texture's, which the mirrored side completes. Behind the head lie the photo's surroundings, blurred.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch

from recon.faces.model import FaceModel
from recon.fitting.labelled import Drawn, drawn
from recon.fitting.model_fit import Fit
from recon.fitting.photo_fit import PhotoFit
from recon.geometry.rasterize import interpolate, rasterize
from recon.geometry.surfaces import vertex_normals
from recon.reconstruction.texture import colours_at, texture_of
from recon.render.scenery import scenery_of, seen_by
from recon.synthesis.labels import landmark_visibility
from recon.synthesis.pose import angles_deg

TURN_DEG = (10.0, 45.0)
FARTHEST_DEG = 90.0
FRONTAL_DEG = 5.0  # a face that looks at the camera is turned to either side
AXIS_MM = 70.0  # behind the eyes: what the head turns about, so that it stays in the frame
FACING = 0.35  # cosine from which on the photo is trusted
BLUR_SHARE, MARGIN_SHARE = 0.01, 0.02  # of the side
FILL_SHARES = (0.2, 0.08, 0.03)  # of the side: over which the surroundings fill the head's place


def turn_of(fit: Fit, number: int, copy: int) -> float:
    """Degrees by which copy `copy` of photo `number` is turned further: a function of the three."""
    rng = np.random.default_rng([number, copy])
    yaw = angles_deg(fit.rotation)[0]
    side = np.sign(yaw) if abs(yaw) > FRONTAL_DEG else rng.choice([-1.0, 1.0])
    most = max(0.0, FARTHEST_DEG - abs(yaw))
    return float(side * min(rng.uniform(*TURN_DEG), most))


def turned_fit(fit: Fit, turn_deg: float) -> Fit:
    """The fit with its head turned about the camera's vertical through the head."""
    angle = np.radians(turn_deg)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    pivot = fit.rotation @ np.array([0, 0, -AXIS_MM]) + fit.translation
    return replace(fit, rotation=turn @ fit.rotation, translation=turn @ (fit.translation - pivot) + pivot)


def turned_view(model: FaceModel, photo: PhotoFit, fit: Fit) -> tuple[Drawn, np.ndarray, np.ndarray, np.ndarray | None]:
    """The face as `fit` turns it: its labels, the picture (S, S, 3) uint8, where nothing hides it (S, S) bool, and the
    parser's classes (S, S) uint8 as they come along, None without."""
    size = len(photo.rgb)
    before, after = drawn(model, photo.fit, size), drawn(model, fit, size)
    trust = trusted(model, before)
    ids, points = seen_triangles(model, after)
    values = torch.cat([before.camera.project(before.vertices), trust[:, None]], 1)
    carried = interpolate(ids, points, model.triangles, values).numpy()
    spots, share = carried[..., :2], np.clip(carried[..., 2:], 0, 1)
    u, v = (np.ascontiguousarray(spots[..., axis] - 0.5, np.float32) for axis in (0, 1))
    direct = cv2.remap(photo.rgb, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT).astype(np.float32)
    mask = after.labels["mask"]
    hidden_there = mask & (share[..., 0] < 1)
    if hidden_there.any():
        atlas = face_texture(model, photo, before, trust)
        other = 255 * colours_at(atlas, after.labels["uv"][hidden_there])
        direct[hidden_there] = share[hidden_there] * direct[hidden_there] + (1 - share[hidden_there]) * other
    framed = (ids.numpy() >= 0) & (spots > 0).all(-1) & (spots < size).all(-1)
    behind = surroundings(photo.rgb, seen_triangles(model, before)[0].numpy() >= 0)
    cover = cv2.GaussianBlur(framed.astype(np.float32), (0, 0), 0.7)[..., None]
    rgb = np.where(framed[..., None], direct * cover + behind * (1 - cover), behind)
    told = nearest_of(photo.visible.astype(np.uint8), u, v) > 0
    visible = np.where(share[..., 0] > 0.5, told, True)
    classes = None if photo.classes is None else np.where(framed, nearest_of(photo.classes, u, v), 0).astype(np.uint8)
    return after, np.clip(rgb, 0, 255).round().astype(np.uint8), visible, classes


def surroundings(rgb: np.ndarray, head: np.ndarray) -> np.ndarray:
    """(S, S, 3) float32: a photo without its head (S, S) bool, whose place takes the colours around it, and blurred."""
    size = len(rgb)
    reach = round(MARGIN_SHARE * size)
    around = 1 - cv2.dilate(head.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)).astype(np.float32)
    filled = np.broadcast_to(rgb.mean((0, 1), dtype=np.float32), rgb.shape)
    for share in FILL_SHARES:
        near = cv2.GaussianBlur(around, (0, 0), share * size)[..., None]
        colours = cv2.GaussianBlur(rgb * around[..., None], (0, 0), share * size) / np.maximum(near, 1e-6)
        known = np.clip(near / 0.05, 0, 1)
        filled = known * colours + (1 - known) * filled
    mixed = np.asarray(around[..., None] * rgb + (1 - around[..., None]) * filled, np.float32)
    return np.asarray(cv2.GaussianBlur(mixed, (0, 0), BLUR_SHARE * size))


def trusted(model: FaceModel, face: Drawn) -> torch.Tensor:
    """(n,) float32 in [0, 1]: how well the camera sees each vertex."""
    scenery = scenery_of(model, face.vertices, (), torch.eye(3), torch.zeros(3))
    seen = seen_by(face.camera, scenery, 1)
    shown = torch.from_numpy(landmark_visibility(seen, scenery.triangles, seen.points_px)).float()
    toward = -torch.nn.functional.normalize(face.vertices, dim=1)
    facing = (vertex_normals(face.vertices, model.triangles) * toward).sum(1)
    return shown * (facing / FACING).clamp(0, 1)


def seen_triangles(model: FaceModel, face: Drawn) -> tuple[torch.Tensor, torch.Tensor]:
    """Triangle ids (S, S) and the vertices' pixels (n, 3) of a drawn face."""
    points, side = face.camera.project_with_distance(face.vertices), face.camera.size_px
    return rasterize(points, model.triangles, side, side), points


def face_texture(model: FaceModel, photo: PhotoFit, face: Drawn, trust: torch.Tensor) -> np.ndarray:
    """The face region's texture, read off the photo where nothing hides it and completed."""
    triangles = model.triangles.numpy()[model.face.numpy()]
    used, local = np.unique(triangles, return_inverse=True)
    spots = face.camera.project(face.vertices[used]).numpy()
    u, v = (np.clip(spots[:, axis].astype(int), 0, len(photo.rgb) - 1) for axis in (0, 1))
    seen = trust[used].numpy() * photo.visible[v, u]
    places, uv = face.vertices[used].double().numpy(), np.nan_to_num(model.uv[used].double().numpy())
    return texture_of(places, local.reshape(-1, 3), uv, seen, photo.rgb, face.camera, 2 * len(photo.rgb))[0]


def nearest_of(values: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """(S, S) uint8 values at the pixels nearest to places; the border's beyond."""
    return cv2.remap(values, u, v, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
