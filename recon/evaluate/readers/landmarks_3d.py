"""Landmarks of a scan beside its mesh: menpo's `.ljson`, MeshLab's `.pp`, or `.txt` of x y z lines; 68 of Multi-PIE's
or the seven of the NoW challenge."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np

from recon.errors import UserError
from recon.evaluate.metrics.scan_to_mesh import SEVEN
from recon.texts import read_json, read_text

SUFFIXES = (".ljson", ".pp", ".txt")
GROUPS = ("chin", "leyebrow", "reyebrow", "nose", "leye", "reye", "mouth")  # menpo's, in the Multi-PIE order


def landmarks_beside(mesh: Path) -> np.ndarray:
    """(68, 3) float64, NaN where unknown: of the file of the mesh's name, or else of the folder's only one.

    Raises:
        UserError: there is none, or several, or it holds neither 68 points nor seven.
    """
    own = [mesh.with_suffix(suffix) for suffix in SUFFIXES if mesh.with_suffix(suffix).is_file()]
    others = [file for suffix in SUFFIXES for file in sorted(mesh.parent.glob(f"*{suffix}"))]
    found = own[:1] or others
    if len(found) != 1:
        many = "several files" if found else "none"
        raise UserError(
            f"{mesh} needs its landmarks beside it (68, or the seven of NoW) as {mesh.stem}.ljson, .pp or .txt: "
            f"there is {many}"
        )
    return all_68(read_landmarks(found[0]), found[0])


def all_68(points: np.ndarray, file: Path) -> np.ndarray:
    """(68, 3) with NaN where unknown, of 68 or seven points (k, 3)."""
    if len(points) == 68:
        return points
    if len(points) != len(SEVEN):
        raise UserError(f"{file} holds {len(points)} points: give 68, or the seven of the NoW challenge")
    landmarks = np.full((68, 3), np.nan)
    landmarks[list(SEVEN)] = points
    return landmarks


def read_landmarks(file: Path) -> np.ndarray:
    """The (k, 3) float64 points of a file of SUFFIXES, in its order; NaN where it knows none.

    Raises:
        UserError: it is no such file.
    """
    reader = {".ljson": _read_ljson, ".pp": _read_pp, ".txt": _read_txt}[file.suffix]
    try:
        points = reader(file)
        if points.ndim != 2 or points.shape[1] != 3 or np.isinf(points).any():
            raise ValueError("its points are not three numbers each")
        return points
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError, ElementTree.ParseError) as error:
        raise UserError(f"{file} is not a file of 3D landmarks that can be read ({error})") from None


def _read_ljson(file: Path) -> np.ndarray:
    content = read_json(file)["groups"]["LJSON"]
    points = np.array(content["landmarks"]["points"], np.float64)
    group = {label["label"]: label["mask"] for label in content["labels"]}
    return points[np.concatenate([group[name] for name in GROUPS])]


def _read_pp(file: Path) -> np.ndarray:
    """MeshLab's picked points, those that are active."""
    points = [point for point in ElementTree.fromstring(read_text(file)).iter("point") if point.get("active") != "0"]
    return np.array([[float(point.attrib[axis]) for axis in "xyz"] for point in points]).reshape(-1, 3)


def _read_txt(file: Path) -> np.ndarray:
    rows = [line.replace(",", " ").split() for line in read_text(file).splitlines() if line.strip()]
    return np.array(rows, np.float64)
