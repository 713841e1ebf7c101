"""Pieces of surface beside the face model's own: hair, glasses, headwear, things in front of a face."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Part:
    """One piece, placed on a drawn head; float32 tensors unless said otherwise.

    Attributes:
        region: index into `recon.faces.model.REGIONS`; what its pixels are called in the labels.
        vertices: (n, 3) mm in the head's frame (the face model's own: x to its left, y up, z forward), unposed.
        triangles: (f, 3) int32, counter-clockwise seen from outside; thin things need both sides.
        normals: (n, 3) unit, for shading.
        albedo: (n, 3) linear RGB in [0, 1].
        tangents: (n, 3) unit along the strand, zero where the surface is no hair: shaded by its normal alone.
        gloss: strength of the highlight, 1 as skin's. roughness: its width, (0, 1].
        transmission: share of light that passes straight through, tinted by `albedo`: 0 opaque, 1 clear glass.
    """

    region: int
    vertices: Tensor
    triangles: Tensor
    normals: Tensor
    albedo: Tensor
    tangents: Tensor
    gloss: float
    roughness: float
    transmission: float = 0.0
