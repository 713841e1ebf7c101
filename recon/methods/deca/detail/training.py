"""How DECA's detail stage is trained: what it learns of a record, its losses, and what a run shows of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.utils import make_grid

from recon.methods.base import device_of
from recon.methods.deca.codes import Codes, with_expressions
from recon.methods.deca.detail.config import DetailConfig, DetailLossConfig
from recon.methods.deca.detail.features import features_of
from recon.methods.deca.detail.losses import displacement_loss, height_loss, mrf_loss, symmetry_loss
from recon.methods.deca.detail.network import DetailedDeca
from recon.methods.deca.detail.surface import detailed_picture, texels_of
from recon.methods.deca.face import face_of
from recon.methods.deca.losses import photometric_loss
from recon.methods.deca.training import next_of_person
from recon.methods.registry import Batch, Method
from recon.render.differentiable.render import Rendered
from recon.synthesis.targets import SkinTarget

SHEET_ROWS = 8
SHOWN_MM = 2.0  # of displacement, from grey to white in the sheet


def target(config: DetailConfig, amodal: bool) -> SkinTarget:
    """As the coarse stage's, and the height of furrows."""
    return SkinTarget(config.size, config.coarse.model, height_px=config.texture_px)


def losses(network: DetailedDeca, batch: Batch, weights: DetailLossConfig) -> dict[str, Tensor]:
    """The weighted terms of a batch, by name."""
    codes, detail = told(network, batch), network(batch["rgb"])
    displacement = network.displacement(detail, codes)
    terms = image_losses(network, codes, displacement, batch, weights)
    if weights.consistency and "person" in batch:
        other = next_of_person(batch["person"])
        several = (other != torch.arange(len(other), device=other.device)).nonzero()[:, 0]
        if len(several):
            own = codes.rows(several)
            swapped = network.displacement(detail[other[several]], own)
            again = image_losses(network, own, swapped, {k: v[several] for k, v in batch.items()}, weights)
            terms["consistency"] = weights.consistency * sum(again.values(), displacement.new_zeros(()))
    seen = seen_texels(network, displacement.device)
    terms["symmetry"] = weights.symmetry * symmetry_loss(displacement, seen * seen.flip(1))
    terms["displacement"] = weights.displacement * displacement_loss(displacement, seen)
    return terms


def seen_texels(network: DetailedDeca, device: torch.device) -> Tensor:
    """(T, T) float 0/1, V_uv: the texels of the displacement that show the face."""
    return texels_of(network.config.coarse, network.config.texture_px, device).mask.float()


def told(network: DetailedDeca, batch: Batch) -> Codes:
    """The coarse stage's codes with the true expressions and jaws of drawn people, where a batch knows them: wrinkles
    follow what a face does, of which the coarse stage sees a part."""
    codes, expression = network.codes(batch["rgb"]), batch.get("expression")
    if expression is None:
        return codes
    return with_expressions(network.config.coarse, codes, expression)


def image_losses(
    network: DetailedDeca, codes: Codes, displacement: Tensor, batch: Batch, weights: DetailLossConfig
) -> dict[str, Tensor]:
    """The weighted terms that compare displacements with true heights, and a batch's images with detailed pictures."""
    terms, image = {}, batch["rgb"]
    if weights.height:
        seen = seen_texels(network, image.device)
        terms["height"] = weights.height * height_loss(displacement, batch["height"], seen)
    if not (weights.photometric or (weights.mrf and weights.features)):
        return terms
    picture = picture_of(network, codes, displacement, image.shape[-1])
    skin = batch["mask"] * picture.mask
    terms["photometric"] = weights.photometric * photometric_loss(picture.rgb, image, skin)
    if weights.mrf and weights.features:
        features = features_of(weights.features, image.device)
        with torch.no_grad():
            wanted = features(image * skin)
        terms["mrf"] = weights.mrf * mrf_loss(features(picture.rgb * skin), wanted)
    return terms


def picture_of(network: DetailedDeca, codes: Codes, displacement: Tensor | None, side: int) -> Rendered:
    """The detailed picture, `detailed_picture`; None: the coarse one."""
    config = network.config.coarse
    face = face_of(config, codes.shape.device)
    vertices = face.vertices_mm(codes)
    if displacement is None:
        return face.picture(vertices, codes, side)
    return detailed_picture(config, codes, vertices, displacement, side)


@torch.no_grad()
def scores(network: DetailedDeca, held_out: Sequence[Batch]) -> dict[str, float]:
    """Quick figures for watching a run.

    photometric         mean difference of colours inside the skin, of 1
    photometric_coarse  the same without displacement
    displacement_mm     mean size of the displacement
    height_share        its mean squared distance from the true heights, where they are known, of that of none
    """
    device, figures, heights = device_of(network), [], []
    for batch in held_out:
        image, skin = batch["rgb"].to(device), batch["mask"].to(device)
        codes, detail = network.codes(image), network(image)
        displacement, mask = network.displacement(detail, codes), seen_texels(network, device)
        figures.append([])
        for one in (displacement, None):
            seen = picture_of(network, codes, one, image.shape[-1])
            figures[-1].append(float(photometric_loss(seen.rgb, image, skin * seen.mask)))
        figures[-1].append(float(displacement_loss(displacement, mask)))
        true, expression = (batch[name].to(device) for name in ("height", "expression"))
        acted = network.displacement(detail, with_expressions(network.config.coarse, codes, expression))
        heights.append([float(height_loss(one, true, mask)) for one in (acted, torch.zeros_like(acted))])
    means = torch.tensor(figures).mean(0).tolist()
    off, none = torch.tensor(heights).sum(0).tolist()
    names = ("photometric", "photometric_coarse", "displacement_mm", "height_share")
    return dict(zip(names, (*means, off / none if none else float("nan")), strict=True))


@torch.no_grad()
def sheet(network: DetailedDeca, batch: Batch) -> Tensor:
    """(3, H, W) float [0, 1]: a row an image; then the coarse and the detailed shape in plain light, the detailed
    picture over the image, and the displacement, grey where there is none."""
    rgb = batch["rgb"][:SHEET_ROWS].to(device_of(network))
    side, codes = rgb.shape[-1], network.codes(rgb)
    displacement = network.displacement(network(rgb), codes)
    smooth, seen = (picture_of(network, codes, one, side) for one in (None, displacement))
    shapes = [(0.15 + 0.8 * one.normals[:, 2:].clamp_min(0)) * one.mask for one in (smooth, seen)]
    shown = torch.nn.functional.interpolate(displacement / (2 * SHOWN_MM) + 0.5, (side, side))
    columns = [rgb, *(one.expand(-1, 3, -1, -1) for one in shapes), seen.over(rgb), shown.expand(-1, 3, -1, -1)]
    tiles = torch.stack([column.clamp(0, 1) for column in columns], 1).flatten(0, 1)  # image by image
    return make_grid(tiles, nrow=len(columns), padding=2).cpu()


METHOD = Method(DetailedDeca, target, losses, scores, sheet)
