"""A texture of a reconstructed face: what its photo shows, the mirrored side where it shows nothing, else the mean."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from recon.geometry.cameras import Camera
from recon.geometry.rasterize import interpolate, rasterize

FULLY_SEEN = 0.5  # trust from which on a texel is the photo's alone
SMOOTHING = 0.02  # of the side: how softly the photo gives way to what completes it
WIDTHS = (0.2, 0.1, 0.05)  # of the side, at which seen colours are carried on
CARRIED_PX = 256  # side of the grid on which they are: fine enough for the least width
ENOUGH_SEEN = 0.1


def texture_of(
    vertices: np.ndarray,
    triangles: np.ndarray,
    uv: np.ndarray,
    trust: np.ndarray,
    photo: np.ndarray,
    camera: Camera,
    size: int = 1024,
    over: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The texture (size, size, 3) uint8 RGB, v upward, and how far each texel is the photo's: (size, size) in [0, 1].

    Args:
        vertices: (n, 3) mm, camera frame. triangles: (f, 3). uv: (n, 2) in [0, 1], mirrored about u = 0.5 by the face's
            symmetry.
        trust: (n,) in [0, 1], how well the camera sees each vertex.
        photo: (H, W, 3) uint8. camera: of the photo.
        over: (H, W) float32 in [0, 1], how far something lies over the face there; None: nothing does.
    """
    points = torch.from_numpy(np.column_stack([uv[:, 0] * size, (1 - uv[:, 1]) * size, np.ones(len(uv))])).float()
    faces = torch.from_numpy(triangles).to(torch.int32).contiguous()
    ids = rasterize(points.contiguous(), faces, size, size)
    spots = camera.project(torch.from_numpy(np.asarray(vertices, np.float64))).float()
    values = torch.cat([spots, torch.from_numpy(trust).float()[:, None]], 1)
    texels = interpolate(ids, points, faces, values).numpy()
    covered = ids.numpy() >= 0
    colours = _looked_up(photo, texels[..., :2], covered)
    height, width = photo.shape[:2]
    framed = (texels[..., :2] > 0).all(-1) & (texels[..., 0] < width) & (texels[..., 1] < height)
    own = np.clip(texels[..., 2] / FULLY_SEEN, 0, 1) * covered * framed
    if over is not None:
        own = own * np.clip(1 - _looked_up(over, texels[..., :2], covered), 0, 1)
    return _completed(colours, own), own


def colours_at(texture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """A texture's colours at places uv (m, 2): (m, 3) float in [0, 1], sRGB."""
    side = len(texture)
    column, row = (np.clip(x * side, 0, side - 1).astype(int) for x in (uv[:, 0], 1 - uv[:, 1]))
    return texture[row, column] / 255.0


def _looked_up(photo: np.ndarray, spots: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """The photo's values (T, T, ...) float at pixel places (T, T, 2), averaged where texels are larger than pixels."""
    steps = np.linalg.norm(np.diff(spots, axis=1), axis=-1)[covered[:, 1:] & covered[:, :-1]]
    shrink = max(1.0, float(np.median(steps))) if len(steps) else 1.0
    if shrink > 1:
        small = (max(1, round(photo.shape[1] / shrink)), max(1, round(photo.shape[0] / shrink)))
        scale = np.array(small) / photo.shape[1::-1]
        photo, spots = cv2.resize(photo, small, interpolation=cv2.INTER_AREA), spots * scale
    u, v = (np.ascontiguousarray(spots[..., axis] - 0.5, np.float32) for axis in (0, 1))
    return cv2.remap(photo, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def _completed(colours: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Unseen texels take the mirrored ones, toned to their surroundings; where neither side shows, what lies near."""
    if not own.any():
        return np.full(colours.shape, 128, np.uint8)
    soft = own * _spread(own)
    mirrored, known = colours[:, ::-1], soft[:, ::-1]
    # Light differs between the two sides: the mirrored colours keep their detail and take the near side's level.
    level, level_mirrored = (_carried_on(values, seen) for values, seen in ((colours, soft), (mirrored, known)))
    toned = mirrored * (level + 1) / (level_mirrored + 1)
    other = known[..., None] * toned + (1 - known[..., None]) * level
    return np.clip(soft[..., None] * colours + (1 - soft[..., None]) * other, 0, 255).round().astype(np.uint8)


def _carried_on(colours: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Smooth colours everywhere: of the seen texels near by, and of ever more of them further off, at last the mean."""
    side = len(colours)
    grid = (min(side, CARRIED_PX),) * 2
    weighted = cv2.resize(colours * seen[..., None], grid, interpolation=cv2.INTER_AREA)
    seen = cv2.resize(np.asarray(seen, np.float32), grid, interpolation=cv2.INTER_AREA)
    smooth = np.broadcast_to(weighted.sum((0, 1)) / seen.sum(), weighted.shape)
    for width in WIDTHS:
        near = _spread(seen, width)[..., None]
        here = _spread(weighted, width) / np.maximum(near, 1e-6)
        share = np.clip(near / ENOUGH_SEEN, 0, 1)
        smooth = share * here + (1 - share) * smooth
    return cv2.resize(smooth, (side, side), interpolation=cv2.INTER_LINEAR)


def _spread(values: np.ndarray, width: float = SMOOTHING) -> np.ndarray:
    """Blurred by a Gaussian of `width` shares of the side, on a grid just fine enough for it."""
    side = values.shape[1]
    coarse = min(side, round(4 / width))
    small = cv2.resize(np.asarray(values, np.float32), (coarse, coarse), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), width * coarse)
    return cv2.resize(blurred, (side, side), interpolation=cv2.INTER_LINEAR)
