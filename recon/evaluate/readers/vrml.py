"""The VRML files of BU-3DFE and BU-4DFE: one IndexedFaceSet with a texture, and the `.bnd` files of 83 points."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from recon.errors import UserError
from recon.evaluate.scan import Scan, in_mm
from recon.photos.reading import Unusable, read_photo

BND_EYES, BND_MOUTH = (slice(0, 8), slice(8, 16)), slice(48, 60)  # of the 83: either eye's outline, the lips' outer
BND_POINTS = 83
CORNERS = ((36, 39), (42, 45), (48, 54))  # of the 68: image left and right corner of the eyes and the mouth
TEXTURES = (".bmp", ".jpg", ".png")


def read_wrl_scan(wrl: Path, bnd: Path) -> Scan:
    """A textured scan with the six landmarks that its 83 points say without doubt: the corners of eyes and mouth.

    Raises:
        UserError: one of the files is missing or is not what it should be.
    """
    text = _text(wrl)
    try:
        places = _numbers(text, r"coord\s+Coordinate\s*\{\s*point").reshape(-1, 3)
        uv = _numbers(text, r"texCoord\s+TextureCoordinate\s*\{\s*point").reshape(-1, 2)
        corners, uv_corners = (fan(_numbers(text, name).astype(int)) for name in (r"\bcoordIndex", r"\btexCoordIndex"))
        if corners.shape != uv_corners.shape:
            raise ValueError("coordIndex and texCoordIndex differ in length")
        pairs, triangles = np.unique(np.stack([corners, uv_corners], -1).reshape(-1, 2), axis=0, return_inverse=True)
        vertices, painted = places[pairs[:, 0]], uv[pairs[:, 1]]
        if not len(triangles) or not (np.isfinite(vertices).all() and np.isfinite(painted).all()):
            raise ValueError("it has no triangles, or places that are no numbers")
    except (ValueError, IndexError) as error:
        raise UserError(f"{wrl} is not a textured scan of BU-3DFE or BU-4DFE ({error})") from None
    picture = _texture_of(wrl, text)
    try:
        texture = np.asarray(read_photo(picture))
    except Unusable as reason:
        raise UserError(f"{picture}, the texture of {wrl}, can't be used: {reason}") from None
    triangles = triangles.reshape(-1, 3).astype(np.int32)
    return in_mm(Scan(vertices, triangles, painted, texture, corners_of_83(read_bnd(bnd))), wrl)


def read_bnd(file: Path) -> np.ndarray:
    """(83, 3) float64 mm: lines of a vertex' number, x, y and z."""
    try:
        rows = [line.split() for line in _text(file).splitlines() if len(line.split()) == 4]
        points = np.array(rows, np.float64)[:, 1:]
    except (ValueError, IndexError):
        points = np.empty((0, 3))
    if points.shape != (BND_POINTS, 3) or not np.isfinite(points).all():
        raise UserError(f"{file} holds {len(points)} points, not {BND_POINTS} lines of number, x, y and z")
    return points


def corners_of_83(points: np.ndarray) -> np.ndarray:
    """(68, 3), NaN but for the corners of eyes and mouth: each outline's ends along x, which no order can mix up.

    points: (83, 3) of a face that is about frontal, x right.
    """
    landmarks = np.full((68, 3), np.nan)
    eyes = sorted((points[eye] for eye in BND_EYES), key=lambda outline: float(outline[:, 0].mean()))
    for outline, (left, right) in zip([*eyes, points[BND_MOUTH]], CORNERS, strict=True):
        landmarks[left], landmarks[right] = outline[outline[:, 0].argmin()], outline[outline[:, 0].argmax()]
    return landmarks


def fan(index: np.ndarray) -> np.ndarray:
    """(f, 3) triangles of VRML's polygons, whose corners end with -1 each."""
    triangles = []
    for polygon in np.split(index, np.flatnonzero(index < 0) + 1):
        polygon = polygon[polygon >= 0]
        triangles += [(polygon[0], polygon[k], polygon[k + 1]) for k in range(1, len(polygon) - 1)]
    return np.array(triangles, int).reshape(-1, 3)


def _numbers(text: str, before: str) -> np.ndarray:
    """The numbers in the brackets that follow."""
    found = re.search(before + r"\s*\[([^\]]*)\]", text)
    if found is None:
        raise ValueError(f"no {before.split(chr(92))[0] or before[2:]}")
    return np.array(found.group(1).replace(",", " ").split(), np.float64)


def _texture_of(wrl: Path, text: str) -> Path:
    """What `url` names, or the picture of the file's own name."""
    named = re.search(r'url\s*\[?\s*"([^"]+)"', text)
    names = [Path(named.group(1).replace("\\", "/")).name] if named else []
    for file in [*(wrl.parent / name for name in names), *(wrl.with_suffix(suffix) for suffix in TEXTURES)]:
        if file.is_file():
            return file
    raise UserError(f"{wrl} has no texture: put {names[0] if names else wrl.with_suffix('.bmp').name} beside it")


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError as error:
        raise UserError(f"{file} can't be read ({error.strerror}): give the set as it is published") from None
