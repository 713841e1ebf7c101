"""Answers that know no image, or the truth's pose: what a network must be better than."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import FaceModel
from recon.geometry.cameras import Camera
from recon.geometry.similarity import fit_similarity
from recon.methods.base import FaceGeometry, FaceMesh, Reconstructor
from recon.methods.mesh_maps import rasterised
from recon.methods.prnet.config import PRNetConfig
from recon.methods.prnet.network import PRNet
from recon.methods.registry import method
from recon.methods.vrn.config import VRNConfig
from recon.methods.vrn.network import VRN
from recon.methods.vrn.volume_network import Logits
from recon.synthesis.placement import Placement, placed
from recon.synthesis.record import Record

SUREST = 12.0  # logit of a share of 0 or 1


class BlindPRNet(PRNet):
    """One position map (3, S, S) for every image."""

    def __init__(self, config: PRNetConfig, mean: Tensor):
        super().__init__(config)
        self.mean = mean

    def forward(self, image: Tensor) -> Tensor:
        return self.mean.expand(len(image), -1, -1, -1)


class BlindVRN(VRN):
    """One volume (D, V, V), in shares, for every image."""

    def __init__(self, config: VRNConfig, mean: Tensor):
        super().__init__(config)
        self.mean = mean.logit(eps=float(torch.tensor(-SUREST).sigmoid()))

    def forward(self, image: Tensor, landmarks_px: Tensor | None = None) -> Logits:
        return Logits(self.mean.expand(len(image), -1, -1, -1), None)


BLIND: dict[str, tuple[str, Any]] = {"prnet": ("uv_position", BlindPRNet), "vrn": ("volume", BlindVRN)}
"""Method -> what of its target is averaged, and the class that answers with it."""


def blind_answers(networks: Sequence[Reconstructor], records: Iterable[Record]) -> list[Reconstructor | None]:
    """For each network one of its kind that answers every image with the mean of what it should have of `records`.

    None for a method whose mean is no answer: maps of pixels.
    """
    asked = [n for n, network in enumerate(networks) if network.name in BLIND]
    targets = {n: method(networks[n].name).target(networks[n].config, False) for n in asked}
    sums: dict[int, Tensor] = {}
    count = 0
    for record in records:
        count += 1
        for n, target in targets.items():
            value = target(placed(record, Placement(), target.size))[BLIND[networks[n].name][0]].double()
            sums[n] = sums.get(n, torch.zeros_like(value)) + value
    found: list[Reconstructor | None] = [None] * len(networks)
    for n in asked:
        found[n] = BLIND[networks[n].name][1](networks[n].config, (sums[n] / count).float()).freeze()
    return found


def mean_face(record: Record, model: FaceModel) -> FaceGeometry:
    """The default mean face at the true pose and size: laid on the record's 68 landmarks by the best similarity.

    model: the default model. The record may be of any.
    """
    marks = model.landmarks.numpy()
    mean = model.mean.double().numpy()
    vertices = fit_similarity(mean[marks], record.landmarks_mm.astype(np.float64))(mean)
    u, v = record.centre_px.tolist()
    camera = Camera(record.focal_px, (u, v), len(record.rgb))
    seen = camera.project(torch.from_numpy(vertices + record.origin_mm))
    mesh = FaceMesh(torch.from_numpy(vertices).float()[None], seen.float()[None], model.triangles, "default")
    maps, _ = rasterised(mesh, model.triangles, model.face, model.canonical, len(record.rgb))
    return FaceGeometry(maps, mesh, ambiguity="metric")
