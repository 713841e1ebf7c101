"""How the embedder is trained: what it learns of a record, its loss, and what a run shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchvision.utils import make_grid

from recon.errors import UserError
from recon.methods.embedder.config import EmbedderConfig, EmbedderLossConfig
from recon.methods.embedder.losses import margin_loss
from recon.methods.embedder.network import Embedder
from recon.methods.embedder.verification import FEWEST_PEOPLE, verification
from recon.methods.registry import Batch, Method
from recon.synthesis.record import Record
from recon.synthesis.targets.base import image_of

SHEET_PHOTOS = 8


@dataclass(frozen=True)
class ImageTarget:
    """rgb (3, S, S) float [0, 1] alone. size: px, S."""

    size: int
    fields: tuple[str, ...] = ("rgb",)

    def __call__(self, record: Record) -> dict[str, Tensor]:
        return {"rgb": image_of(record)}


def target(config: EmbedderConfig, amodal: bool) -> ImageTarget:
    """The image; who it shows the batch says (`recon.train.batches`)."""
    return ImageTarget(config.size)


def losses(network: Embedder, batch: Batch, weights: EmbedderLossConfig) -> dict[str, Tensor]:
    """The weighted terms of a batch, by name.

    Raises:
        UserError: nothing says who is who, or there are more people than the network has directions.
    """
    if "who" not in batch:
        raise UserError("an embedder learns from several pictures of each person: set shots to 2 or more")
    person = batch["who"]
    if int(person.max()) >= network.config.people:
        raise UserError(
            f"the sources show person {int(person.max())} and network.people is {network.config.people}: raise it to "
            "the number of people in all sources"
        )
    found = margin_loss(network(batch["rgb"]), network.people, person, weights.angle, weights.sharpness)
    return {"margin": weights.margin * found}


@torch.no_grad()
def scores(network: Embedder, held_out: Sequence[Batch]) -> dict[str, float]:
    """Quick figures for watching a run, of people it has not seen; none where too few of these are there twice.

    verification  % of pairs told right, see `verification`
    area          % under its ROC curve
    same, different  mean cosines of pictures of one person, and of two
    """
    device = network.people.device
    embeddings = np.concatenate([network(batch["rgb"].to(device)).cpu().numpy() for batch in held_out])
    person = np.concatenate([batch["who"].numpy() for batch in held_out])
    if (np.unique(person, return_counts=True)[1] > 1).sum() < FEWEST_PEOPLE:
        return {}
    told = verification(embeddings, person)
    shares = {"verification": 100 * told.accuracy, "area": 100 * told.area}
    return {**shares, "same": told.same, "different": told.different}


@torch.no_grad()
def sheet(network: Embedder, batch: Batch) -> Tensor:
    """(3, H, W) float [0, 1]: a row and a column a picture; where they meet the cosine of their embeddings, grey from 0
    to 1 in white."""
    rgb = batch["rgb"][:SHEET_PHOTOS].cpu()
    found = network(rgb.to(network.people.device)).cpu()
    cosines = (found @ found.T).clamp(0, 1)
    tiles = [torch.zeros_like(rgb[0]), *rgb]
    for picture, row in zip(rgb, cosines, strict=True):
        tiles += [picture, *(value.expand_as(rgb[0]) for value in row)]
    return make_grid(torch.stack(tiles), nrow=len(rgb) + 1, padding=2)


METHOD = Method(Embedder, target, losses, scores, sheet)
