"""The teeth of a model, numbered along the dental arch.

Where a model has one band of teeth for each jaw, teeth and gums are painted on it; where it has single teeth, their
place in the row is what its own geometry says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel

WIDTHS_MM = ((8.5, 6.6, 7.6, 7.0, 6.8, 10.0, 9.8), (5.4, 5.9, 6.9, 7.0, 7.1, 11.0, 10.5))  # upper, lower, from middle
GUM_MM = 4.0  # what lies so near to teeth, and is neither cheek nor tongue, is gum
LOWER = 100.0  # added to the number of a tooth of the lower jaw


@dataclass(frozen=True)
class Teeth:
    """What is fixed of the inside of a model's mouth.

    Attributes:
        place: (n, 4) float32: number of the tooth along the arch, whole at the gaps (0 the middle, negative to the
            model's right; 100 is added for the lower jaw); mm from the biting edge to the root; membership of gums; of
            the tongue. Zero elsewhere.
        painted: whether gaps and gums have to be painted on one band for each jaw.
        front_mm: z of the foremost tooth on the template.
    """

    place: Tensor
    painted: bool
    front_mm: float


def teeth_of(model: FaceModel) -> Teeth:
    """Number the teeth of a model."""
    low, high = model.canonical_box_mm
    template = model.canonical * (high - low) + low
    piece = pieces(model)
    teeth = model.region == REGIONS.index("teeth")
    inside = model.region == REGIONS.index("mouth_inside")
    place = torch.zeros(len(model.mean), 4)
    if not teeth.any():
        return Teeth(place, False, 0.0)
    of_teeth = piece[teeth].unique()
    middles = torch.stack([model.mean[piece == p, 1].mean() for p in of_teeth])
    upper_ids = of_teeth[middles > middles.mean()]
    painted = len(of_teeth) == 2
    for jaw, (widths, sign) in enumerate(zip(WIDTHS_MM, (1.0, -1.0), strict=True)):
        row = of_teeth[~torch.isin(of_teeth, upper_ids)] if jaw else upper_ids
        ids = torch.isin(piece, row).nonzero()[:, 0]
        along = arch_mm(model.mean[ids])
        if painted:
            number = numbered(along, widths)
        else:
            number = torch.empty_like(along)
            for one in row:
                here = piece[ids] == one
                first = along[here].min()
                number[here] = (along[here] - first) / (along[here].max() - first)
            left = sorted((float(along[piece[ids] == one].mean()), int(one)) for one in row)
            below = sum(middle < 0 for middle, _ in left)
            for k, (_, one) in enumerate(left):
                number[piece[ids] == one] += k - below
        height = sign * model.mean[ids, 1]
        place[ids, 0] = number + LOWER * jaw
        place[ids, 1] = height - edge_height(along, height)
    near = torch.cdist(model.mean[inside], model.mean[teeth]).amin(1)
    gum = ((GUM_MM + 1.5 - near) / 3.0).clamp(0, 1)
    ids = inside.nonzero()[:, 0]
    # Cheeks and lips belong to the head's own piece; a separate tongue has no gum on it.
    loose = piece[ids] != piece[model.landmarks[0]]
    with_gums = torch.zeros(len(ids), dtype=torch.bool) if painted else loose
    tongue = loose & (model.mean[ids, 1] < model.mean[teeth, 1].mean() + 4.0) & (model.mean[ids, 0].abs() < 24.0)
    place[ids, 2] = gum * with_gums
    place[ids, 3] = tongue.float() * (1 - place[ids, 2])
    return Teeth(place, painted, float(template[teeth, 2].max()))


def pieces(model: FaceModel) -> Tensor:
    """(n,) int64 number of the connected piece that each vertex belongs to."""
    label = torch.arange(len(model.mean))
    corners = model.triangles.long()
    while True:
        least = label[corners].amin(1)
        new = label.scatter_reduce(0, corners.flatten(), least.repeat_interleave(3), "amin")
        new = new[new]  # jumps along what is joined already
        if torch.equal(new, label):
            return label
        label = new


def arch_mm(points: Tensor) -> Tensor:
    """(k,) mm along the dental arch from its middle, to the model's left positive; points (k, 3) of one jaw."""
    back = points[:, 2].min()
    angle = torch.atan2(points[:, 0], points[:, 2] - back)
    radius = (points[:, 0] ** 2 + (points[:, 2] - back) ** 2).sqrt()
    bins = 24
    which = (angle.abs() / (torch.pi / 2) * bins).long().clamp(max=bins - 1)
    outer = torch.zeros(bins).scatter_reduce(0, which, radius, "amax")
    for k in range(bins):  # the mesh may have no vertex there
        if outer[k] == 0:
            outer[k] = outer[k - 1] if k else outer.max()
    middle = (torch.arange(bins) + 0.5) / bins * (torch.pi / 2)
    curve = torch.stack([outer * middle.sin(), outer * middle.cos()], 1)
    curve = torch.cat([torch.tensor([[0.0, float(outer[0])]]), curve])
    length = torch.cat([torch.zeros(1), (curve[1:] - curve[:-1]).norm(dim=1).cumsum(0)])
    knots = torch.cat([torch.zeros(1), middle])
    found = np.interp(angle.abs().numpy(), knots.numpy(), length.numpy()).astype(np.float32)
    return torch.from_numpy(found) * torch.sign(angle)


def numbered(along: Tensor, widths: tuple[float, ...]) -> Tensor:
    """Places in mm from the middle -> number of the tooth, whole at the gaps."""
    ends = np.concatenate([[0.0], np.cumsum(widths)])
    number = np.interp(along.abs().numpy(), ends, np.arange(len(ends), dtype=np.float64)).astype(np.float32)
    return torch.from_numpy(number) * torch.sign(along)


def edge_height(along: Tensor, height: Tensor) -> Tensor:
    """(k,) height of the biting edge at each place: the least one near by, smoothed; height grows to the root."""
    distance = (along[:, None] - along[None]).abs()
    least = torch.where(distance < 5.0, height[None], torch.inf).amin(1)
    weight = torch.exp(-((distance / 5.0) ** 2))
    return (weight @ least) / weight.sum(1)
