"""Equation 7 between two answers of DECA: how far the coarse vertices moved in the image."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from recon.faces import load
from recon.methods.deca.geometry import DecaGeometry, mm_per_px
from recon.methods.difference import POSITION_SCALE_MM


def vertex_difference(before: DecaGeometry, after: DecaGeometry, emphasis: Tensor | None = None) -> Tensor:
    """|Net(x) - Net(G(x))|_1 of the face region's vertices: `Reconstructor.difference`, which see. () float.

    The norm is a sum over x, y and depth, in units of 100 mm at the scale that `before` says; its mean is over the
    vertices, hidden ones included. Depth is told from the nasion, as the camera knows none. emphasis (B, 1, H, W)
    float: each vertex counts as much as the pixel does in which `before` sees it; beyond the image as much as its
    border.
    """
    assert before.mesh is not None and after.mesh is not None and before.maps is not None
    side = before.maps.mask.shape[-1]
    model = load(before.mesh.topology)
    face = model.triangles[model.face].unique().long().to(before.places_px.device)
    nasion = model.landmarks[27]
    one, other = (answer.places_px - answer.places_px[:, nasion, None] * answer.places_px.new_tensor([0.0, 0.0, 1.0])
                  for answer in (before, after))  # fmt: skip
    unit_px = POSITION_SCALE_MM / mm_per_px(before.codes, side).detach()
    apart = (other - one)[:, face].float().abs().sum(2) / unit_px[:, None]  # (B, v)
    if emphasis is None:
        return apart.mean()
    places = one[:, face, :2].detach() * (2 / side) - 1
    weight = F.grid_sample(emphasis.to(apart), places[:, None], padding_mode="border", align_corners=False)[:, 0, 0]
    return (apart * weight).mean()
