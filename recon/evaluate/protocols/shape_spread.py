"""Whether a network that tells shape apart from expression and pose says the same shape of one person's pictures.

Held-out drawn people, some pictures each, all but shape, skin and hair drawn anew in each. The shape is the neutral
face that a network's shape codes say, in mm about its middle, its size included.
"""

from __future__ import annotations

import numpy as np
import torch

from recon.configuration import read_config, to_plain
from recon.errors import UserError
from recon.evaluate import held_out
from recon.evaluate.metrics.intervals import RESAMPLES
from recon.evaluate.networks import digests, open_network, predict_images
from recon.evaluate.results import Figure, Result
from recon.evaluate.settings import ShapeSpreadSettings as Settings
from recon.faces import load
from recon.faces.model import FaceModel
from recon.methods.deca.detail.network import DetailedDeca
from recon.methods.deca.geometry import DecaGeometry
from recon.methods.deca.network import Deca
from recon.progress import tracked
from recon.synthesis.scene import SceneConfig

NAMES = {
    "within_mm": ("spread of shape within a person", "mm"),
    "between_mm": ("spread of shape between people", "mm"),
    "ratio": ("within, a share of between", ""),
}


def run(settings: Settings) -> Result:
    """Draw people, ask for their shapes, compare them."""
    network = open_network(settings.network, False)
    network = network.coarse if isinstance(network, DetailedDeca) else network
    if not isinstance(network, Deca):
        raise UserError(f"shape_spread asks for shape codes, which {network.name} has none of: give a network of deca")
    scene = read_config(SceneConfig, settings.scene, {"shots_per_person": str(settings.shots)})
    count = settings.people * settings.shots
    records = held_out.drawn_records(load("default"), count, network.size, settings.seed, scene)
    model = load(network.config.model)
    shapes = []
    for record in tracked(records, "pictures", count):
        answer = predict_images(network, record.rgb[None])
        assert isinstance(answer, DecaGeometry)
        shapes.append(neutral_mm(answer.codes.shape.cpu(), model)[0].numpy())
    people = np.stack(shapes).reshape(settings.people, settings.shots, -1, 3)
    return Result(
        title=f"Shape within and between {settings.people} drawn people",
        protocol="shape_spread",
        settings=to_plain(settings),
        figures=spreads(people),
        notes=(
            f"{settings.shots} pictures each; root mean square distances over the face region's vertices; intervals by "
            "bootstrap over people.",
        ),
        weights=digests(settings.network),
    )


def neutral_mm(shape: torch.Tensor, model: FaceModel) -> torch.Tensor:
    """(B, k) shape codes -> (B, v, 3) mm: the face region's vertices at rest, about their middle."""
    face = model.triangles[model.face].unique().long()
    places = model.mean[face] + torch.tensordot(shape, model.identity_basis[: shape.shape[1], face], 1)
    return places - places.mean(1, keepdim=True)


def spreads(people: np.ndarray) -> tuple[Figure, ...]:
    """The figures of NAMES of shapes (p, s, v, 3) mm: p people, s pictures of each.

    Within: how far a picture's shape lies from the mean of its person's, unbiased for few pictures. Between: how far
    two people's pictures would lie from their common mean if each person had one shape, without what the spread within
    adds to it.
    """
    shots = people.shape[1]
    own = people.mean(1)  # (p, v, 3)
    within = np.square(people - own[:, None]).sum(3).mean((1, 2)) * shots / (shots - 1)  # (p,) mm^2

    def told(which: np.ndarray) -> np.ndarray:
        middle = own[which]
        apart = np.square(middle - middle.mean(0)).sum(2).mean() * len(which) / (len(which) - 1)
        inside = within[which].mean()
        between = max(apart - inside / shots, 1e-12)
        return np.sqrt([inside, between, inside / between])

    values = told(np.arange(len(people)))
    rng = np.random.default_rng(0)
    drawn = np.stack([told(rng.integers(0, len(people), len(people))) for _ in range(RESAMPLES // 10)])
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)
    return tuple(
        Figure(name, *NAMES[name], float(values[k]), len(people), float(low[k]), float(high[k]))
        for k, name in enumerate(NAMES)
    )
