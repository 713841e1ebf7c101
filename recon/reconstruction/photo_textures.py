"""The skin of photographed faces, read off through a network's correspondence, to train with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from recon.errors import UserError
from recon.faces import load
from recon.faces.model import FaceModel
from recon.files import printable, refuse_unwritable, whole_file
from recon.methods.base import Reconstructor, device_of
from recon.photos.detection import face_boxes
from recon.photos.folder import find_images
from recon.photos.framing import frame, from_box, whole
from recon.photos.reading import Unusable, read_photo
from recon.processes import one_thread, process_pool
from recon.progress import progress
from recon.reconstruction.face_test import reason_against
from recon.reconstruction.looking import FoundFace, settle
from recon.train.retexture import COLUMNS, ROWS, atlas_place

CROP_PX = 256  # side of the face's crop that is read, which the lengths in px below are for
CLOSED_PX = 41  # holes that are no outline: the mouth, frames of glasses
RIM_PX = 11  # along the outline, which may show what is behind
HOLES = (0.7, 2.0, 6.0, 24.0)  # cells: where nothing is seen within one, it is filled from the next
SEEN = 0.05  # of a pixel in reach, that a cell counts as seen
MIRRORED = 0.02  # weight of the other side's pixels: they only fill what is not seen


@dataclass(frozen=True)
class Textures:
    """made: how many textures there are. skipped: (photo, reason) of the photos that gave none. listed: the file that
    names these; None without any.
    """

    made: int
    skipped: tuple[tuple[str, str], ...]
    listed: Path | None

    def __str__(self) -> str:
        skipped = f"; {len(self.skipped)} skipped, {self.listed} says why" if self.skipped else ""
        return f"{self.made} textures of {self.made + len(self.skipped)} photos{skipped}"


def write_textures(folder: Path, out: Path, network: Reconstructor, workers: int = 1) -> Textures:
    """Read the skin off each photo of one face under `folder` and store all in `out`.

    Args:
        out: an .npy file, (n, 3, ROWS, COLUMNS) uint8, as `recon.train.retexture.read_textures` reads it; beside it
            NAME.skipped.txt names the photos that gave none. workers: processes.
    Raises:
        UserError: no image is there, or none that shows a face, or `out` can't be written.
    """
    if out.suffix != ".npy":
        raise UserError(f"--out {out}: give a name that ends in .npy")
    refuse_unwritable(out.parent)
    photos = find_images(folder)
    on_cpu = device_of(network).type == "cpu"  # one network on a GPU is as quick as several
    found = list(_looked_at(photos, network, min(workers, len(photos)) if on_cpu else 1))
    textures = [texture for texture in found if isinstance(texture, np.ndarray)]
    skipped = [
        (str(photo.relative_to(folder)), reason)
        for photo, reason in zip(photos, found, strict=True)
        if isinstance(reason, str)
    ]
    if not textures:
        photo, reason = skipped[0]
        raise UserError(f"none of the {len(photos)} images in {folder} shows a face (the first, {photo}: {reason})")
    with whole_file(out) as temporary, temporary.open("wb") as file:
        np.save(file, np.stack(textures))
    listed = out.with_suffix(".skipped.txt")
    listed.unlink(missing_ok=True)
    if skipped:
        with whole_file(listed) as temporary:
            temporary.write_text("".join(f"{printable(photo)}\t{reason}\n" for photo, reason in skipped))
    return Textures(len(textures), tuple(skipped), listed if skipped else None)


def _looked_at(photos: Sequence[Path], network: Reconstructor, workers: int) -> Iterator[np.ndarray | str]:
    """Each photo's texture, or why it gives none, in order."""
    with progress("photos", len(photos)) as count, one_thread():
        if workers <= 1:
            for photo in photos:
                yield texture_in(photo, network, load("default"))
                count()
            return
        with process_pool(min(workers, len(photos)), _start, (network,)) as pool:
            for future in [pool.submit(_texture_in, photo) for photo in photos]:
                yield future.result()
                count()


_network: Reconstructor | None = None  # in a process of the pool


def _start(network: Reconstructor) -> None:
    global _network
    _network = network


def _texture_in(path: Path) -> np.ndarray | str:
    assert _network is not None
    return texture_in(path, _network, load("default"))


def texture_in(path: Path, network: Reconstructor, model: FaceModel) -> np.ndarray | str:
    """The texture of a photo's largest face; why there is none, where it can't be read or shows no upright face."""
    try:
        photo = read_photo(path)
        starts = [from_box(box) for box in face_boxes(photo)[:1]] or [whole(photo)]
        (face,) = settle(photo, network, model, starts)
    except Unusable as reason:
        return str(reason)
    reason = reason_against(face, photo, network, model)
    if face is None or reason is not None:
        return str(reason)
    return texture_of(face, frame(photo, face.framing, CROP_PX))


def texture_of(face: FoundFace, crop: np.ndarray) -> np.ndarray:
    """(3, ROWS, COLUMNS) uint8 of a face that a network saw, and its crop (S, S, 3) uint8, no coarser than the maps."""
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
