from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import nn

from recon.errors import UserError
from recon.methods.vrn.config import VRNConfig
from recon.methods.vrn.heat_maps import gaussians, heat_loss, places_in
from recon.methods.vrn.layers import Hourglass, Refined, Residual
from recon.methods.vrn.network import VRN
from recon.methods.vrn.volume_network import volume_network

Variant = Literal["plain", "multitask", "guided"]
SMALL = {"size": 64, "volume": 32, "depth": 40, "width": 16, "levels": 2, "kernel": 3, "norm": "group"}
SMALL |= {"landmark_width": 16}


def residual(before: int, after: int) -> int:
    """Parameters of a module, by hand: norms, kernels, the last one's bias, the shortcut where channels change."""
    half = after // 2
    inner = 2 * before + before * half + 2 * half + half * half * 9 + 2 * half + half * after + after
    return inner + (before * after + after if before != after else 0)


def parameters(variant: str, w: int = 256, depth: int = 200, levels: int = 4) -> int:
    """Of the paper's size, by hand."""

    def stem(channels: int) -> int:
        first = channels * (w // 4) * 49 + 2 * (w // 4)
        return first + residual(w // 4, w // 2) + residual(w // 2, w // 2) + residual(w // 2, w)

    hourglass = (3 * levels + 1) * residual(w, w) + residual(w, w) + w * w + w
    doubling = w * w + w + w * w * 9 + 2 * w

    def back(channels: int) -> int:
        return 2 * doubling + w * channels + channels

    if variant == "multitask":
        return stem(3) + 3 * hourglass + back(68) + back(depth)
    plain = stem(3 if variant == "plain" else 71) + 2 * hourglass + back(depth)
    return plain if variant == "plain" else plain + stem(3) + 2 * hourglass + back(68)


@pytest.mark.parametrize(
    ("variant", "hourglasses", "count"),
    [("plain", 2, 7_846_920), ("multitask", 3, 12_242_252), ("guided", 4, 15_873_164)],
)
def test_the_papers_networks_have_the_papers_layers(variant: Variant, hourglasses: int, count: int) -> None:
    """Two hourglasses; three with a fork; two that see 71 channels, and two more that find the landmarks."""
    with torch.device("meta"):
        network = volume_network(VRNConfig(variant=variant))
    refined = [layer for layer in network.modules() if isinstance(layer, Refined)]
    inner = [sum(isinstance(layer, Residual) for layer in one.hourglass.modules()) for one in refined]
    depths = [sum(isinstance(layer, Hourglass) for layer in one.modules()) for one in refined]
    assert inner == [13] * hourglasses and depths == [4] * hourglasses
    seen = [layer.in_channels for layer in network.modules() if isinstance(layer, nn.Conv2d) and layer.stride == (2, 2)]
    assert sorted(seen) == ([3, 71] if variant == "guided" else [3])
    assert sum(value.numel() for value in network.parameters()) == parameters(variant) == count


@pytest.mark.parametrize("variant", ["plain", "multitask", "guided"])
@pytest.mark.parametrize("volume", [16, 32, 64])
def test_shapes(variant: str, volume: int) -> None:
    network = VRN(VRNConfig(**{**SMALL, "variant": variant, "volume": volume})).freeze()
    found = network(torch.rand(2, 3, 64, 64))
    assert found.volume.shape == (2, 40, volume, volume) and found.volume.dtype == torch.float32
    assert (found.heat is None) == (variant == "plain")
    assert found.heat is None or found.heat.shape == (2, 68, volume, volume)


def test_landmarks_are_read_off_where_they_were_drawn() -> None:
    places = torch.rand(2, 68, 2) * 20 + 6
    drawn = gaussians(places, 32, 1.0)
    assert float(drawn.amax()) <= 1 and drawn.shape == (2, 68, 32, 32)
    logits = drawn.clamp_min(1e-9).log().requires_grad_()
    torch.testing.assert_close(places_in(logits), places, atol=0.05, rtol=0)
    assert float(heat_loss(logits.detach(), places, 1.0)) < 1e-4
    assert float(heat_loss(logits.detach(), places + 1, 1.0)) > 0.5
    outside = torch.cat([places[:, :1] - 100, places[:, 1:]], 1)
    assert float(heat_loss(logits.detach(), outside, 1.0)) < 1e-4  # it does not count
    (gradient,) = torch.autograd.grad(places_in(logits).sum(), logits)
    assert gradient.isfinite().all() and gradient.any()


def test_bad_sizes_are_one_sentence() -> None:
    with pytest.raises(UserError, match="takes 64x64 px alone"):
        VRN(VRNConfig(**SMALL))(torch.rand(1, 3, 128, 128))
    with pytest.raises(UserError, match="takes 64x64 px alone"):
        VRN(VRNConfig(**SMALL)).predict(torch.rand(1, 3, 96, 128))
    for changed, words in (
        ({"volume": 48}, "its half or its quarter"),
        ({"levels": 5}, "not divisible by 128"),
        ({"kernel": 4}, "kernel 4 is even"),
        ({"width": 18}, "not divisible by 4"),
    ):
        with pytest.raises(UserError, match=words):
            VRNConfig(**{**SMALL, **changed})
