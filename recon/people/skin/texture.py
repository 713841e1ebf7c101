# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportAssignmentType=false
"""Skin from photos: T = mu + A alpha in log albedo on a face model's atlas, with detail mixed from several people.

A drawn texture is the pattern of a skin, relative to the colour of the whole: what `paint` gives is multiplied by its
exponential. A space is learnt by `recon.skins`; here it is read and drawn from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import warp as wp
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

from recon import assets
from recon.errors import UserError
from recon.faces.model import FaceModel
from recon.files import whole_file
from recon.people.appearance import Appearance
from recon.people.template import Slow, Template, slow_values
from recon.texts import json_of

PAINTED = "painted"  # no texture
BUNDLED, BUNDLED_FILE = "photos", "skin.safetensors"
SIDE = 256  # texels of a drawn texture along each axis
ALPHA_LIMIT = 2.2  # standard deviations, as identities are cut
MIXED = 4  # people whose detail a skin has
PATCHES = 5  # along each axis of the masks that mix them
PATCH_STRENGTH = 0.9
SHARPER = 0.8  # more of detail's luminance: reading photos and drawing textures both blunt it
FADE = 0.06  # of the side: over which a texture ends before the atlas does
STEPS = 127.0  # of stored detail, either way
OUTSIDE = -1e6  # u of a vertex that the atlas does not hold: no interpolation comes back from there
TENSORS = ("mean", "modes", "detail", "detail_scale", "cover")
MODEL = "default"  # whose atlas it is

wp.set_module_options({"enable_backward": False})


@dataclass(frozen=True)
class SkinTexture:
    """The texture that a person has: seed's draw from a file of `recon learn-textures`, or from the bundled one,
    "photos"."""

    file: str
    seed: int


def draw_texture(file: str | None, key: tuple[int, ...]) -> SkinTexture | None:
    """A person's texture from the file that a setting names, drawn by a stream's key; None where skin is painted."""
    if file is None or file == PAINTED:
        return None
    return SkinTexture(file, int(np.random.default_rng(key).integers(2**31)))


@dataclass(frozen=True, eq=False)
class SkinSpace:
    """Patterns of skins in log albedo, 0 where skin has its own mean colour; row 0 of a picture has the highest v.

    Attributes:
        mean: (h, h / 2, 3) float32, the left half, of which the right one is the mirror image.
        modes: (k, h, h / 2, 3) float32, for one standard deviation.
        detail: (m, SIDE, SIDE, 3) int8, fine patterns of m people; detail_scale: (m,) float32 of a unit of it.
        cover: (SIDE, SIDE) uint8, how far the texture replaces paint, 255 wholly.
        card: where it comes from.
    """

    mean: np.ndarray
    modes: np.ndarray
    detail: np.ndarray
    detail_scale: np.ndarray
    cover: np.ndarray
    card: Mapping[str, Any]

    def smooth(self, alpha: np.ndarray) -> np.ndarray:
        """(SIDE, SIDE, 3) float32 pattern of coefficients alpha (k,), without detail."""
        half = self.mean + np.tensordot(alpha.astype(np.float32), self.modes, 1)
        return fine(np.concatenate([half, half[:, ::-1]], 1))

    def mixed_detail(self, rng: np.random.Generator) -> np.ndarray:
        """(SIDE, SIDE, 3) float32: the fine patterns of MIXED people or fewer, mirrored or not, each foremost in some
        patches; as strong as one's own, if they are independent."""
        people = rng.permutation(len(self.detail))[:MIXED]
        fields = rng.standard_normal((len(people), PATCHES, PATCHES)).astype(np.float32)
        weights = np.exp(PATCH_STRENGTH * np.stack([fine(field) for field in fields]))
        weights /= np.sqrt((weights**2).sum(0))
        total = np.zeros((SIDE, SIDE, 3), np.float32)
        for person, weight in zip(people, weights, strict=True):
            own = self.detail[person].astype(np.float32) * self.detail_scale[person]
            total += weight[..., None] * (own[:, ::-1] if rng.random() < 0.5 else own)
        return total

    def draw(self, seed: int) -> np.ndarray:
        """(SIDE, SIDE, 3) float32: a pattern, a function of the seed."""
        rng = np.random.default_rng([seed, len(self.modes)])
        alpha = np.clip(rng.standard_normal(len(self.modes)), -ALPHA_LIMIT, ALPHA_LIMIT)
        detail = self.mixed_detail(rng)
        pattern = self.smooth(alpha) + (detail + np.float32(SHARPER) * detail.mean(-1, keepdims=True))
        return pattern * (self.cover[..., None] / np.float32(255))


