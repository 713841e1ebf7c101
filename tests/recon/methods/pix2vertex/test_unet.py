from __future__ import annotations

import pytest
import torch

from recon.errors import UserError
from recon.methods.layers import Norm
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from recon.methods.pix2vertex.unet import UNet

SMALL = Pix2VertexConfig(outputs="joint", size=64, widths=(16, 32, 32), unshuffle=2, norm="group", dropout=0.5)


def small(**changes) -> Pix2Vertex:
    torch.manual_seed(0)
    return Pix2Vertex(Pix2VertexConfig(**{**SMALL.__dict__, **changes}))


@pytest.mark.parametrize("height, width", [(64, 64), (128, 128), (256, 256), (64, 128)])
@pytest.mark.parametrize("outputs", ["joint", "separate"])
def test_maps_have_the_image_size(height: int, width: int, outputs: str) -> None:
    geometry = small(outputs=outputs).predict(torch.rand(2, 3, height, width))
    assert geometry.mask.shape == (2, 1, height, width)
    assert geometry.position_mm.shape == geometry.correspondence.shape == (2, 3, height, width)
    assert geometry.mask.min() >= 0 and geometry.mask.max() <= 1
    assert geometry.ambiguity == "scale"


def test_the_papers_network_has_the_papers_layers() -> None:
    with torch.device("meta"):
        network = UNet(4, Pix2VertexConfig().widths)
    weights = {name: value.shape for name, value in network.named_parameters() if name.endswith("weight")}
    encoder = [shape[0] for name, shape in weights.items() if name.startswith("down") and "convolution" in name]
    decoder = [shape[1] for name, shape in weights.items() if name.startswith("up") and "convolution" in name]
    assert encoder == [64, 128, 256, 512, 512, 512, 512, 512]
    assert decoder == [512, 512, 512, 512, 512, 256, 128, 64]
    assert [shape[0] for name, shape in weights.items() if name.startswith("head")] == [64, 32, 4]
    assert network.stride == 256


def test_separate_networks_share_nothing() -> None:
    network = small(outputs="separate")
    maps = network(torch.rand(1, 3, 64, 64))
    assert maps.mask_logits.shape[1] == 2
    maps.position.sum().backward()
    learns = {
        name: any(p.grad is not None and p.grad.any() for p in part.parameters())
        for name, part in network.networks.items()
    }
    assert learns == {"geometry": True, "correspondence": False}


def test_a_frozen_network_answers_the_same_in_train_and_eval() -> None:
    network, image = small(outputs="separate"), torch.rand(2, 3, 64, 64)
    network.train()
    assert not torch.equal(network(image).position, network(image).position)  # dropout is at work
    network.freeze()
    network.train()
    in_train = network.predict(image).position_mm
    network.eval()
    assert torch.equal(in_train, network.predict(image).position_mm)
    assert not any(parameter.requires_grad for parameter in network.parameters())
    network.freeze(False)
    assert network.training and all(parameter.requires_grad for parameter in network.parameters())


def test_an_answer_does_not_depend_on_the_rest_of_the_batch() -> None:
    network, image = small().freeze(), torch.rand(3, 3, 64, 64)
    alone = network.predict(image[:1]).position_mm
    torch.testing.assert_close(network.predict(image).position_mm[:1], alone, rtol=1e-4, atol=1e-3)


def test_gradients_reach_the_image_of_a_frozen_network() -> None:
    image = torch.rand(1, 3, 64, 64, requires_grad=True)
    small().freeze().predict(image).position_mm.sum().backward()
    assert image.grad is not None and image.grad.abs().sum() > 0


def test_instance_norm_ignores_gain_and_offset_of_each_channel() -> None:
    norm, x = Norm("instance", 8), torch.randn(2, 8, 16, 16)
    gain, offset = torch.rand(1, 8, 1, 1) + 0.5, torch.randn(1, 8, 1, 1)
    torch.testing.assert_close(norm(x * gain + offset), norm(x), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["instance", "group"])
def test_no_norm_at_one_pixel(name) -> None:
    x = torch.randn(2, 16, 1, 1)
    assert torch.equal(Norm(name, 16)(x), x)


def test_a_size_off_the_stride_is_refused() -> None:
    with pytest.raises(UserError, match="divisible by 16"):
        small().predict(torch.rand(1, 3, 72, 64))


def test_another_size_is_seen_at_the_size_of_the_training() -> None:
    network = small().freeze()
    image = torch.rand(1, 3, 1, 1).expand(1, 3, 64, 64).contiguous()  # one colour: resizing leaves it as it is
    native = network.predict(image)
    larger = network.predict(image.repeat(1, 1, 2, 2))
    assert larger.position_mm.shape == (1, 3, 128, 128)
    shrunk = torch.nn.functional.avg_pool2d(larger.position_mm, 2)
    assert (shrunk - native.position_mm).abs().mean() < 0.1 * native.position_mm.std()
