"""Photos' own skin, brows and lips on rendered faces, so that a network learns from real texture with exact labels.

A texture was read off a photo through a network's correspondence (`reconstruction.photo_textures`). Laid on a render
through the true one, and lit anew by the true normals, it is as real as the photo and as exact as the render; where the
network misplaced it by some millimetres, a brow lies that far from its bone, as brows do. The photo's own light stays
in the texture. The mouth is the render's own: photographed people smile, and teeth laid on closed lips would teach that
teeth are skin.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from recon.arrays import read_npy
from recon.errors import UserError

ROWS, COLUMNS = 128, 144  # of a texture: height, and azimuth about an axis within the head
AXIS_DEPTH = 0.3  # of the axis, in the canonical box: ears lie behind it
WIDEST = 2.1  # radians of azimuth at the texture's sides
GAMMA = 2.2
MOUTH, MOUTH_REACH = (0.5, 0.263), (0.21, 0.1)  # canonical x and y: its middle, and an ellipse about it and its lips
BORDER_PX = 5  # over which a texture fades into the skin around the face


def atlas_place(canonical: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Where in a texture canonical places x, y, z lie: across and down, in [-1, 1]."""
    x, y, z = canonical
    return torch.atan2(x - 0.5, z - AXIS_DEPTH) / WIDEST, 1 - 2 * y


def read_textures(path: Path) -> Tensor:
    """(n, 3, ROWS, COLUMNS) uint8 sRGB that `recon textures` wrote.

    Raises:
        UserError: the file is missing, or something else.
    """
    try:
        textures = read_npy(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} can't be read ({error}): give a file that `recon textures` wrote") from None
    if textures.dtype != np.uint8 or textures.shape[1:] != (3, ROWS, COLUMNS) or not len(textures):
        raise UserError(f"{path} holds no textures of this version: give a file that `recon textures` wrote")
    return torch.from_numpy(textures)


def retexture(batch: dict[str, Tensor], textures: Tensor, share: float, seed: int, step: int) -> dict[str, Tensor]:
    """A `share` of the batch's faces with photos' textures, under one directed light and an even one.

    Args:
        batch: rgb, mask, correspondence and normals as `MapsTarget` gives them, maps coarser than the image too, and
            visible where the mask is of the whole face: hair and glasses before it stay. Only rgb changes.
        textures: (n, 3, H, W) uint8 sRGB.
        seed, step: what is drawn is a function of them.
    """
    draws = np.random.default_rng((seed, step, 1))
    chosen = np.flatnonzero(draws.random(len(batch["rgb"])) < share)
    if not len(chosen):
        return batch
    count = len(chosen)
    mask = batch.get("visible", batch["mask"])[chosen]
    mask, correspondence, normals = fine_maps(
        mask, batch["correspondence"][chosen], batch["normals"][chosen], batch["rgb"].shape[-1]
    )
    place = torch.stack(atlas_place(correspondence.unbind(1)), -1)
    skins = textures[draws.integers(len(textures), size=count)].float() / 255
    laid = F.grid_sample(skins, place, padding_mode="border", align_corners=False) ** GAMMA

    def drawn(low: float, high: float) -> Tensor:
        return torch.from_numpy(draws.uniform(low, high, (count, 1, 1, 1)).astype(np.float32))

    toward = draws.normal(0, 1, (count, 3)) * (0.8, 0.5, 0) + (0, 0.25, 1)
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    facing = (normals * torch.from_numpy(toward.astype(np.float32))[..., None, None]).sum(1, keepdim=True)
    laid = laid * (drawn(0.3, 1) + drawn(0, 0.8) * facing.clamp(min=0))
    # The skin about it is the render's: most of the way to its colour, or the seam would tell.
    linear = batch["rgb"][chosen] ** GAMMA
    area = mask.sum((2, 3), keepdim=True).clamp(min=1)
    means = [(values * mask).sum((2, 3), keepdim=True) / area for values in (linear, laid)]
    laid = laid * (means[0] / means[1].clamp(min=1e-3)) ** drawn(0.5, 1)
    soft = F.avg_pool2d(mask, BORDER_PX, 1, BORDER_PX // 2) * mask * beside_mouth(correspondence)
    rgb = batch["rgb"].clone()
    rgb[chosen] = torch.lerp(linear, laid, soft).clamp(0, 1) ** (1 / GAMMA)
    return {**batch, "rgb": rgb}


def fine_maps(mask: Tensor, correspondence: Tensor, normals: Tensor, side: int) -> tuple[Tensor, Tensor, Tensor]:
    """The three maps at `side` px: between the pixels that the mask holds; as they are where they have that side."""
    if mask.shape[-1] == side:
        return mask, correspondence, normals

    def finer(values: Tensor) -> Tensor:
        return F.interpolate(values, size=(side, side), mode="bilinear", align_corners=False)

    share = finer(mask)
    inside = share.clamp(min=1e-3)
    return (share > 0.5).to(mask.dtype), finer(correspondence * mask) / inside, finer(normals * mask) / inside


def beside_mouth(correspondence: Tensor) -> Tensor:
    """(B, 1, H, W): 0 at the mouth, 1 away from it. correspondence: (B, 3, H, W)."""
    across, up = ((correspondence[:, [i]] - MOUTH[i]) / MOUTH_REACH[i] for i in (0, 1))
    return ((across**2 + up**2).sqrt() * 2.5 - 2).clamp(0, 1)
