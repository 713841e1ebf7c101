"""A volume as a mesh, as landmarks and as maps of the image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.faces import load
from recon.faces.model import NASION
from recon.faces.outer import outer_skin
from recon.methods.base import Ambiguity, FaceGeometry, FaceLandmarks, FaceMaps, FaceMesh
from recon.methods.mesh_maps import rasterised, spread, visibility
from recon.methods.vrn.config import VRNConfig
from recon.methods.vrn.fitting import fitted
from recon.methods.vrn.heat_maps import places_in
from recon.methods.vrn.surface import isosurface

TOPOLOGY = "default"
"""The face model in whose vertices the surface is told."""


class VolumeGeometry(FaceGeometry):
    """What VRN answers: volumes, and what is worked out of them when it is first asked for.

    A surface is drawn through each volume, the face model's head is fitted to it by ICP, and mesh, landmarks and maps
    follow; about a second a face, without gradient. Where a volume holds no head, places are NaN and masks 0.

    Attributes:
        volume: (B, D, V, V) float logits, layer 0 nearest to the viewer; differentiable.
        heat: (B, 68, V, V) float logits, None of the plain network.
        config: the network's. side: px of the images that were asked about.
    """

    volume: Tensor
    heat: Tensor | None
    config: VRNConfig
    side: int
    ambiguity: Ambiguity = "scale"

    def __init__(self, volume: Tensor, heat: Tensor | None, config: VRNConfig, side: int):
        self.__dict__.update(volume=volume, heat=heat, config=config, side=side)  # frozen, as the interface's fields

    @cached_property
    def mesh(self) -> FaceMesh:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The default model's vertices; `told`: the skin's, for a volume tells no eyes, and nothing in the mouth."""
        model, device = load(TOPOLOGY), self.volume.device
        found = np.stack([self._fitted(i) for i in range(len(self.volume))])
        places = torch.from_numpy(found).to(device)  # (B, n, 3) px, y up
        told = torch.zeros(len(model.mean), dtype=torch.bool)
        told[torch.from_numpy(np.unique(outer_skin(model)))] = True
        origin = places[:, int(model.landmarks[NASION]), None]
        mm = (places - origin) * mm_per_px(places)[:, None, None]
        pixels = places[..., :2] * places.new_tensor([1.0, -1.0]) * (self.side / self.config.size)
        return FaceMesh(mm.float(), pixels.float(), model.triangles.to(device), TOPOLOGY, told.to(device))

    @cached_property
    def landmarks(self) -> FaceLandmarks:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Where the heat maps are highest; the plain network's are its mesh's."""
        marks = load(TOPOLOGY).landmarks.to(self.volume.device)
        of_mesh = self.mesh.pixels[:, marks]
        pixels = of_mesh if self.heat is None else self._seen * (self.side / self.config.size)
        return FaceLandmarks(pixels, visibility(of_mesh, self.mesh.vertices_mm[:, marks, 2], self._shown[1]))

    @cached_property
    def maps(self) -> FaceMaps:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What the mesh shows."""
        return self._shown[0]

    @cached_property
    def _shown(self) -> tuple[FaceMaps, Tensor]:
        one = drawn()
        return rasterised(self.mesh, one.triangles, one.of_face, load(TOPOLOGY).canonical, self.side)

    @cached_property
    def _seen(self) -> Tensor:
        assert self.heat is not None
        return places_in(self.heat.detach()) * self.config.coarser  # (B, 68, 2) px of the network's size

    def _fitted(self, i: int) -> np.ndarray:
        model = load(TOPOLOGY)
        surface = isosurface(self.volume[i].detach().float().sigmoid().cpu().numpy(), self.config)
        known = self.heat is not None and self.config.aligned  # of a volume from the front they say nothing
        marks = self._seen[i].double().cpu().numpy() if known else None
        places = None if surface is None else fitted(surface, model, self.config.size, marks)
        return np.full(model.mean.shape, np.nan) if places is None else places


@dataclass(frozen=True, eq=False)
class Drawn:
    """triangles (f, 3) int32 of the model; of_face (f,) bool, the face region's; sized (m,) int64, that region's
    vertices; size_mm, their root mean square distance from their middle on the mean face."""

    triangles: Tensor
    of_face: Tensor
    sized: Tensor
    size_mm: float


@lru_cache(maxsize=1)
def drawn() -> Drawn:
    """That of TOPOLOGY."""
    model = load(TOPOLOGY)
    sized = model.triangles[model.face].unique().long()
    return Drawn(model.triangles, model.face, sized, float(spread(model.mean[sized].double())))


def mm_per_px(places: Tensor) -> Tensor:
    """(B, n, 3) px of the model's vertices -> (B,): what a pixel is, if the face has the size of the mean face, as
    PRNet's rule says it."""
    one = drawn()
    return one.size_mm / spread(places[:, one.sized.to(places.device)])
