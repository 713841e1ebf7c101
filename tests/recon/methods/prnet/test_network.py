from __future__ import annotations

import pytest
import torch
from torch import nn

from recon.errors import UserError
from recon.methods.prnet.config import PRNetConfig
from recon.methods.prnet.layers import Bottleneck, Convolution, Transposed
from recon.methods.prnet.network import PRNet
from recon.methods.prnet.position_network import LOW, SPAN, PositionNetwork

SMALL = PRNetConfig(128, (16, 32, 64, 128, 192, 256), 2, "group", "bilinear")
BLOCKS = [32, 32, 64, 64, 128, 128, 256, 256, 512, 512]
UP = [512, 256, 256, 256, 128, 128, 128, 64, 64, 64, 32, 32, 16, 16, 3, 3, 3]


def test_the_papers_network_has_the_papers_layers() -> None:
    """One convolution, ten bottlenecks, seventeen transposed convolutions, all 4x4, with the authors' channels."""
    with torch.device("meta"):
        network = PositionNetwork(PRNetConfig())
    blocks = [layer for layer in network.modules() if isinstance(layer, Bottleneck)]
    ups = [layer for layer in network.modules() if isinstance(layer, Transposed)]
    assert isinstance(network.first, Convolution) and network.first.convolution.out_channels == 16
    assert [block.expand.out_channels for block in blocks] == BLOCKS
    assert [block.middle.convolution.stride[0] for block in blocks] == [2, 1] * 5
    assert all(block.middle.convolution.out_channels == n // 2 for block, n in zip(blocks, BLOCKS, strict=True))
    assert [up.convolution.out_channels for up in ups] == UP
    assert [k for k, up in enumerate(ups) if up.stride == 2] == [1, 4, 7, 10, 12]
    wide = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    assert sum(layer.kernel_size == (4, 4) for layer in wide) == 1 + 10 + 17
    assert all(layer.kernel_size in ((1, 1), (4, 4)) and layer.bias is None for layer in wide)


def parameters() -> int:
    """By hand: kernels, and scale and shift of each normalisation."""
    count, before = 3 * 16 * 16 + 32, 16
    for n in BLOCKS:
        half = n // 2
        count += before * half + half * half * 16 + half * n + (before * n if before != n else 0) + 4 * half + 2 * n
        before = n
    for n in UP:
        count += before * n * 16 + 2 * n
        before = n
    return count


def test_the_papers_network_has_as_many_parameters_as_its_layers() -> None:
    with torch.device("meta"):
        network = PRNet(PRNetConfig())
    assert sum(value.numel() for value in network.parameters()) == parameters() == 13_353_618


def test_shapes_through_the_papers_network() -> None:
    network = PositionNetwork(PRNetConfig()).eval()
    with torch.no_grad():
        lowest = network.encode(network.first(torch.rand(1, 3, 256, 256)))
        shapes = [lowest.shape, network.head(network.decode(lowest)).shape]
    assert shapes == [(1, 512, 8, 8), (1, 3, 256, 256)]


@pytest.mark.parametrize("config", [SMALL, PRNetConfig(64)])
def test_places_lie_in_the_maps_range_and_a_frozen_network_always_answers_the_same(config: PRNetConfig) -> None:
    torch.manual_seed(0)
    network, image = PRNet(config), torch.rand(2, 3, config.size, config.size)
    found = network.eval()(image)
    low = torch.tensor(LOW).view(3, 1, 1) * config.size
    assert found.shape == image.shape and ((found >= low) & (found <= low + SPAN * config.size)).all()
    assert torch.equal(network.freeze().train()(image[:1]), network(image[:1]))
    torch.testing.assert_close(network(image[:1]), found[:1], atol=1e-3, rtol=1e-3)


def test_what_cannot_be_is_told_in_one_sentence() -> None:
    with pytest.raises(UserError, match="96x128 px; this network takes 128x128 px"):
        PRNet(SMALL)(torch.rand(1, 3, 128, 96))
    with pytest.raises(UserError, match="not divisible by 64"):
        PRNetConfig(96, unshuffle=2)
    with pytest.raises(UserError, match="give 6 even numbers"):
        PRNetConfig(widths=(16, 32))
    with pytest.raises(UserError, match="don't divide into groups"):
        PRNetConfig(norm="group", widths=(16, 32, 50, 64, 80, 128))
