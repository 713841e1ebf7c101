"""DECA with both stages behind the one interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from recon.methods.base import FaceGeometry, Reconstructor
from recon.methods.deca.codes import Codes
from recon.methods.deca.detail.config import DetailConfig
from recon.methods.deca.detail.decoder import Decoder
from recon.methods.deca.encoder import Encoder
from recon.methods.deca.geometry import DecaGeometry
from recon.methods.deca.network import Deca
from recon.methods.layers import resized
from recon.methods.pretrained import Pretrained


@dataclass(frozen=True)
class DetailGeometry(DecaGeometry):
    """The coarse answer, in whose mesh the displacement stands, and the person's detail code (B, code)."""

    detail: Tensor = field(kw_only=True)


class DetailedDeca(Reconstructor):
    """Section 4: the coarse stage, frozen, and the detail encoder E_d and decoder F_d."""

    name, config_class = "deca_detail", DetailConfig
    config: DetailConfig

    def __init__(self, config: DetailConfig):
        super().__init__()
        self.config = config
        self.coarse = Deca(config.coarse)
        counts = self.coarse.counts
        self.encoder = Encoder(replace(config.coarse, encoder=config.encoder), config.code)
        self.decoder = Decoder(config, config.code + counts["expression"] + counts["pose"] - 3)
        self.coarse.freeze()

    @property
    def size(self) -> int:
        """As the interface says."""
        return self.config.size

    @property
    def topology(self) -> str:
        """As the interface says."""
        return self.coarse.topology

    def begin_with(self, start: Pretrained) -> bool:
        """As `Pretrained` says; of a coarse stage alone, with that."""
        return self.coarse.begin_with(start) or super().begin_with(start)

    def freeze(self, frozen: bool = True) -> DetailedDeca:
        super().freeze(frozen)
        self.coarse.freeze()  # always
        return self

    def train(self, mode: bool = True) -> DetailedDeca:
        super().train(mode)
        self.coarse.train(False)
        return self

    def forward(self, image: Tensor) -> Tensor:
        """image (B, 3, S, S) float RGB in [0, 1] -> (B, code) float32, the detail codes."""
        return self.encoder(image)

    @torch.no_grad()
    def codes(self, image: Tensor) -> Codes:
        """The coarse stage's, see `Deca.codes`; without gradients, as it is fixed."""
        return self.coarse.codes(image)

    def displacement(self, detail: Tensor, codes: Codes) -> Tensor:
        """(B, 1, T, T) mm of detail codes (B, code) with the expression and the jaw of other codes."""
        return self.decoder(detail, codes.expression, codes.jaw)

    def predict(self, image: Tensor) -> DetailGeometry:
        """As the interface says, see `Deca.predict`: mesh and maps are the coarse ones, and
        the mesh has its displacement."""
        height, width = image.shape[-2:]
        coarse = self.coarse.predict(image)
        detail = self(resized(image, self.size) if height == width != self.size else image)
        assert coarse.mesh is not None
        mesh = replace(coarse.mesh, displacement_mm=self.displacement(detail, coarse.codes))
        told: dict[str, Any] = {name: getattr(coarse, name) for name in DecaGeometry.__dataclass_fields__}
        return DetailGeometry(**{**told, "mesh": mesh}, detail=detail)

    def difference(
        self, before: FaceGeometry, after: FaceGeometry, labels: Mapping[str, Tensor], outline: float = 0.5
    ) -> Tensor:
        """As the interface says, of the coarse vertices."""
        return self.coarse.difference(before, after, labels, outline)
