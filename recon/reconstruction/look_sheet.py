"""One picture of what a network tells that knows landmarks, skin and light: figure 2 of the report on DECA."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw

from recon.photos.framing import frame
from recon.photos.region import Region
from recon.reconstruction.camera import through
from recon.reconstruction.pipeline import Reconstruction
from recon.reconstruction.sheet import CELL_PX, three_meshes
from recon.reconstruction.texture import colours_at
from recon.reconstruction.views import Picture, picture

PLAIN, SEEN, HIDDEN = (255, 255, 255), (30, 220, 60), (235, 40, 40)
DOT_PX = 2.5  # radius
FINER = 4  # dots are drawn so much larger, and made smaller again


def look_sheet(result: Reconstruction, region: Region, draw: Picture = picture) -> np.ndarray:
    """(2 * CELL_PX, 3 * CELL_PX, 3) uint8: photo, the 68 points that the network tells in the image, the mesh's, those
    green that are seen and those red that are hidden; coarse, detailed, with texture. draw: meshes.

    Raises:
        ValueError: the network told no landmarks.
    """
    face, marks = result.face, result.face.marks
    if marks is None:
        raise ValueError("the network told no landmarks")
    crop = frame(Image.fromarray(region.pixels), region.framing(face.framing), CELL_PX)
    flat = marks.pixels * (CELL_PX / len(face.mask))
    colours = [SEEN if seen else HIDDEN for seen in marks.visible]
    top = [crop, dotted(crop, flat, [PLAIN] * len(flat)), dotted(crop, mesh_points(result), colours)]
    bottom = three_meshes(result, draw, colours_at(result.texture, result.uv))
    return np.concatenate([np.concatenate(row, 1) for row in (top, bottom)])


def mesh_points(result: Reconstruction) -> np.ndarray:
    """(68, 2) px of a cell: the mesh's landmarks through the photo's camera."""
    camera, turn = through(result.camera, result.face.framing.to_photo(CELL_PX).inverse(), CELL_PX)
    marks = result.vertices[result.model.landmarks.numpy()] @ turn.T
    return camera.project(torch.from_numpy(marks)).numpy()


def dotted(image: np.ndarray, places: np.ndarray, colours: list[tuple[int, int, int]]) -> np.ndarray:
    """(S, S, 3) uint8 with a dot of each colour at each of (k, 2) px."""
    side = len(image)
    large = Image.fromarray(image).resize((FINER * side, FINER * side), Image.Resampling.BICUBIC)
    pen, radius = ImageDraw.Draw(large), FINER * DOT_PX
    for (x, y), colour in zip(FINER * places, colours, strict=True):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return np.asarray(large.resize((side, side), Image.Resampling.BOX))
