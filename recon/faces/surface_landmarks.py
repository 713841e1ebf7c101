"""Landmarks between the vertices of a mesh, and those of the jaw's outline, which slide as a head turns."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

OUTLINE = 17  # the first landmarks: the jaw's outline


@dataclass(frozen=True, eq=False)
class SurfaceLandmarks:
    """The 68 landmarks as places in triangles, Multi-PIE order.

    Attributes:
        corners: (68, 3) int64 vertex ids, and barycentric: (68, 3) float32 in them.
        outline_corners: (79, 17, 3) int64 and outline_barycentric (79, 17, 3) float32: where the outline of a turned
            head lies, by whole degrees of yaw: 0 to 39, then -1 to -39 (FLAME's table; a positive angle turns the
            head's nose to its left, about +y). None where it does not slide.
    """

    corners: Tensor
    barycentric: Tensor
    outline_corners: Tensor | None = None
    outline_barycentric: Tensor | None = None

    def points(self, vertices: Tensor, yaw_deg: float = 0.0) -> Tensor:
        """(68, 3) of a mesh (n, 3), in its unit; yaw_deg: of the head toward the camera, 0 the outline at rest."""
        corners, weights = self.corners, self.barycentric
        if self.outline_corners is not None and self.outline_barycentric is not None and yaw_deg:
            row = self.row(yaw_deg)
            corners, weights = corners.clone(), weights.clone()
            corners[:OUTLINE], weights[:OUTLINE] = self.outline_corners[row], self.outline_barycentric[row]
        return (vertices[corners] * weights[..., None]).sum(1)

    def row(self, yaw_deg: float) -> int:
        """Row of the outline's table for an angle, the greatest one beyond it.

        >>> [SurfaceLandmarks(None, None).row(angle) for angle in (0, 12.4, 60, -1, -60)]
        [0, 12, 39, 40, 78]
        """
        angle = max(-39, min(39, round(yaw_deg)))
        return angle if angle >= 0 else 39 - angle