def fine(values: np.ndarray) -> np.ndarray:
    """A picture (h, w, ...) at SIDE texels, smoothly."""
    return np.asarray(cv2.resize(values, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.float32)


def write_space(file: Path, space: SkinSpace) -> None:
    """Store a space in one safetensors file, its card as JSON beside the tensors."""
    tensors = {name: getattr(space, name) for name in TENSORS}
    tensors |= {name: tensors[name].astype(np.float16) for name in ("mean", "modes")}
    with whole_file(file) as temporary:
        whole = save(
            {name: np.ascontiguousarray(values) for name, values in tensors.items()},
            {"card": json.dumps(space.card, sort_keys=True)},  # one entry: several come in any order
        )
        temporary.write_bytes(whole)  # safetensors' own file writer hides which OSError it met


def path_of(file: str) -> Path:
    """The file that a setting names.

    Raises:
        UserError: it is not there.
    """
    if file == BUNDLED:
        return assets.path(BUNDLED_FILE)
    if not Path(file).is_file():
        raise UserError(f"skin_texture {file}: there is no such file; give one of `recon learn-textures`")
    return Path(file)


def texture_key(file: str | None) -> dict[str, str]:
    """What a dataset's manifest says of a scene file's `skin_texture`: 16 hexadecimal digits of the file, nothing where
    skin is painted.

    Raises:
        UserError: the file is not there.
    """
    if file is None or file == PAINTED:
        return {}
    return {"skin_texture": hashlib.sha256(path_of(file).read_bytes()).hexdigest()[:16]}


@lru_cache(maxsize=4)
def read_space(file: str) -> SkinSpace:
    """The space of a file, or of the bundled one, "photos".

    Raises:
        UserError: it is missing, broken or of another kind.
    """
    path = path_of(file)
    try:
        with safe_open(str(path), "np") as stored:
            said = stored.metadata() or {}
            tensors = {name: stored.get_tensor(name) for name in TENSORS}
        card = json_of(said["card"])
        shapes = {name: one.shape for name, one in tensors.items()}
        if any(not np.isfinite(one).all() for one in tensors.values() if one.dtype.kind == "f"):
            raise ValueError("it holds what are no numbers")
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise UserError(f"{path} is no skin of `recon learn-textures` ({error}): give a file that it wrote") from None
    count, wanted = shapes["detail"][:1], (SIDE, SIDE, 3)
    fits = shapes["detail"] == (*count, *wanted) and shapes["detail_scale"] == count and shapes["cover"] == wanted[:2]
    fits = fits and len(shapes["mean"]) == 3 and shapes["mean"][2] == 3 and shapes["modes"][1:] == shapes["mean"]
    if not fits or 0 in shapes["detail"] + shapes["mean"]:
        raise UserError(f"{path} holds skins of another version: learn them again with `recon learn-textures`")
    tensors |= {name: tensors[name].astype(np.float32) for name in ("mean", "modes")}
    return SkinSpace(**tensors, card=card)


@dataclass(frozen=True, eq=False)
class SkinLaid:
    """A drawn texture on a model of n vertices.

    Attributes:
        place: (n, 3) float32, texels right and down, and how far it covers in [0, 1]; OUTSIDE beyond the atlas.
        factor: (SIDE, SIDE, 3) float32, by which albedo is multiplied.
    """

    place: Tensor
    factor: Tensor


def laid_texture(model: FaceModel, texture: SkinTexture) -> SkinLaid:
    """A person's texture on a model.

    Raises:
        UserError: the model has another atlas, or the file can't be read.
    """
    space = read_space(texture.file)
    return SkinLaid(places_on(model, texture.file), torch.from_numpy(np.exp(space.draw(texture.seed))))


def evened(template: Template, who: Appearance, slow: Tensor, place: Tensor) -> Tensor:
    """`slow_values` (n, len(Slow)) of a person with a texture at `place` (n, 3). Where it covers, skin has one colour:
    blotches, blushes and shades under the eyes are the texture's."""
    still = template.fields["bags"].new_zeros(len(slow))
    plain = replace(template, fields=template.fields | {"bags": still})
    even, columns = slow_values(plain, replace(who, blotch=0.0, blush=0.0)), [Slow.MELANIN, Slow.HAEMOGLOBIN]
    slow[:, columns] = torch.lerp(slow[:, columns], even[:, columns], place[:, 2:])
    return slow


@lru_cache(maxsize=4)
def places_on(model: FaceModel, file: str) -> Tensor:
    """`SkinLaid.place` of a model."""
    if model.name != MODEL:
        raise UserError(f"skin_texture needs the face model '{MODEL}': '{model.name}' has another atlas")
    cover = read_space(file).cover.astype(np.float32) / 255
    uv = model.uv.numpy()
    known = np.isfinite(uv).all(1)
    column, row = uv[:, 0] * SIDE - 0.5, (1 - uv[:, 1]) * SIDE - 0.5
    at = [np.clip(np.nan_to_num(x).round().astype(int), 0, SIDE - 1) for x in (row, column)]
    places = np.stack([np.where(known, column, OUTSIDE), np.where(known, row, OUTSIDE), known * cover[at[0], at[1]]], 1)
    return torch.from_numpy(places.astype(np.float32))


@wp.func
def texture_at(place: wp.vec3, factors: wp.array2d(dtype=wp.vec3)) -> wp.vec4:
    """A texture's factors and cover at a `SkinLaid.place`, between the nearest texels; 1 and 0 beyond the atlas."""
    if place[0] < -1.0 or place[1] < -1.0:
        return wp.vec4(1.0, 1.0, 1.0, 0.0)
    last = factors.shape[0] - 1
    u, v = wp.clamp(place[0], 0.0, float(last)), wp.clamp(place[1], 0.0, float(last))
    j, i = wp.min(int(u), last - 1), wp.min(int(v), last - 1)
    right, down = u - float(j), v - float(i)
    upper = wp.lerp(factors[i, j], factors[i, j + 1], right)
    lower = wp.lerp(factors[i + 1, j], factors[i + 1, j + 1], right)
    factor = wp.lerp(upper, lower, down)
    return wp.vec4(factor[0], factor[1], factor[2], place[2])
