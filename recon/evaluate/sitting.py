"""A scan before a camera: turned to face the viewer, framed like the renders, seen at any pose and in any light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import map_coordinates
from torch import Tensor

from recon.evaluate.scan import OUTER_EYES, Scan, fit_mean_face
from recon.faces.model import FaceModel
from recon.geometry.cameras import Camera
from recon.geometry.rasterize import interpolate, rasterize
from recon.geometry.surfaces import vertex_normals
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE

FOV_DEG = 20.0
NOSE_REACH_MM = 90.0
SUPERSAMPLING = 4
BACKGROUND = (150, 155, 165)
RIGHT_EYE, LEFT_EYE, NOSE_TIP = (36, 39), (42, 45), 30  # of the 68: the corners of the eyes


@dataclass(frozen=True)
class Light:
    """toward: (x right, y up, z to the viewer); ambient and directed: shares of the texture, or (3,) of R, G and B."""

    toward: tuple[float, float, float]
    ambient: float | tuple[float, float, float]
    directed: float | tuple[float, float, float]


@dataclass(frozen=True)
class Placed:
    """A scan in the camera's frame, mm: vertices (n, 3), the laid mean face's vertices (m, 3), landmarks (68, 3), and
    the nose's tip (3,), by the scan's landmark or else the mean face's."""

    vertices: np.ndarray
    mean: np.ndarray
    landmarks: np.ndarray
    nose: np.ndarray


@dataclass(frozen=True)
class Sitting:
    """A scan that faces the viewer, about the middle between its eyeballs, and the camera that it is framed for.

    at_rest: as `Placed`, before it is moved to origin_at (3,) mm, where renders are centred.
    """

    scan: Scan
    model: FaceModel
    camera: Camera
    at_rest: Placed
    origin_at: np.ndarray

    def placed(self, turn: np.ndarray) -> Placed:
        """turn: (3, 3), head to camera; the unit matrix is frontal."""
        rest = self.at_rest
        return Placed(*(x @ turn.T + self.origin_at for x in (rest.vertices, rest.mean, rest.landmarks, rest.nose)))

    def picture(self, placed: Placed, light: Light) -> np.ndarray:
        """(S, S, 3) uint8: the scan's paint under one Lambertian light and an even one, on a plain ground."""
        fine, scan = self.camera.scaled(SUPERSAMPLING), self.scan
        points, faces = torch.as_tensor(placed.vertices).float(), torch.as_tensor(scan.triangles)
        points_px = fine.project_with_distance(points)
        ids = rasterize(points_px, faces, fine.size_px, fine.size_px)
        paint = torch.as_tensor(scan.colours if scan.uv is None else scan.uv).float()
        maps: Tensor = interpolate(ids, points_px, faces, torch.cat([vertex_normals(points, faces), paint], 1))
        normals = torch.nn.functional.normalize(maps[..., :3], dim=-1).numpy()
        toward = np.array(light.toward) / np.linalg.norm(light.toward)
        facing = np.maximum(normals @ toward, 0)[..., None]
        shade = np.asarray(light.ambient) + np.asarray(light.directed) * facing
        shown = maps[..., 3:].numpy()
        rgb = (shown if scan.texture is None else _sample_texture(scan.texture, shown)) * shade
        rgb = np.where((ids >= 0).numpy()[..., None], rgb, BACKGROUND).clip(0, 255)
        size = self.camera.size_px, self.camera.size_px
        return np.array(Image.fromarray(rgb.round().astype(np.uint8)).resize(size, Image.Resampling.BOX))

    def depths(self, placed: Placed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """z_mm and mean_z_mm (S, S) of the scan and the laid mean face's face region, NaN where not seen; scored (S, S)
        bool, where both are seen, the scan within NOSE_REACH_MM of the nose's tip."""
        z_mm = depth_map(placed.vertices, self.scan.triangles, self.camera)
        mean_z_mm = depth_map(placed.mean, self.model.triangles.numpy(), self.camera, self.model.face.numpy())
        points = self.camera.unproject(torch.as_tensor(z_mm)).numpy()
        near = np.linalg.norm(points - placed.nose, axis=-1) < NOSE_REACH_MM
        return z_mm, mean_z_mm, near & np.isfinite(mean_z_mm)


def sit(scan: Scan, model: FaceModel, size: int) -> Sitting:
    """Frontal is where the model's mean face, fitted to the scan, faces the camera. size: px of the pictures' side."""
    pose = fit_mean_face(scan, model)
    mean = pose(model.mean.numpy().astype(np.float64)) @ pose.rotation
    vertices, landmarks = scan.vertices @ pose.rotation, scan.landmarks @ pose.rotation
    nose = landmarks[NOSE_TIP] if np.isfinite(landmarks[NOSE_TIP]).all() else mean[model.landmarks[NOSE_TIP]]
    eyes = [_middle(landmarks, eye) for eye in (RIGHT_EYE, LEFT_EYE)]
    camera = Camera.from_fov(FOV_DEG, size)
    distance = camera.focal_px * np.linalg.norm(eyes[1] - eyes[0]) / (EYE_SHARE * size)
    origin = pose.translation @ pose.rotation  # of the model: midway between the eyeballs, where renders are centred
    origin_at = np.array([0.0, (0.5 - EYES_MIDDLE[1]) * size, -camera.focal_px]) * distance / camera.focal_px
    rest = Placed(vertices - origin, mean - origin, landmarks - origin, nose - origin)
    return Sitting(scan, model, camera, rest, origin_at)


def eyes_apart(landmarks: np.ndarray) -> float:
    """The outer interocular distance of (68, d) points, in their unit."""
    return float(np.linalg.norm(landmarks[OUTER_EYES[1]] - landmarks[OUTER_EYES[0]]))


def depth_map(
    vertices: np.ndarray, triangles: np.ndarray, camera: Camera, shown: np.ndarray | None = None
) -> np.ndarray:
    """(S, S) camera-frame z in mm; NaN where nothing is seen, or a triangle that is not `shown`."""
    points = torch.as_tensor(vertices)
    points_px, faces = camera.project_with_distance(points).float(), torch.as_tensor(triangles)
    ids = rasterize(points_px, faces, camera.size_px, camera.size_px)
    z = interpolate(ids, points_px, faces, points[:, 2:].float())[..., 0].double().numpy()
    seen = (ids >= 0).numpy()
    if shown is not None:
        seen &= shown[ids.numpy()]
    return np.where(seen, z, np.nan)


def _middle(landmarks: np.ndarray, corners: tuple[int, int]) -> np.ndarray:
    """Of the eye's six points, or of its corners where the others are not known."""
    points = landmarks[corners[0] : corners[0] + 6]
    return points.mean(0) if np.isfinite(points).all() else landmarks[list(corners)].mean(0)


def _sample_texture(texture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Bilinear look-up: uv (H, W, 2) in [0, 1], v up -> (H, W, 3) float."""
    height, width = texture.shape[:2]
    places = np.stack([(1 - uv[..., 1]) * height - 0.5, uv[..., 0] * width - 0.5])
    return np.stack(
        [map_coordinates(texture[..., c].astype(float), places, order=1, mode="nearest") for c in range(3)], -1
    )
