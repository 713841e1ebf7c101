"""The skin of photographed faces, read off through a network's correspondence, to train with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from recon.errors import UserError
from recon.faces import load
from recon.faces.model import FaceModel
from recon.files import image_files, refuse_unwritable, whole_file
from recon.methods.base import Reconstructor
from recon.photos.detection import face_boxes
from recon.photos.framing import frame, from_box, whole
from recon.photos.reading import Unusable, read_photo
from recon.progress import tracked
from recon.reconstruction.face_finder import FoundFace, settle
from recon.train.retexture import COLUMNS, ROWS, atlas_place

FINER = 2  # photo pixels for each of the network's
CLOSED_PX = 41  # holes that are no outline: the mouth, frames of glasses
RIM_PX = 11  # along the outline, which may show what is behind
HOLES = (0.7, 2.0, 6.0, 24.0)  # cells: where nothing is seen within one, it is filled from the next
SEEN = 0.05  # of a pixel in reach, that a cell counts as seen
MIRRORED = 0.02  # weight of the other side's pixels: they only fill what is not seen


def write_textures(folder: Path, out: Path, network: Reconstructor) -> tuple[int, int]:
    """Read the skin off each photo of one face under `folder` and store all in `out`.

    Args:
        out: an .npy file, (n, 3, ROWS, COLUMNS) uint8, as `recon.train.retexture.read_textures` reads it.
    Returns:
        How many textures there are, of how many images.
    Raises:
        UserError: no image is there, or none that shows a face.
    """
    if out.suffix != ".npy":
        raise UserError(f"--out {out}: give a name that ends in .npy")
    photos = image_files(folder)
    if not photos:
        raise UserError(f"{folder} holds no images: give a folder of photos")
    refuse_unwritable(out.parent)
    model = load("default")
    found = (texture_in(path, network, model) for path in tracked(photos, "photos"))
    textures = [texture for texture in found if texture is not None]
    if not textures:
        raise UserError(f"none of the {len(photos)} images in {folder} shows a face: give another folder")
    with whole_file(out) as temporary, temporary.open("wb") as file:
        np.save(file, np.stack(textures))
    return len(textures), len(photos)


def texture_in(path: Path, network: Reconstructor, model: FaceModel) -> np.ndarray | None:
    """The texture of a photo's largest face; None where it can't be read or shows none."""
    try:
        photo = read_photo(path)
    except Unusable:
        return None
    starts = [from_box(box) for box in face_boxes(photo)[:1]] or [whole(photo)]
    (face,) = settle(photo, network, model, starts)
    return None if face is None else texture_of(face, frame(photo, face.framing, FINER * network.size))


def texture_of(face: FoundFace, crop: np.ndarray) -> np.ndarray:
    """(3, ROWS, COLUMNS) uint8 of a face that a network saw, and its crop (S, S, 3) uint8, finer than the maps."""
    side = (crop.shape[1], crop.shape[0])
    mask = cv2.resize(face.mask, side, interpolation=cv2.INTER_LINEAR) > 0.5
    outline = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((CLOSED_PX, CLOSED_PX), np.uint8))
    mask &= cv2.erode(outline, np.ones((RIM_PX, RIM_PX), np.uint8)) > 0
    places = cv2.resize(face.correspondence, side, interpolation=cv2.INTER_LINEAR)[mask]
    across, down = (axis.numpy() for axis in atlas_place(torch.from_numpy(places).unbind(-1)))
    column = ((across + 1) / 2 * COLUMNS).astype(int).clip(0, COLUMNS - 1)
    row = ((down + 1) / 2 * ROWS).astype(int).clip(0, ROWS - 1)
    sums = np.zeros((ROWS, COLUMNS, 4), np.float32)
    np.add.at(sums, (row, column), np.concatenate([crop[mask], np.ones((len(row), 1))], 1).astype(np.float32))
    sums += MIRRORED * sums[:, ::-1]
    texture, known = np.zeros((ROWS, COLUMNS, 3), np.float32), np.zeros((ROWS, COLUMNS), bool)
    for reach in HOLES:
        near = cv2.GaussianBlur(sums, (0, 0), reach, borderType=cv2.BORDER_REPLICATE)
        fresh = ~known & (near[..., 3] > (SEEN * MIRRORED if reach < HOLES[-1] else 0))
        texture[fresh] = near[fresh][:, :3] / near[fresh][:, 3:]
        known |= fresh
    return np.moveaxis(texture.round().clip(0, 255).astype(np.uint8), -1, 0)
