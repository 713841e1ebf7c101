"""A real scan, a textured 3D face that no morphable model made, seen by known cameras (VRN's way).

Twelve views: yaw -40, -13.3, 13.3 and 40 degrees from frontal, each under three lights, framed like the renders. A
network and the default mean face placed at the true pose can be scored on the same pixels: those where the mean face's
face region and the scan, within 90 mm of the nose tip, are both seen.

The true pose: a similarity from the 51 inner landmarks, refined by closest points. (All 68 would tilt the mean by 5
degrees and raise its error: the two markups put the jaw line at different depths.)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import trimesh
from PIL import Image
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation
from torch import Tensor

from recon.errors import UserError
from recon.faces.model import FaceModel
from recon.geometry.cameras import Camera
from recon.geometry.closest_points import closest_points
from recon.geometry.rasterize import interpolate, rasterize
from recon.geometry.similarity import Similarity, fit_similarity
from recon.geometry.surfaces import vertex_normals
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE

YAWS_DEG = (-40.0, -40 / 3, 40 / 3, 40.0)
LIGHTS = {  # direction toward the light (x right, y up, z to the viewer), ambient share, directed share
    "flat": ((0.0, 0.0, 1.0), 0.85, 0.15),
    "left": ((-0.8, 0.4, 0.5), 0.45, 0.75),
    "right": ((0.8, 0.4, 0.5), 0.45, 0.75),
}
FOV_DEG = 20.0
NOSE_REACH_MM = 90.0
SUPERSAMPLING = 4
BACKGROUND = (150, 155, 165)
RIGHT_EYE, LEFT_EYE, NOSE_TIP, INNER = range(36, 42), range(42, 48), 30, slice(17, 68)
REFINEMENTS = 20


@dataclass(frozen=True)
class Scan:
    """vertices (n, 3) float64 mm, y up, about frontal; triangles (f, 3) int32; uv (n, 2); texture (H, W, 3) uint8;
    landmarks (68, 3) mm in the Multi-PIE order."""

    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    texture: np.ndarray
    landmarks: np.ndarray


@dataclass(frozen=True)
class View:
    """One image of the scan: rgb (S, S, 3) uint8; z_mm (S, S) float64, the scan's depth in the camera frame; mean_z_mm,
    the placed mean face's; scored (S, S) bool, the pixels on which both the network and the mean face are judged."""

    yaw_deg: float
    light: str
    rgb: np.ndarray
    z_mm: np.ndarray
    mean_z_mm: np.ndarray
    scored: np.ndarray


def load_scan(folder: Path) -> Scan:
    """A scan folder: one textured `.obj` (mm, y up) and one `.ljson` with menpo's 68 landmarks.

    Raises:
        UserError: the folder lacks one of the files, or they can't be read.
    """
    meshes, marks = sorted(folder.glob("*.obj")), sorted(folder.glob("*.ljson"))
    if not meshes or not marks:
        raise UserError(f"{folder} holds no scan (an .obj with its texture, and an .ljson): check the path")
    mesh = cast(Any, trimesh.load(meshes[0], process=False, force="mesh"))
    material = getattr(mesh.visual, "material", None)
    if material is None or material.image is None or mesh.visual.uv is None:
        raise UserError(f"{meshes[0]} has no texture: put the image that its .mtl names beside it")
    texture = np.asarray(material.image.convert("RGB"))
    landmarks = _read_ljson(marks[0])
    return Scan(
        np.asarray(mesh.vertices), np.asarray(mesh.faces, np.int32), np.asarray(mesh.visual.uv), texture, landmarks
    )


def _read_ljson(file: Path) -> np.ndarray:
    """menpo's groups, put in the Multi-PIE order: jaw, brows, nose, eyes, mouth; image left before right."""
    try:
        content = json.loads(file.read_text())["groups"]["LJSON"]
        points = np.array(content["landmarks"]["points"], np.float64)
        group = {label["label"]: label["mask"] for label in content["labels"]}
        order = [group[name] for name in ("chin", "leyebrow", "reyebrow", "nose", "leye", "reye", "mouth")]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file} is not a landmark file of menpo's 68 points ({error})") from None
    return points[np.concatenate(order)]


