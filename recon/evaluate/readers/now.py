"""The NoW challenge as it is published, and meshes that some program made of its photos.

    imagepathsvalidation.txt                       FaMoS_180424_03335_TA/multiview_neutral/IMG_0039.jpg, ...
    iphone_pictures/SUBJECT/CHALLENGE/IMG.jpg      photos
    detected_face/SUBJECT/CHALLENGE/IMG.npy        a pickled dict: left, top, right, bottom
    scans/SUBJECT/*.obj                            scans, mm
    scans_lmks_onlypp/SUBJECT/*.pp                 their seven landmarks

Meshes lie in a folder of their own as SUBJECT/CHALLENGE/IMG.obj (or .ply), with their seven landmarks as IMG.npy or
.txt.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recon.arrays import read_npy
from recon.errors import UserError
from recon.evaluate.readers.landmarks_3d import read_landmarks
from recon.evaluate.readers.textured_mesh import read_surface
from recon.faces.unpickling import unpickled_npy
from recon.texts import read_text

LISTS = {"validation": "imagepathsvalidation.txt", "test": "imagepathstest.txt"}
CHALLENGES = ("multiview_neutral", "multiview_expressions", "multiview_occlusions", "selfie")


@dataclass(frozen=True)
class Picture:
    """One photo of the list: root is the set's folder."""

    root: Path
    person: str
    challenge: str
    name: str

    @property
    def photo(self) -> Path:
        return self.root / "iphone_pictures" / self.person / self.challenge / self.name

    def box(self) -> np.ndarray:
        """(4,) float px [left, top, right, bottom] of the face that the set's detector found."""
        file = self.root / "detected_face" / self.person / self.challenge / f"{Path(self.name).stem}.npy"
        return read_box(file)

    def scan(self) -> tuple[np.ndarray, np.ndarray]:
        """The scan's vertices (n, 3) and its seven landmarks (7, 3), mm."""
        mesh = _only(self.root / "scans" / self.person, "*.obj")
        seven = read_landmarks(_only(self.root / "scans_lmks_onlypp" / self.person, "*.pp"))
        if len(seven) != 7:
            raise UserError(f"the .pp of {self.person} in {self.root} holds {len(seven)} points, not seven")
        return read_surface(mesh)[0], seven

    def made(self, meshes: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Vertices (m, 3), triangles (f, 3) and seven landmarks (7, 3) in `meshes`; None: there is no mesh.

        Raises:
            UserError: the mesh lacks its landmarks.
        """
        base = meshes / self.person / self.challenge / Path(self.name).stem
        file = next((base.with_suffix(end) for end in (".obj", ".ply") if base.with_suffix(end).is_file()), None)
        if file is None:
            return None
        if base.with_suffix(".npy").is_file():
            seven = _points(base.with_suffix(".npy"))
        elif base.with_suffix(".txt").is_file():
            seven = read_landmarks(base.with_suffix(".txt"))
        else:
            raise UserError(f"{file} lacks its seven landmarks: put {base.name}.npy or .txt beside it")
        if seven.shape != (7, 3) or not np.isfinite(seven).all():
            raise UserError(f"the landmarks beside {file} are {seven.shape}, not (7, 3) numbers")
        return *read_surface(file), seven


def pictures(root: Path, part: str) -> list[Picture]:
    """The photos of a part of LISTS, in its list's order.

    Raises:
        UserError: the list is missing, or has a line that is no SUBJECT/CHALLENGE/IMG.jpg.
    """
    file = root / LISTS[part]
    if not file.is_file():
        raise UserError(f"{root} lacks {file.name}: give the NoW challenge's folder with its list of photos")
    found = []
    try:
        lines = read_text(file).split()
    except (OSError, ValueError) as error:
        raise UserError(f"{file} can't be read as a list of photos ({error}): download it again") from None
    for line in lines:
        parts = Path(line).parts[-3:]
        if len(parts) < 3 or parts[1] not in CHALLENGES or ".." in parts:
            raise UserError(f"{file} has a line '{line}', which is no SUBJECT/CHALLENGE/IMG.jpg")
        found.append(Picture(root, *parts))
    if not found:
        raise UserError(f"{file} names no photo")
    return found


def read_box(file: Path) -> np.ndarray:
    """(4,) float [left, top, right, bottom] of a `.npy` that holds a pickled dict; nothing else is unpickled."""
    try:
        content = unpickled_npy(file.read_bytes())
        box = np.array([float(content[side]) for side in ("left", "top", "right", "bottom")])
        if not np.isfinite(box).all() or (box[2:] <= box[:2]).any():
            raise ValueError(f"its sides are {box.tolist()}")
        return box
    except FileNotFoundError:
        raise UserError(f"there is no {file}: give the NoW challenge's folder with its detected_face") from None
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise UserError(f"{file} is not a box of the NoW challenge ({error})") from None


def _points(file: Path) -> np.ndarray:
    try:
        return read_npy(file).astype(np.float64)
    except (OSError, ValueError) as error:
        raise UserError(f"{file} can't be read as landmarks ({error}): give seven rows of x, y and z") from None


def _only(folder: Path, pattern: str) -> Path:
    files = sorted(folder.glob(pattern))
    if not files:
        raise UserError(f"{folder} holds no {pattern}: give the NoW challenge's folder as it is published")
    return files[0]
