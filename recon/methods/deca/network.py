"""DECA behind the one interface: its coarse stage."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from recon.faces import load
from recon.methods.base import FaceGeometry, Reconstructor
from recon.methods.deca.codes import CAMERA, Codes, counts, split
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.difference import vertex_difference
from recon.methods.deca.encoder import Encoder
from recon.methods.deca.face import textures_of
from recon.methods.deca.geometry import DecaGeometry, geometry_of
from recon.methods.layers import refuse_other_size, resized
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE
from recon.render.differentiable.camera import UNIT_MM

EYES = (slice(36, 42), slice(42, 48))  # landmarks
SCALE_OF_CAMERA, SCALE_OF_POSE, SCALE_OF_LIGHT = 0.1, 0.2, 0.2  # of codes for an encoder's answer of 1; others have 1


class Deca(Reconstructor):
    """Section 4.1: shape, texture, expression, pose, camera and light of the face in an image."""

    name, config_class = "deca", DecaConfig
    config: DecaConfig

    def __init__(self, config: DecaConfig):
        super().__init__()
        self.config = config
        with torch.device("cpu"):  # where face models are read, wherever this network is built
            self.counts = counts(config, textures_of(config))
        self.encoder = Encoder(config, sum(self.counts.values()))

    @property
    def size(self) -> int:
        """As the interface says."""
        return self.config.size

    @property
    def topology(self) -> str:
        """As the interface says."""
        return self.config.model

    def forward(self, image: Tensor) -> Tensor:
        """image (B, 3, S, S) float RGB in [0, 1] -> (B, sum of counts) float32; `codes` reads it.

        Raises:
            UserError: the image is of another size than the network's.
        """
        refuse_other_size(image, self.size)
        return self.encoder(image)

    def codes(self, image: Tensor) -> Codes:
        """The codes of images (B, 3, S, S): an answer of 0 is the mean face, framed as photos are, in even light."""
        answer = self(image)
        start, scale = self._start(answer.device)
        return split(start + answer * scale, self.counts)

    def mean_codes(self, count: int, device: torch.device) -> Codes:
        """The codes of the mean face, so many times."""
        return split(self._start(device)[0].expand(count, -1), self.counts)

    def predict(self, image: Tensor) -> DecaGeometry:
        """As the interface says, of a square image; one of another size is seen at the network's (`geometry_of` states
        what carries gradients)."""
        height, width = image.shape[-2:]
        codes = self.codes(resized(image, self.size) if height == width != self.size else image)
        with torch.autocast(image.device.type, enabled=False):
            return geometry_of(codes, self.config, width)

    def difference(
        self, before: FaceGeometry, after: FaceGeometry, labels: Mapping[str, Tensor], outline: float = 0.5
    ) -> Tensor:
        """As the interface says, of the coarse vertices in the image (`vertex_difference`). `outline` does not matter:
        where the face ends follows from its vertices."""
        assert isinstance(before, DecaGeometry) and isinstance(after, DecaGeometry)
        return vertex_difference(before, after, labels.get("emphasis"))

    def _start(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """(1, sum of counts) each: the codes of an answer of 0, and what an answer of 1 adds."""
        model, zeros = load(self.config.model), {name: torch.zeros(1, n) for name, n in self.counts.items()}
        left, right = (model.mean[model.landmarks[eye]].mean(0) for eye in EYES)
        scale = 2 * EYE_SHARE * UNIT_MM / float((left - right).norm())
        middle = (left + right)[:2] / 2 * (scale / UNIT_MM)
        across, down = (2 * share - 1 for share in EYES_MIDDLE)
        camera = torch.tensor([[scale, across - float(middle[0]), down + float(middle[1])]])
        light = torch.zeros(1, self.counts["light"])
        light[:, :CAMERA] = 1.0  # even, white
        start = torch.cat(list({**zeros, "camera": camera, "light": light}.values()), 1)
        sizes = {"pose": SCALE_OF_POSE, "camera": SCALE_OF_CAMERA, "light": SCALE_OF_LIGHT}
        steps = torch.cat([torch.full((1, n), sizes.get(name, 1.0)) for name, n in self.counts.items()], 1)
        return start.to(device), steps.to(device)
