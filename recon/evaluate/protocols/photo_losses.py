"""DECA's losses on pictures that no training has seen, of a network beside those of the mean face.

The mean face is framed as photos are, in even white light, with the mean albedo: what is known without looking. Losses
are `recon.methods.deca.losses`', unweighted. Labels of photos are those of the dataset, so of `recon fit` they are
themselves fitted: the landmarks say how far two networks agree, the colours are the photo's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recon.configuration import read_config, to_plain
from recon.errors import UserError
from recon.evaluate.metrics.intervals import RESAMPLES
from recon.evaluate.networks import digests, open_network
from recon.evaluate.results import Figure, Measure, Result, figures_of, per_person
from recon.evaluate.settings import PhotoLossesSettings as Settings
from recon.methods.base import device_of
from recon.methods.deca.config import DecaLossConfig
from recon.methods.deca.detail.network import DetailedDeca
from recon.methods.deca.detail.training import picture_of
from recon.methods.deca.losses import photometric_loss
from recon.methods.deca.network import Deca
from recon.methods.deca.training import image_losses
from recon.progress import tracked
from recon.synthesis.placement import Placement, placed
from recon.synthesis.scene import SceneConfig
from recon.synthesis.source import Drawn, Source, Stored
from recon.synthesis.targets import SkinTarget

UNWEIGHTED = DecaLossConfig(landmarks=1, eye=1, lip=1, photometric=1, identity=1)
LABELS = {
    "landmarks": "landmarks, of half the side",
    "eye": "eye closure, of half the side",
    "lip": "lip distance, of half the side",
    "photometric": "photometric, of 1",
    "identity": "identity, 1 - cosine",
    "photometric_detailed": "photometric with displacement, of 1",
}
MEAN_FACE = "_mean_face"
GATED = {"landmarks": "landmarks", "photometric": "photometric", "photometric_detailed": "photometric"}
"""Losses whose share of the mean face's is told -> which of the mean face's."""


def run(settings: Settings) -> Result:
    """Ask for the codes, render them, compare; the same of the mean face."""
    network = open_network(settings.network, False)
    if not isinstance(network, (Deca, DetailedDeca)):
        raise UserError(f"photo_losses asks for DECA's codes, which {network.name} has none of: give a network of deca")
    source = source_of(settings, network.size)
    people, values = source.people(), []
    for number in tracked(range(len(source)), "pictures", len(source)):
        batch = learnt(source, number, network.size)
        values.append({"picture": number, "person": int(people[number]), **losses_of(network, batch, settings)})
    names = [name for name in LABELS if name in values[0]]
    measures = {name: Measure(LABELS[name]) for name in names}
    measures |= {
        name + MEAN_FACE: Measure(f"mean face: {LABELS[name]}") for name in names if name + MEAN_FACE in values[0]
    }
    own = per_person(values, measures)
    shares = [share_left(own, name) for name in GATED if name in measures]
    what = "drawn pictures" if settings.dataset is None else "pictures of a dataset"
    return Result(
        title=f"DECA's losses on {len(source)} {what}",
        protocol="photo_losses",
        settings=to_plain(settings),
        figures=(*figures_of(own, measures), *shares),
        notes=(
            "Unweighted losses, each person's pictures averaged; intervals over people. Mean face: framed as photos "
            "are, in even light, with the mean albedo.",
            "Labels are the dataset's: of photos that `recon fit` fitted, landmarks and skin are fitted too.",
        ),
        weights=digests(settings.network),
        values=values,
    )


def source_of(settings: Settings, size: int) -> Source:
    """The dataset's rows, or drawn people."""
    if settings.dataset is not None:
        return Stored.at(settings.dataset, first=settings.first, last=settings.last)
    return Drawn("default", read_config(SceneConfig, settings.scene, {}), settings.seed, settings.count, size)


def learnt(source: Source, number: int, size: int) -> dict[str, Tensor]:
    """One record as the coarse stage learns it, at the network's size: a batch of one."""
    target = SkinTarget(size)
    record = placed(source.record(number, target.fields), Placement(), size)
    return {name: value[None] for name, value in target(record).items()}


@torch.no_grad()
def losses_of(network: Deca | DetailedDeca, batch: Mapping[str, Tensor], settings: Settings) -> dict[str, float]:
    """The losses of LABELS of a batch of one, and of the mean face under the same names and MEAN_FACE."""
    device = device_of(network)
    coarse = network.coarse if isinstance(network, DetailedDeca) else network
    weights = UNWEIGHTED
    if settings.embedder is not None:
        weights = replace(weights, embedder=str(settings.embedder))
    batch = {name: value.to(device) for name, value in batch.items()}
    codes, found = coarse.codes(batch["rgb"]), {}
    for end, said in (("", codes), (MEAN_FACE, coarse.mean_codes(1, device))):
        terms = image_losses(coarse.config, said, batch, weights)
        found |= {name + end: float(value) for name, value in terms.items()}
    if isinstance(network, DetailedDeca):
        displacement = network.displacement(network(batch["rgb"]), codes)
        seen = picture_of(network, codes, displacement, batch["rgb"].shape[-1])
        skin = batch["mask"] * seen.mask
        found["photometric_detailed"] = float(photometric_loss(seen.rgb, batch["rgb"], skin))
    return found


def share_left(people: Sequence[Mapping[str, Any]], name: str) -> Figure:
    """What a loss is of the mean face's, a ratio of means with its interval by bootstrap over people."""
    both = np.array([[one[name], one[GATED[name] + MEAN_FACE]] for one in people], np.float64)

    def told(which: np.ndarray) -> float:
        network, mean_face = both[which].mean(0)
        return float(network / mean_face)

    rng, count = np.random.default_rng(0), len(both)
    drawn = [told(rng.integers(0, count, count)) for _ in range(RESAMPLES // 10)]
    low, high = map(float, np.percentile(drawn, (2.5, 97.5))) if count > 1 else (None, None)
    label = f"{LABELS[name].split(',')[0]}, a share of the mean face's"
    return Figure(f"{name}_left", label, "", told(np.arange(count)), count, low, high)
