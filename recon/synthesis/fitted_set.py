"""300W-LP and AFLW2000-3D (Zhu et al. 2016) as a source: photos and the Basel model fitted to each, which PRNet and VRN
learnt from. Both are read as they are published; the Basel model's files are the user's own."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from recon.errors import UserError
from recon.faces import load
from recon.faces.bfm import fitted_vertices_px
from recon.faces.bfm_files import BfmArrays, read_bfm
from recon.faces.transfer import transfer
from recon.photos.aflw2000 import EXPRESSIONS, OTHER_FOLDERS, SHAPES, FittedPhoto, fitted_photos, read_fitted
from recon.photos.framing import frame, from_landmarks
from recon.photos.reading import Unusable, read_photo
from recon.synthesis.fitted import Kept, fitted_record, laid_at_nasion, read_one, write_fitted
from recon.synthesis.record import Record

FAR_OFF = 0.2  # of the points' extent: a fit whose own landmarks lie so far from the photo's points is of another model


@dataclass(frozen=True)
class FittedSet:
    """Such a folder's photos, sorted, framed as renders are; records as `Fitted` gives them, of the default model.

    The fitted mesh is told in the default model's vertices (`recon.faces.transfer`), so it can stand beside renders.

    Attributes:
        folder: theirs. photos: (N,) files. bfm: the Basel model's file or folder. size: px of the records.
        kept: folder in which each photo's arrays are kept, exact, when it was first asked for; None: worked out anew.
    """

    folder: Path
    photos: tuple[Path, ...]
    bfm: Path
    size: int
    kept: Path | None = None

    @classmethod
    def at(cls, folder: Path, bfm: Path, size: int, cache: Path | None = None) -> FittedSet:
        """cache: folder in which the arrays may be kept, about half a megabyte a photo.

        Raises:
            UserError: there are no such photos, one is without its fit, or they were fitted with another model.
        """
        photos = tuple(fitted_photos(folder))
        for photo in sorted(folder.rglob("*.jpg")):
            alone = not photo.with_suffix(".mat").is_file()
            if alone and not set(photo.relative_to(folder).parts) & set(OTHER_FOLDERS):
                raise UserError(f"{photo} has no {photo.stem}.mat beside it: unpack the set again")
        arrays = arrays_of(bfm)
        if (len(arrays.shape), len(arrays.expression)) != (SHAPES, EXPRESSIONS) or arrays.keypoints is None:
            raise UserError(
                f"{bfm} has {len(arrays.shape)} modes of shape and {len(arrays.expression)} of expression, the photos' "
                f"fits {SHAPES} and {EXPRESSIONS}: give 300W-LP's own Model_Shape.mat and Model_Exp.mat"
            )
        found = cls(folder, photos, bfm, size)
        refuse_other_model(read_fitted(photos[0]), arrays, bfm)
        digest = hashlib.sha256(repr(found.key()).encode()).hexdigest()[:8]
        return found if cache is None else cls(folder, photos, bfm, size, cache / f"{folder.name}_{size}_{digest}")

    def __len__(self) -> int:
        return len(self.photos)

    def record(self, number: int, names: Collection[str]) -> Record:
        """As `Source` says.

        Raises:
            UserError: the photo or its fit can't be read.
        """
        return fitted_record(*self._arrays(number), number, names)

    def key(self) -> dict[str, Any]:
        """As `Source` says: names and sizes of the files, and the model's numbers."""
        files = [file for photo in self.photos for file in (photo, photo.with_suffix(".mat"))]
        sizes = [[file.relative_to(self.folder).as_posix(), file.stat().st_size] for file in files]
        return {"kind": "fitted set", "size": self.size, "files": sizes, "bfm": digest_of(self.bfm)}

    def people(self) -> np.ndarray:
        """As `Source` says: 300W-LP's NAME_0.jpg, NAME_1.jpg and their mirrored twins are one photo, turned."""
        names = [photo.stem.rpartition("_")[0] or photo.stem for photo in self.photos]
        return np.unique(names, return_inverse=True)[1].astype(np.int64)

    def _arrays(self, number: int) -> Kept:
        photo = self.photos[number]
        name = "__".join(photo.relative_to(self.folder).with_suffix(".npz").parts)
        file = None if self.kept is None else self.kept / name
        if file is not None and file.is_file():
            return read_one(file)
        rgb, places = framed(read_fitted(photo), self.bfm, self.size)
        model = load("default")
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_fitted(file, rgb, places, model)
        return laid_at_nasion(rgb, places, model)


def framed(photo: FittedPhoto, bfm: Path, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The photo cut to its face, (size, size, 3) uint8, and (n, 3) float64 px there of the default model's vertices.

    Raises:
        UserError: the photo can't be read.
    """
    try:
        image = read_photo(photo.photo)
        arrays = arrays_of(bfm)
        mesh = mesh_px(photo, arrays, image.height)
        framing = from_landmarks(mesh[arrays.keypoints])
        rgb = frame(image, framing, size)
    except Unusable as reason:
        raise UserError(f"{photo.photo} can't be used ({reason}): download the set again") from None
    to_frame = framing.to_photo(size).inverse()
    seen = np.column_stack([to_frame(mesh[:, :2]), to_frame.scale * mesh[:, 2]])
    upward = np.array([1.0, -1.0, 1.0])  # rows run downward, which is a mirrored frame
    return rgb, transfer(load(f"bfm:{bfm}"), load("default"))(seen * upward) * upward


def mesh_px(photo: FittedPhoto, arrays: BfmArrays, height: int) -> np.ndarray:
    """(m, 3) px of a photo of `height` px: the mesh that was fitted to it, see `recon.faces.bfm.fitted_vertices_px`."""
    pose = photo.pose_rad, photo.translation_px, photo.scale
    return fitted_vertices_px(arrays, photo.shape, photo.expression, *pose, height)


@lru_cache(maxsize=1)
def arrays_of(bfm: Path) -> BfmArrays:
    """`read_bfm`, once in a process."""
    return read_bfm(bfm)


@lru_cache(maxsize=1)
def digest_of(bfm: Path) -> str:
    """16 hexadecimal digits of the model's numbers."""
    arrays = arrays_of(bfm)
    parts = (arrays.mean, arrays.shape, arrays.expression, arrays.shape_sigma, arrays.expression_sigma)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.tobytes())
    return digest.hexdigest()[:16]


def refuse_other_model(photo: FittedPhoto, arrays: BfmArrays, bfm: Path) -> None:
    """Raise a UserError where the photo's fit, made with this model, lies away from the photo's own points."""
    try:
        height = read_photo(photo.photo).height
    except Unusable as reason:
        raise UserError(f"{photo.photo} can't be used ({reason}): download the set again") from None
    marks, points = mesh_px(photo, arrays, height)[arrays.keypoints, :2], photo.points[:, :2]
    off = np.median(np.linalg.norm(marks - points, axis=1)) / np.ptp(points, axis=0).max()
    if not off < FAR_OFF:
        raise UserError(
            f"{bfm} puts the face of {photo.photo} {100 * off:.0f} % of its size away from its points: give the model "
            "that 300W-LP was fitted with"
        )
