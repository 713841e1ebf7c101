"""One picture of a reconstruction: the photo, the network's maps, the meshes that come of them, with texture."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image
from scipy.spatial import KDTree

from recon.photos.framing import frame
from recon.photos.region import Region
from recon.reconstruction.average_texture import average_colours
from recon.reconstruction.camera import through
from recon.reconstruction.looking import MASK_THRESHOLD
from recon.reconstruction.pipeline import Reconstruction
from recon.reconstruction.texture import colours_at
from recon.reconstruction.views import Picture, around, picture

CELL_PX = 320
GROUND = (24, 26, 30)
SIDE_VIEWS_DEG = (-35.0, 35.0)


def sheet_of(result: Reconstruction, region: Region, draw: Picture = picture) -> np.ndarray:
    """(2 * CELL_PX, 5 * CELL_PX, 3) uint8: photo, correspondence, depth, the average texture painted through the
    predicted embedding (figure 8), the network's surface; registered, detailed, the mesh in the photo's pose with
    texture, and from two sides. draw: meshes.
    """
    face, detail = result.face, result.detail
    inside = face.mask > MASK_THRESHOLD
    crop = frame(Image.fromarray(region.pixels), region.framing(face.framing), CELL_PX)
    depth = face.position_mm[..., 2]
    low, high = np.percentile(depth[inside], (2, 98))
    shade = (np.clip((depth - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    top = [
        crop,
        _map(np.clip(face.correspondence * 255, 0, 255).astype(np.uint8), inside),
        _map(cv2.applyColorMap(shade, cv2.COLORMAP_VIRIDIS)[..., ::-1], inside),
        painted_through(result, crop),
        _seen(result, draw, result.map_mesh.vertices, result.map_mesh.triangles),
    ]
    colours = colours_at(result.texture, result.uv)
    turned = [
        draw(places, detail.triangles, camera, colours)
        for places, camera in (around(detail.vertices, yaw, 0.0, CELL_PX) for yaw in SIDE_VIEWS_DEG)
    ]
    bottom = [*three_meshes(result, draw, colours), *turned]
    return np.concatenate([np.concatenate(row, 1) for row in (top, bottom)])


def three_meshes(result: Reconstruction, draw: Picture, colours: np.ndarray) -> list[np.ndarray]:
    """(CELL_PX, CELL_PX, 3) uint8 each, in the photo's pose: smooth, detailed, and with colours (m, 3)."""
    detail = result.detail
    return [
        _seen(result, draw, detail.smooth, detail.triangles),
        _seen(result, draw, detail.vertices, detail.triangles),
        _seen(result, draw, detail.vertices, detail.triangles, colours),
    ]


def painted_through(result: Reconstruction, crop: np.ndarray) -> np.ndarray:
    """The average face's colours at each pixel's predicted place, over the photo's crop (S, S, 3) uint8."""
    model = result.model
    on_face = np.unique(model.triangles[model.face].numpy())
    size_mm = (model.canonical_box_mm[1] - model.canonical_box_mm[0]).numpy()
    correspondence = cv2.resize(result.face.correspondence, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    inside = cv2.resize(result.face.mask, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR) > MASK_THRESHOLD
    tree = KDTree(model.canonical.numpy()[on_face] * size_mm)
    away, near = tree.query(correspondence[inside] * size_mm, k=4)
    weights = 1 / (away + 0.1)
    colours = average_colours(model)[on_face][near]
    shown = crop.copy()
    shown[inside] = np.round(255 * (colours * weights[..., None]).sum(1) / weights.sum(1, keepdims=True))
    return shown


def _seen(
    result: Reconstruction,
    draw: Picture,
    vertices: np.ndarray,
    triangles: np.ndarray,
    colours: np.ndarray | None = None,
) -> np.ndarray:
    """A mesh as the upright crop shows it."""
    camera, turn = through(result.camera, result.face.framing.to_photo(CELL_PX).inverse(), CELL_PX)
    return draw(vertices @ turn.T, triangles, camera, colours)


def _map(colours: np.ndarray, inside: np.ndarray) -> np.ndarray:
    shown = np.where(inside[..., None], colours, np.array(GROUND, np.uint8))
    return cv2.resize(shown, (CELL_PX, CELL_PX), interpolation=cv2.INTER_NEAREST)
