"""The protocol on embedders: whether two pictures show one person, on people that no training has seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from recon.configuration import read_config, to_plain
from recon.errors import UserError
from recon.evaluate.results import Measure, Result, figures_of
from recon.evaluate.settings import VerificationSettings as Settings
from recon.methods.embedder.loading import load_embedder
from recon.methods.embedder.verification import FEWEST_PEOPLE, people_right, verification
from recon.methods.pretrained import digest, weights_file
from recon.progress import tracked
from recon.synthesis.person_tree import PersonTree
from recon.synthesis.scene import SceneConfig
from recon.synthesis.source import Drawn, Source, Stored

SHOTS, BATCH = 4, 32
MEASURES = {
    "right": Measure("pairs told right", "%"),
    "same": Measure("cosine, one person"),
    "different": Measure("cosine, two people"),
}


def run(settings: Settings) -> Result:
    """Embed, compare all pairs, score person by person."""
    source, embedder = source_of(settings), load_embedder(settings.network)
    person = source.people()
    found = embeddings(embedder, source)
    names, count = np.unique(person, return_counts=True)
    if len(names) < FEWEST_PEOPLE or (count > 1).sum() < FEWEST_PEOPLE:
        raise UserError(f"{len(names)} people are too few to tell apart: {FEWEST_PEOPLE} with two pictures are needed")
    told, right = verification(found, person), people_right(found, person)
    cosines = found @ found.T
    values: list[dict[str, Any]] = []
    for name, share in zip(names.tolist(), right.tolist(), strict=True):
        own = person == name
        pairs = cosines[np.ix_(own, own)][np.triu_indices(int(own.sum()), 1)]
        same = float(pairs.mean()) if len(pairs) else float("nan")
        others = float(cosines[np.ix_(own, ~own)].mean())
        values.append({"person": name, "right": 100 * share, "same": same, "different": others})
    what = "drawn people" if settings.photos is None and settings.dataset is None else "people of photos"
    return Result(
        title=f"Verification of {what}",
        protocol="verification",
        settings=to_plain(settings),
        figures=figures_of(values, MEASURES),
        notes=(
            f"{len(source)} pictures of {told.people} people, {told.pairs} pairs of one person and all pairs of two. A "
            "person's same and different pairs count alike; the threshold is of other people's pairs. Intervals are "
            f"over people. Area under the ROC curve of all pairs: {100 * told.area:.2f} %.",
        ),
        weights={"embedder": digest(weights_file(settings.network))[:16]},
        values=values,
    )


def source_of(settings: Settings) -> Source:
    """The pictures: a tree of photos, a dataset, or drawn ones.

    Raises:
        UserError: more than one is asked for.
    """
    if settings.photos is not None and settings.dataset is not None:
        raise UserError("--photos and --dataset are given: give one of them")
    if settings.photos is not None:
        return PersonTree.at(settings.photos, settings.size)
    if settings.dataset is not None:
        return Stored.at(settings.dataset)
    overrides = {} if settings.scene is not None else {"shots_per_person": str(SHOTS)}
    scene = read_config(SceneConfig, settings.scene, overrides)
    return Drawn("default", scene, settings.seed, settings.count, settings.size)


@torch.no_grad()
def embeddings(embedder: nn.Module, source: Source) -> np.ndarray:
    """(N, d) float, unit: of all of a source's pictures."""
    found = []
    for start in tracked(range(0, len(source), BATCH), "pictures", -(-len(source) // BATCH)):
        records = [source.record(n, ("rgb",)) for n in range(start, min(start + BATCH, len(source)))]
        images = torch.from_numpy(np.stack([record.rgb for record in records])).permute(0, 3, 1, 2).float() / 255
        found.append(nn.functional.normalize(embedder(images), dim=1).numpy())
    return np.concatenate(found)
