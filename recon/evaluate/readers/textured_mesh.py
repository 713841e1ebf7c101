"""Any coloured scan: OBJ, PLY or GLB with a texture, or with a colour at each vertex."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import trimesh
from PIL import Image

from recon.errors import UserError
from recon.evaluate.readers.landmarks_3d import landmarks_beside
from recon.evaluate.scan import Scan, in_mm

MESHES = (".obj", ".ply", ".glb")


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
    try:
        mesh = cast(Any, trimesh.load(file, process=False, force="mesh"))
    except Exception as error:  # trimesh's readers raise almost anything on a broken file
        raise UserError(f"{file} can't be read as a mesh ({error}): give an .obj, .ply or .glb") from None
    vertices, triangles = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int32)
    if not len(triangles):
        raise UserError(f"{file} holds no triangles: give a scan with a surface")
    image, uv = _image(mesh), getattr(mesh.visual, "uv", None)
    if image is not None and uv is not None:
        return vertices, triangles, np.asarray(uv, np.float64), np.asarray(image.convert("RGB")), None
    if mesh.visual.kind == "vertex":
        return vertices, triangles, None, None, np.asarray(mesh.visual.vertex_colors)[:, :3]
    raise UserError(f"{file} has neither a texture nor colours: put the image that it names beside it")


def _image(mesh: Any) -> Image.Image | None:
    material = getattr(mesh.visual, "material", None)
    return getattr(material, "image", None) or getattr(material, "baseColorTexture", None)
