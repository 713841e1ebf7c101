"""Pinhole cameras in the one convention of this project (see `recon.geometry`)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Camera:
    """A pinhole camera with square pixels and no skew, at the origin, looking down -z.

    Attributes:
        focal_px: focal length in pixels.
        centre_px: (2,) principal point (u, v) in pixels; pixel centres lie at +0.5.
        size_px: width and height of the square image.
    """

    focal_px: float
    centre_px: tuple[float, float]
    size_px: int

    @classmethod
    def from_fov(cls, fov_deg: float, size_px: int) -> Camera:
        """A centred camera whose image spans `fov_deg` degrees."""
        half = torch.tan(torch.deg2rad(torch.tensor(fov_deg / 2, dtype=torch.float64))).item()
        return cls(size_px / 2 / half, (size_px / 2, size_px / 2), size_px)

    def scaled(self, factor: float) -> Camera:
        """The same view on a grid `factor` times as fine."""
        u, v = self.centre_px
        return Camera(self.focal_px * factor, (u * factor, v * factor), round(self.size_px * factor))

    def project(self, points: Tensor) -> Tensor:
        """(..., 3) mm in the camera frame -> (..., 2) pixels, u right and v down."""
        return self.project_with_distance(points)[..., :2]

    def project_with_distance(self, points: Tensor) -> Tensor:
        """(..., 3) mm -> (..., 3): u, v in pixels and the distance -z in mm, as `rasterize` takes it."""
        distance = -points[..., 2]
        u = self.centre_px[0] + self.focal_px * points[..., 0] / distance
        v = self.centre_px[1] - self.focal_px * points[..., 1] / distance
        return torch.stack([u, v, distance], dim=-1)

    def unproject(self, z_mm: Tensor) -> Tensor:
        """(H, W) camera-frame z (negative, mm) at pixel centres -> (H, W, 3) places in mm."""
        height, width = z_mm.shape
        u = torch.arange(width, dtype=z_mm.dtype, device=z_mm.device) + 0.5
        v = torch.arange(height, dtype=z_mm.dtype, device=z_mm.device) + 0.5
        x = (u[None, :] - self.centre_px[0]) / self.focal_px * -z_mm
        y = -(v[:, None] - self.centre_px[1]) / self.focal_px * -z_mm
        return torch.stack([x, y, z_mm], dim=-1)
