from __future__ import annotations

import pytest
import torch

from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from recon.methods.pix2vertex.resnet import ResNet

CONFIG = Pix2VertexConfig("joint", 64, "resnet", (16, 32), unshuffle=4, norm="group", dilations=(1, 2, 4))


@pytest.mark.parametrize("height, width", [(64, 64), (128, 128), (64, 96)])
def test_the_judge_answers_like_the_unet(height: int, width: int) -> None:
    network = Pix2Vertex(CONFIG).freeze()
    image = torch.rand(2, 3, height, width)
    geometry = network.predict(image)
    assert geometry.mask.shape == (2, 1, height, width)
    assert geometry.correspondence.shape == (2, 3, height, width)
    assert torch.equal(network.train().predict(image).position_mm, geometry.position_mm)


def test_dilation_carries_the_context_far() -> None:
    """At one halving below the unshuffled image the lowest blocks alone see the whole of 128 px."""
    torch.manual_seed(0)
    trunk = ResNet(7, (16, 32), unshuffle=4, dilations=(1, 2, 4)).trunk
    x = torch.randn(1, 32, 16, 16, requires_grad=True)
    trunk(x)[..., 8, 8].sum().backward()
    assert x.grad is not None and x.grad[..., 0, 0].abs().sum() > 0
