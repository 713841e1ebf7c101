"""Any coloured scan: OBJ, PLY or GLB with a texture, or with a colour at each vertex."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from recon.errors import UserError
from recon.evaluate.readers.landmarks_3d import landmarks_beside
from recon.evaluate.scan import Scan, in_mm
from recon.geometry.mesh_files import load_mesh
from recon.photos.reading import Unusable, refuse_size

MESHES = (".obj", ".ply", ".glb")
STAND_IN = (2, 2)  # px of the picture that trimesh makes where a file with texture coordinates names none


def load_scan(place: Path) -> Scan:
    """A scan of a file, or of a folder that holds one, with its landmarks beside it (see `landmarks_beside`).

    In mm, y up, about frontal; a glb's metres are taken for what they are.

    Raises:
        UserError: there is no mesh or several, it has no colours, or its landmarks are missing.
    """
    if place.is_dir():
        meshes = [file for file in sorted(place.iterdir()) if file.suffix.lower() in MESHES]
        if len(meshes) != 1:
            many = f"{len(meshes)} meshes" if meshes else "no scan"
            raise UserError(f"{place} holds {many}: give a folder with one .obj, .ply or .glb and its landmarks")
        place = meshes[0]
    bare = read_mesh(place)
    return in_mm(Scan(*bare[:4], landmarks_beside(place), bare[4]), place)


def read_mesh(
    file: Path,
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    """vertices (n, 3), triangles (f, 3) int32, uv (n, 2) and texture (H, W, 3) or None, colours (n, 3) or None.

    Raises:
        UserError: it can't be read, or has neither a texture nor colours.
    """
    mesh = cast(Any, load_mesh(file, process=False))
    vertices, triangles = _surface(file, mesh)
    uv = getattr(mesh.visual, "uv", None)
    texture = None if uv is None else _texture(file, mesh)
    if uv is not None and texture is not None:
        painted = np.asarray(uv, np.float64)
        if painted.shape != (len(vertices), 2) or not np.isfinite(painted).all():
            raise UserError(f"{file} has texture coordinates that are none: export it again")
        return vertices, triangles, painted, texture, None
    if mesh.visual.kind == "vertex":
        return vertices, triangles, None, None, np.asarray(mesh.visual.vertex_colors)[:, :3]
    raise UserError(f"{file} has neither a texture nor colours: put the image that it names beside it")


def read_surface(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """vertices (n, 3) float64 and triangles (f, 3) int32 of any mesh, whatever its colours.

    Raises:
        UserError: it can't be read.
    """
    return _surface(file, load_mesh(file, process=False))


def _surface(file: Path, mesh: Any) -> tuple[np.ndarray, np.ndarray]:
    try:
        vertices, corners = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64)
    except (ValueError, TypeError):
        raise UserError(f"{file} holds no places and corners of numbers: export it again") from None
    if not corners.size:
        raise UserError(f"{file} holds no triangles: give a scan with a surface")
    if corners.ndim != 2 or corners.shape[1] != 3 or corners.min() < 0 or corners.max() >= len(vertices):
        raise UserError(f"{file} has triangles beyond its {len(vertices)} vertices: export it again")
    if vertices.shape[1:] != (3,) or not np.isfinite(vertices[np.unique(corners)]).all():
        raise UserError(f"{file} has vertices that are no places: export it again")
    return vertices, corners.astype(np.int32)


def _texture(file: Path, mesh: Any) -> np.ndarray | None:
    """(H, W, 3) uint8, where there is one."""
    image = _image(mesh)
    if image is None or image.size == STAND_IN:
        return None
    try:
        refuse_size(*image.size)
        return np.asarray(image.convert("RGB"))
    except Unusable as reason:
        raise UserError(f"{file}: its texture can't be used ({reason})") from None
    except Exception as error:  # Pillow's decoders raise almost anything on a broken picture
        raise UserError(f"{file}: its texture can't be read ({error}): export it again") from None


def _image(mesh: Any) -> Image.Image | None:
    material = getattr(mesh.visual, "material", None)
    return getattr(material, "image", None) or getattr(material, "baseColorTexture", None)
