"""How DECA's coarse stage is trained: what it learns of a record, its losses, and what a run shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import torch
from torch import Tensor
from torchvision.utils import make_grid

from recon.methods.base import device_of
from recon.methods.deca.codes import TURN, Codes
from recon.methods.deca.config import DecaConfig, DecaLossConfig
from recon.methods.deca.embedder import embedder_of
from recon.methods.deca.face import face_of
from recon.methods.deca.losses import (
    codes_loss,
    eye_closure_loss,
    identity_loss,
    landmark_loss,
    lip_distance_loss,
    moved_loss,
    photometric_loss,
    products_of,
    regulariser,
)
from recon.methods.deca.network import Deca
from recon.methods.registry import Batch, Method
from recon.synthesis.targets import SkinTarget

SHEET_ROWS = 8
DOT = torch.tensor([0.1, 1.0, 0.2])


def target(config: DecaConfig, amodal: bool) -> SkinTarget:
    """Landmarks, skin and the model's codes; hidden landmarks are in it, whether `amodal` or not."""
    return SkinTarget(config.size, config.model)


def losses(network: Deca, batch: Batch, weights: DecaLossConfig) -> dict[str, Tensor]:
    """The weighted terms of a batch, by name."""
    codes = network.codes(batch["rgb"])
    terms = image_losses(network.config, codes, batch, weights)
    if weights.consistency and "person" in batch:
        other = next_of_person(batch["person"])
        several = (other != torch.arange(len(other), device=other.device)).nonzero()[:, 0]
        if len(several):
            swapped = codes.with_shape_of(other).rows(several)
            again = image_losses(network.config, swapped, {k: v[several] for k, v in batch.items()}, weights)
            terms["consistency"] = weights.consistency * torch.stack(list(again.values())).sum()
    if weights.truth:
        shapes = products(network.config, codes.shape.device)
        terms["truth"] = weights.truth * codes_loss(codes.shape, batch["identity"], shapes)
        terms["truth_moved"] = weights.truth * moved_loss(*moved(network.config, codes, batch))
    for name in ("shape", "expression", "texture"):
        terms[name] = getattr(weights, name) * regulariser(getattr(codes, name))
    return terms


@lru_cache(maxsize=4)
def products(config: DecaConfig, device: torch.device) -> Tensor:
    """What `codes_loss` measures shapes by, see `products_of`; the same at every step."""
    model = face_of(config, device).model
    return products_of(model.identity_basis, model.mean)


def moved(config: DecaConfig, codes: Codes, batch: Batch) -> tuple[Tensor, Tensor]:
    """(B, n, 3) mm twice: the true shapes with the expressions and jaws of the codes, and with the true expressions,
    whose units may turn the jaw; heads straight."""
    face, still = face_of(config, codes.shape.device), torch.zeros_like(codes.pose[:, :TURN])
    straight = replace(codes, shape=batch["identity"], pose=torch.cat([still, codes.jaw], 1))
    with torch.no_grad():
        true = torch.vmap(face.model.vertices)(batch["identity"], batch["expression"])
    return face.vertices_mm(straight), true


def image_losses(config: DecaConfig, codes: Codes, batch: Batch, weights: DecaLossConfig) -> dict[str, Tensor]:
    """The weighted terms that compare a batch's images with what codes make of them."""
    image, skin = batch["rgb"], batch["mask"]
    side = image.shape[-1]
    face = face_of(config, image.device)
    vertices = face.vertices_mm(codes)
    found, true = face.landmarks(vertices, codes), batch["landmarks_px"] * (2 / side) - 1
    terms = {
        "landmarks": weights.landmarks * landmark_loss(found, true),
        "eye": weights.eye * eye_closure_loss(found, true),
        "lip": weights.lip * lip_distance_loss(found, true),
    }
    embedder = embedder_of(weights.embedder, image.device) if weights.identity and weights.embedder else None
    if weights.photometric or embedder is not None:
        seen = face.picture(vertices, codes, side)
        terms["photometric"] = weights.photometric * photometric_loss(seen.rgb, image, skin * seen.mask)
        if embedder is not None:
            with torch.no_grad():
                wanted = embedder(image)
            terms["identity"] = weights.identity * identity_loss(embedder(seen.over(image)), wanted)
    return terms


def next_of_person(person: Tensor) -> Tensor:
    """(B,) whose pictures they are -> (B,) int64, for each picture the next one of the same person; itself where there
    is none."""
    same = person[:, None] == person[None]
    count = len(person)
    steps = torch.arange(count, device=person.device)[None] - torch.arange(count, device=person.device)[:, None] - 1
    return (steps % count).masked_fill(~same, count).argmin(1)


@torch.no_grad()
def scores(network: Deca, held_out: Sequence[Batch]) -> dict[str, float]:
    """Quick figures for watching a run; `recon.evaluate` has the protocols that count.

    nme_2d                  % mean distance of the 68 landmarks in the image, over the root of the area of their box
    photometric             mean difference of colours inside the skin, of 1
    nme_2d_mean_face,       the same of the mean face, framed as photos are: what is known without looking
    photometric_mean_face
    """
    device, figures = device_of(network), []
    face = face_of(network.config, device)
    for batch in held_out:
        image, skin, true = (batch[name].to(device) for name in ("rgb", "mask", "landmarks_px"))
        box = (true.amax(1) - true.amin(1)).prod(1).sqrt()
        figures.append([])
        for codes in (network.codes(image), network.mean_codes(len(image), device)):
            vertices = face.vertices_mm(codes)
            found = (face.landmarks(vertices, codes) + 1) * (image.shape[-1] / 2)
            seen = face.picture(vertices, codes, image.shape[-1])
            nme = 100 * ((found - true).norm(dim=2).mean(1) / box).mean()
            figures[-1] += [float(nme), float(photometric_loss(seen.rgb, image, skin * seen.mask))]
    means = torch.tensor(figures).mean(0).tolist()
    names = ("nme_2d", "photometric", "nme_2d_mean_face", "photometric_mean_face")
    return dict(zip(names, means, strict=True))


@torch.no_grad()
def sheet(network: Deca, batch: Batch) -> Tensor:
    """(3, H, W) float [0, 1]: a row an image; then its true landmarks, the predicted ones, the shape in plain light,
    the render over the image, and the albedo."""
    rgb, true = (batch[name][:SHEET_ROWS].to(device_of(network)) for name in ("rgb", "landmarks_px"))
    side, face = rgb.shape[-1], face_of(network.config, rgb.device)
    codes = network.codes(rgb)
    vertices = face.vertices_mm(codes)
    found = (face.landmarks(vertices, codes) + 1) * (side / 2)
    seen = face.picture(vertices, codes, side)
    shape = (0.15 + 0.8 * seen.normals[:, 2:].clamp_min(0)) * seen.mask
    columns = [rgb, dotted(rgb, true), dotted(rgb, found), shape.expand(-1, 3, -1, -1), seen.over(rgb), seen.albedo]
    tiles = torch.stack([column.clamp(0, 1) for column in columns], 1).flatten(0, 1)  # image by image
    return make_grid(tiles, nrow=len(columns), padding=2).cpu()


def dotted(rgb: Tensor, marks_px: Tensor) -> Tensor:
    """Images (B, 3, S, S) with a dot at each of (B, 68, 2)."""
    images, last = rgb.clone(), rgb.shape[-1] - 1
    for image, marks in zip(images, marks_px.long().clamp(0, last), strict=True):
        image[:, marks[:, 1], marks[:, 0]] = DOT.to(image)[:, None]
    return images


METHOD = Method(Deca, target, losses, scores, sheet)
