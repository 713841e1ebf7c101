"""Pictures of meshes: lit from the viewer's side, plain or coloured, from the photo's camera or turned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.spatial.transform import Rotation

from recon.files import whole_file
from recon.geometry.cameras import Camera
from recon.geometry.rasterize import interpolate, rasterize
from recon.geometry.surfaces import vertex_normals
from recon.render.config import Renderer
from recon.render.second import second_picture

CLAY = (0.62, 0.6, 0.57)  # linear RGB
BACKDROP = 1.0
KEY = (-0.35, 0.45, 0.82)  # toward the light, camera frame
AMBIENT = 0.25
VIEW_FOV_DEG = 14.0
SAMPLES = 2  # a side, of a pixel
PALETTE_FRAMES = 4  # whose colours are those of an animation


def picture(
    vertices: np.ndarray, triangles: np.ndarray, camera: Camera, colours: np.ndarray | None = None
) -> np.ndarray:
    """A mesh as a camera sees it: (S, S, 3) uint8 RGB.

    Args:
        vertices: (n, 3) mm, camera frame. triangles: (f, 3) int, counter-clockwise seen from outside.
        colours: (n, 3) in [0, 1], sRGB, shown as they are; clay, lit from the upper left, without them.
    """
    places, faces = torch.from_numpy(vertices).float(), torch.from_numpy(triangles).to(torch.int32)
    side = SAMPLES * camera.size_px
    points = camera.scaled(SAMPLES).project_with_distance(places)
    ids = rasterize(points.contiguous(), faces.contiguous(), side, side, closed=len(faces))
    if colours is None:
        normals = interpolate(ids, points, faces, vertex_normals(places, faces.long()))
        normals = torch.nn.functional.normalize(normals, dim=-1)
        key = torch.nn.functional.normalize(torch.tensor(KEY), dim=0)
        light = AMBIENT + (1 - AMBIENT) * (normals @ key).clamp(min=0)
        shown = (light[..., None] * torch.tensor(CLAY)).clamp(0, 1) ** (1 / 2.2)
    else:
        shown = interpolate(ids, points, faces, torch.from_numpy(colours).float())
    shown = torch.where((ids >= 0)[..., None], shown, torch.full_like(shown, BACKDROP))
    mean = shown.reshape(camera.size_px, SAMPLES, camera.size_px, SAMPLES, 3).mean((1, 3))
    return (mean.clamp(0, 1) * 255).round().to(torch.uint8).numpy()


Picture = Callable[..., np.ndarray]
"""`picture`, or what stands in for it."""


def picture_by(renderer: Renderer) -> Picture:
    """`picture` of a renderer."""
    return picture if renderer == "own" else second_picture


def around(vertices: np.ndarray, yaw_deg: float, pitch_deg: float, size: int) -> tuple[np.ndarray, Camera]:
    """The vertices turned about their middle and moved before a camera that shows them whole: (n, 3) mm, the camera."""
    middle = (vertices.max(0) + vertices.min(0)) / 2
    turn = Rotation.from_euler("yx", [yaw_deg, pitch_deg], degrees=True)
    camera = Camera.from_fov(VIEW_FOV_DEG, size)
    extent = 1.08 * float((vertices.max(0) - vertices.min(0)).max())
    distance = camera.focal_px * extent / size
    return turn.apply(vertices - middle) + [0.0, 0.0, -distance], camera


def turntable(
    vertices: np.ndarray,
    triangles: np.ndarray,
    colours: np.ndarray | None,
    size: int = 256,
    frames: int = 24,
    draw: Picture = picture,
) -> list[np.ndarray]:
    """Frames (size, size, 3) uint8 RGB of a mesh that swings 45 degrees to either side and back."""
    swing = 45.0 * np.sin(2 * np.pi * np.arange(frames) / frames)
    return [
        draw(turned, triangles, camera, colours)
        for turned, camera in (around(vertices, float(yaw), 0.0, size) for yaw in swing)
    ]


def write_gif(path: Path, frames: Sequence[np.ndarray], fps: float) -> None:
    """The frames, (H, W, 3) uint8 RGB each, again and again, in 256 colours of some of them.

    One palette for all is found twenty times faster than one for each, and doesn't flicker.
    """
    some = Image.fromarray(np.concatenate(frames[:: -(-len(frames) // PALETTE_FRAMES)]))
    palette = some.quantize(256)
    first, *others = (Image.fromarray(frame).quantize(palette=palette) for frame in frames)
    with whole_file(path) as temporary:
        first.save(temporary, "GIF", save_all=True, append_images=others, duration=round(1000 / fps), loop=0)
