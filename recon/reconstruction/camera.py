"""The camera that saw a position map, recovered from its (pixel, position) pairs, and that of the whole photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recon.geometry.cameras import Camera
from recon.geometry.similarity import Similarity
from recon.photos.framing import Framing

ROUNDS = 6  # fits, each to the pairs that the one before left near
OUTLIER = 4.0  # standard deviations, from the median absolute residual
SMALLEST_PX = 1e-4  # residuals below are rounding
SURE = 10.0  # standard errors: a smaller perspective is none
CENTRE_SHARE = 0.05  # of the image's side: a principal point known less well is taken to be the image's centre
FARTHEST_MM = 5000.0  # parallel rays become those of a camera so far away


@dataclass(frozen=True)
class MapCamera:
    """Perspective about the origin of a position map, or scaled orthographic where `closeness` is 0.

    With k = closeness, s = scale and (o, p) = origin: u = cu + (o - cu + s x) / (1 - k z), v likewise with -y.

    Attributes:
        scale_px: pixels for a mm at the depth of the map's origin.
        closeness: 1 / mm, one over the distance of the origin along the axis; 0 for parallel rays.
        centre_px: (2,) the principal point. origin_px: (2,) where the map's origin is seen.
    """

    scale_px: float
    closeness: float
    centre_px: tuple[float, float]
    origin_px: tuple[float, float]

    @property
    def focal_px(self) -> float:
        """Focal length in pixels, infinite for parallel rays."""
        return self.scale_px / self.closeness if self.closeness else float("inf")

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) mm in the map's frame -> (..., 2) pixels, u right and v down."""
        centre, origin = np.array(self.centre_px), np.array(self.origin_px)
        across = origin - centre + self.scale_px * points[..., :2] * (1, -1)
        return centre + across / (1 - self.closeness * points[..., 2:3])


def recover_camera(pixels: np.ndarray, positions_mm: np.ndarray, size_px: tuple[int, int]) -> MapCamera:
    """Least squares on the projection's equations times the depth, which are linear; outliers are left out in rounds.

    Where the principal point cannot be told (flat or far faces) it is taken to be the image's centre, and where
    the perspective cannot, the camera is scaled orthographic.

    Args:
        pixels: (n, 2) places (u, v); positions_mm: (n, 3), n >= 4; size_px: width and height of the image.
    """
    middle = np.array(size_px) / 2
    u, v = (np.asarray(pixels, np.float64) - middle).T
    x, y, z = np.asarray(positions_mm, np.float64).T
    one, zero = np.ones_like(z), np.zeros_like(z)
    # u - k u z = o + s x - k cu z and v - k v z = p - s y - k cv z, unknown o, p, s, k, k cu, k cv
    columns = [(one, zero), (zero, one), (x, -y), (u * z, v * z), (-z, zero), (zero, -z)]
    design = np.stack([np.concatenate(column) for column in columns], 1)
    aim = np.concatenate([u, v])
    theta, error = robust_fit(design, aim)
    if sure_of_perspective(theta, error) and error[4:].max() <= CENTRE_SHARE * max(size_px) * theta[3]:
        return camera_of(theta, middle)
    theta, error = robust_fit(design[:, :4], aim)
    return camera_of(theta if sure_of_perspective(theta, error) else robust_fit(design[:, :3], aim)[0], middle)


def sure_of_perspective(theta: np.ndarray, error: np.ndarray) -> bool:
    """Whether k stands out of its standard error; it does not where the rays would have to diverge either."""
    return bool(theta[3] >= SURE * error[3])


def camera_of(theta: np.ndarray, middle: np.ndarray) -> MapCamera:
    """theta: o, p, s, then k and k (cu, cv) where they are known; all about the image's middle (2,)."""
    closeness = float(theta[3]) if len(theta) > 3 else 0.0
    cu, cv = (middle + (theta[4:] / closeness if len(theta) > 4 else 0.0)).tolist()
    u, v = (middle + theta[:2]).tolist()
    return MapCamera(float(theta[2]), closeness, (cu, cv), (u, v))


def robust_fit(design: np.ndarray, aim: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solution and its standard errors, (k,) each; rows (2 n, k) are pairs i and n + i, left out together."""
    near, theta, deviation = np.ones(len(aim), bool), np.zeros(design.shape[1]), SMALLEST_PX
    scales = np.linalg.norm(design, axis=0) + 1e-300
    for _ in range(ROUNDS):
        theta = np.linalg.lstsq(design[near] / scales, aim[near], rcond=None)[0] / scales
        residual = np.abs(aim - design @ theta)
        deviation = max(1.4826 * float(np.median(residual)), SMALLEST_PX)
        near = np.tile((residual < OUTLIER * deviation).reshape(2, -1).all(0), 2)
    inverse = np.linalg.pinv((design[near] / scales).T @ (design[near] / scales))
    return theta, deviation * np.sqrt(np.diag(inverse)) / scales


def pinhole(seen: MapCamera, size: int) -> tuple[Camera, np.ndarray]:
    """The camera of a map, and the place (3,) mm of the map's origin in its frame; parallel rays become far ones."""
    distance = 1 / max(seen.closeness, 1 / FARTHEST_MM)
    centre = np.array(seen.centre_px)
    across = (np.array(seen.origin_px) - centre) / seen.scale_px * (1, -1)
    return Camera(seen.scale_px * distance, seen.centre_px, size), np.array([*across, -distance])


def in_photo(camera: Camera, framing: Framing) -> tuple[Camera, np.ndarray]:
    """The camera of the whole photo, from that of its upright crop, and the turn (3, 3) of places that goes with it."""
    return through(camera, framing.to_photo(camera.size_px), camera.size_px)


def through(camera: Camera, change: Similarity, size_px: int) -> tuple[Camera, np.ndarray]:
    """The camera whose pixels are `change` of another's, and the turn (3, 3) of places that goes with it."""
    u, v = change(np.array(camera.centre_px))
    turn = np.eye(3)
    turn[:2, :2] = change.rotation.T  # the image's v points down, the frame's y up
    return Camera(camera.focal_px * change.scale, (float(u), float(v)), size_px), turn
