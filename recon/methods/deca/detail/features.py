"""What the ID-MRF loss compares of two pictures: maps of a frozen network at a quarter and an eighth of their side."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn

from recon.arrays import refuse_packed
from recon.errors import UserError
from recon.methods.embedder.network import Embedder

CONV3_2, CONV4_2 = 13, 22  # of torchvision's VGG19: the layers up to and with the ReLU after each convolution
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of its images
FETCHED = "vgg19"

Features = Callable[[Tensor], tuple[Tensor, Tensor]]
"""(B, 3, S, S) float RGB in [0, 1] -> (B, C, S / 4, S / 4) and (B, C', S / 8, S / 8)."""


class Vgg19(nn.Module):
    """relu3_2 and relu4_2 of VGG19 (Simonyan and Zisserman 2015). layers: torchvision's `features`."""

    def __init__(self, layers: nn.Module):
        super().__init__()
        assert isinstance(layers, nn.Sequential)
        self.third, self.fourth = layers[: CONV3_2 + 1], layers[CONV3_2 + 1 : CONV4_2 + 1]

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        mean, spread = (image.new_tensor(values)[:, None, None] for values in (MEAN, SPREAD))
        third = self.third((image - mean) / spread)
        return third, self.fourth(third)


@lru_cache(maxsize=2)
def features_of(place: str, device: torch.device) -> Features:
    """The features that a setting names, see `DetailLossConfig.features`.

    Raises:
        UserError: the weights can't be had, or are another network's.
    """
    network = _vgg19(place) if place == FETCHED or place.endswith((".pth", ".pt")) else _own(place)
    return network.to(device).eval().requires_grad_(False)


def _own(place: str) -> nn.Module:
    return Maps(Embedder.from_pretrained(place))


class Maps(nn.Module):
    """The embedder's maps at the same shares of the side."""

    def __init__(self, network: Embedder):
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        return self.network.maps(image)


def _vgg19(place: str) -> nn.Module:
    if place == FETCHED:
        try:
            return Vgg19(torchvision.models.vgg19(weights=torchvision.models.VGG19_Weights.DEFAULT).features)
        except OSError as error:
            raise UserError(f"VGG19's weights can't be fetched ({error}): name a file with losses.features") from None
    with torch.device("meta"):  # no first weights: those of its last layers alone would be 500 MB
        network = torchvision.models.vgg19(weights=None)
    try:
        refuse_packed(Path(place))
        stored = torch.load(Path(place), map_location="cpu", weights_only=True)
        kept = {name: value for name, value in stored.items() if name.startswith("features.")}
        found = network.load_state_dict(kept, strict=False, assign=True)
        missing = [name for name in found.missing_keys if name.startswith("features.")]
        if found.unexpected_keys:
            raise ValueError(f"{found.unexpected_keys[0]} is none of its layers")
    except Exception as error:  # a spoilt pickle may end in any
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(f"{place} holds no weights of VGG19 ({reason}): give torchvision's file of them") from None
    if missing:
        raise UserError(f"{place} lacks {missing[0]} of VGG19: give torchvision's file of its weights")
    return Vgg19(network.features)
