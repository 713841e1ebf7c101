"""The parser term: each pixel of the image must show, to the frozen network's parser, what the render's labels say."""

from __future__ import annotations

import torch
from torch import Tensor

from recon.errors import UserError
from recon.faces.parsing import CLASSES
from recon.methods.base import FaceGeometry, Reconstructor, device_of
from synth2real.gan.config import ParserLossConfig

INSIDE_MOUTH = tuple(CLASSES.index(name) for name in ("mouth_inside", "teeth"))  # drawn with the face, no part of it
SKIN, BEARD = CLASSES.index("skin"), CLASSES.index("facial_hair")
LEAST = 1e-6  # probability; below it the cross-entropy hardly grows, and its gradient still shows the way


def parser_loss(answer: FaceGeometry, classes: Tensor, mask: Tensor, config: ParserLossConfig) -> Tensor:
    """Cross-entropy -log p(class of the label), a weighted mean over the pixels whose labels are exact: () float.

    Args:
        answer: the frozen network's of B images, with class probabilities.
        classes: (B, 1, H, W) float, codes of `recon.faces.parsing.CLASSES`, of the renders.
        mask: (B, 1, H, W) float 0/1, the face; the mouth's inside counts as well, which is a hole in it.
    """
    assert answer.maps is not None and answer.maps.classes is not None
    probabilities, codes = answer.maps.classes.float(), classes.long()
    exact = mask.bool() | torch.isin(codes, torch.tensor(INSIDE_MOUTH, device=codes.device))
    weights = class_weights(config).to(codes.device)[codes] * exact
    beards = probabilities[:, BEARD : BEARD + 1] * (codes == SKIN)  # labels of the face see through them
    surprise = -(probabilities.gather(1, codes) + beards + LEAST).log()
    return (weights * surprise).sum() / weights.sum().clamp_min(1e-6)


def class_weights(config: ParserLossConfig) -> Tensor:
    """(len(CLASSES),) float: the settings' of the classes that they name, 1 of the others."""
    return torch.tensor([float(getattr(config, name, 1.0)) for name in CLASSES])


@torch.no_grad()
def has_parser(network: Reconstructor) -> bool:
    """Whether the network also tells what each pixel shows."""
    answer = network.predict(torch.zeros(1, 3, network.size, network.size, device=device_of(network)))
    return answer.maps is not None and answer.maps.classes is not None


def refuse_without_parser(network: Reconstructor, wanted: str) -> None:
    """Raise a UserError where `wanted`, a setting, needs a parser and the network has none."""
    if not has_parser(network):
        raise UserError(f"{wanted} needs a network with a parser: name one with --geometry.network FILE")
