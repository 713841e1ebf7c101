"""Linear texture spaces, T = mu + A alpha: a colour a vertex (BFM), or a picture on the model's own atlas (FLAME)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from recon.errors import UserError
from recon.faces.unpickling import Unfit, read_contents


@dataclass(frozen=True, eq=False)
class TextureSpace:
    """Colours of a model's faces.

    Attributes:
        mean: (n, 3) or (S, S, 3) float32, sRGB in [0, 1], row 0 of a picture on top.
        basis: (t, ...) float32 of the same shape, for one standard deviation.
        uv: (v, 2) float32, u right and v up, and uv_triangles: (f, 3) int64 into it, a row a triangle of the model; of
            a picture alone.
    """

    mean: Tensor
    basis: Tensor
    uv: Tensor | None = None
    uv_triangles: Tensor | None = None

    def colours(self, alpha: Tensor) -> Tensor:
        """(..., 3) float32: of coefficients alpha (k,), k at most t; not clipped, so that gradients stay."""
        return self.mean + torch.tensordot(alpha, self.basis[: len(alpha)], 1)


def read_flame_texture(file: Path) -> TextureSpace:
    """`FLAME_texture.npz`: mean (S, S, 3) and tex_dir (S, S, 3, t), blue first, 0 to 255; vt (v, 2); ft (f, 3).

    Raises:
        UserError: it is missing, broken or of another kind.
    """
    try:
        content = read_contents(file)
        mean, basis, uv, triangles = (np.asarray(content[name]) for name in ("mean", "tex_dir", "vt", "ft"))
    except (Unfit, OSError, KeyError, TypeError, IndexError) as error:
        raise UserError(f"{file} can't be read as FLAME's textures ({error}): give FLAME_texture.npz") from None
    if any(one.dtype.kind not in "fiu" or not np.isfinite(one).all() for one in (mean, basis, uv, triangles)):
        raise UserError(f"{file} holds what are no numbers: give FLAME_texture.npz")
    if mean.ndim != 3 or mean.shape[2] != 3 or basis.shape[:3] != mean.shape or basis.ndim != 4:
        raise UserError(f"{file} has a mean of {mean.shape} and modes of {basis.shape}: give FLAME_texture.npz")
    atlas = uv.ndim == 2 and uv.shape[1] == 2 and triangles.ndim == 2 and triangles.shape[1] == 3 and triangles.size
    if not atlas or not 0 <= triangles.min() <= triangles.max() < len(uv):
        raise UserError(f"{file} has no atlas vt and ft: give FLAME_texture.npz")
    modes = np.moveaxis(basis[:, :, ::-1].astype(np.float32), 3, 0) / np.float32(255)
    return TextureSpace(
        torch.from_numpy(mean[..., ::-1].astype(np.float32) / 255),
        torch.from_numpy(modes),
        torch.from_numpy(uv.astype(np.float32)),
        torch.from_numpy(triangles.astype(np.int64)),
    )