def render_views(scan: Scan, model: FaceModel, size: int) -> list[View]:
    """The twelve views; frontal is where the default mean face, fitted to the landmarks, faces the camera."""
    pose = fit_mean_face(scan, model)
    vertices, landmarks = scan.vertices @ pose.rotation, scan.landmarks @ pose.rotation  # now it faces the viewer
    mean_vertices = pose(model.mean.numpy().astype(np.float64)) @ pose.rotation

    eyes = landmarks[RIGHT_EYE].mean(0), landmarks[LEFT_EYE].mean(0)
    camera = Camera.from_fov(FOV_DEG, size)
    distance = camera.focal_px * np.linalg.norm(eyes[1] - eyes[0]) / (EYE_SHARE * size)
    origin = pose.translation @ pose.rotation  # of the model: midway between the eyeballs, where renders are centred
    origin_at = np.array([0.0, (0.5 - EYES_MIDDLE[1]) * size, -camera.focal_px]) * distance / camera.focal_px
    views = []
    for yaw_deg in YAWS_DEG:
        turn = Rotation.from_euler("y", yaw_deg, degrees=True).as_matrix()
        placed, mean_placed, nose = (
            (x - origin) @ turn.T + origin_at for x in (vertices, mean_vertices, landmarks[NOSE_TIP])
        )
        z_mm = _depth(placed, scan.triangles, camera)
        mean_z_mm = _depth(mean_placed, model.triangles.numpy(), camera, model.face.numpy())
        points = camera.unproject(torch.as_tensor(z_mm)).numpy()
        near = np.linalg.norm(points - nose, axis=-1) < NOSE_REACH_MM
        for name, light in LIGHTS.items():
            rgb = _shade(placed, scan, camera, *light)
            views.append(View(yaw_deg, name, rgb, z_mm, mean_z_mm, near & np.isfinite(mean_z_mm)))
    return views


def fit_mean_face(scan: Scan, model: FaceModel) -> Similarity:
    """The similarity from the model's frame to the scan's that lays its mean face on the scan."""
    mean = model.mean.numpy().astype(np.float64)
    face = mean[np.unique(model.triangles.numpy()[model.face.numpy()])[::4]]
    pose = fit_similarity(mean[model.landmarks.numpy()][INNER], scan.landmarks[INNER])
    for _ in range(REFINEMENTS):
        found = closest_points(pose(face), scan.vertices, scan.triangles)
        kept = found.distance <= np.percentile(found.distance, 90)
        pose = fit_similarity(face[kept], found.point[kept])
    return pose


def _depth(vertices: np.ndarray, triangles: np.ndarray, camera: Camera, shown: np.ndarray | None = None) -> np.ndarray:
    """(S, S) camera-frame z in mm; NaN where nothing is seen, or a triangle that is not `shown`."""
    points = torch.as_tensor(vertices)
    points_px, faces = camera.project_with_distance(points).float(), torch.as_tensor(triangles)
    ids = rasterize(points_px, faces, camera.size_px, camera.size_px)
    z = interpolate(ids, points_px, faces, points[:, 2:].float())[..., 0].double().numpy()
    seen = (ids >= 0).numpy()
    if shown is not None:
        seen &= shown[ids.numpy()]
    return np.where(seen, z, np.nan)


def _shade(
    vertices: np.ndarray,
    scan: Scan,
    camera: Camera,
    toward_light: tuple[float, float, float],
    ambient: float,
    directed: float,
) -> np.ndarray:
    """(S, S, 3) uint8: the texture under one Lambertian light and an even one, on a plain ground, supersampled."""
    fine = camera.scaled(SUPERSAMPLING)
    points, faces = torch.as_tensor(vertices).float(), torch.as_tensor(scan.triangles)
    points_px = fine.project_with_distance(points)
    ids = rasterize(points_px, faces, fine.size_px, fine.size_px)
    attributes = torch.cat([vertex_normals(points, faces), torch.as_tensor(scan.uv).float()], 1)
    maps: Tensor = interpolate(ids, points_px, faces, attributes)
    normals = torch.nn.functional.normalize(maps[..., :3], dim=-1).numpy()
    light = np.array(toward_light) / np.linalg.norm(toward_light)
    shade = ambient + directed * np.maximum(normals @ light, 0)
    rgb = _sample_texture(scan.texture, maps[..., 3:].numpy()) * shade[..., None]
    rgb = np.where((ids >= 0).numpy()[..., None], rgb, BACKGROUND).clip(0, 255)
    image = Image.fromarray(rgb.round().astype(np.uint8)).resize((camera.size_px, camera.size_px), Image.Resampling.BOX)
    return np.asarray(image)


def _sample_texture(texture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Bilinear look-up: uv (H, W, 2) in [0, 1], v up -> (H, W, 3) float."""
    height, width = texture.shape[:2]
    places = np.stack([(1 - uv[..., 1]) * height - 0.5, uv[..., 0] * width - 0.5])
    return np.stack(
        [map_coordinates(texture[..., c].astype(float), places, order=1, mode="nearest") for c in range(3)], -1
    )
