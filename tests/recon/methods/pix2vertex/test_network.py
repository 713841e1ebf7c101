from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from recon.errors import UserError
from recon.faces.model import REGIONS
from recon.faces.parsing import CLASS_OF_REGION, CLASSES, PARSED
from recon.methods.mirrored import Mirrored
from recon.methods.pix2vertex.losses import Pix2VertexLossConfig, class_loss, pix2vertex_losses
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig

CONFIG = Pix2VertexConfig("joint", 64, "unet", (16, 16), unshuffle=4, norm="group", dropout=0.0, fine=8)
PARSER = replace(CONFIG, parser=True, coarser=2)
IMAGE = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("architecture", ["unet", "resnet"])
def test_a_parser_says_what_each_pixel_shows(architecture: str) -> None:
    network = Pix2Vertex(replace(PARSER, architecture=architecture, fine=8 if architecture == "unet" else 0))
    maps = network(IMAGE)
    assert maps.position.shape == (2, 3, 32, 32) and maps.class_logits.shape == (2, len(CLASSES), 32, 32)
    answer = network.predict(IMAGE).maps
    assert answer.mask.shape == answer.amodal_mask.shape == (2, 1, 64, 64)
    torch.testing.assert_close(answer.classes.sum(1), torch.ones(2, 64, 64))
    assert network.predict_coarse(IMAGE).mask.shape[-1] == 32
    bigger = network.predict(IMAGE.repeat_interleave(2, -1).repeat_interleave(2, -2)).maps
    assert bigger.classes.shape == (2, len(CLASSES), 128, 128)


def test_without_a_parser_nothing_is_said() -> None:
    answer = Pix2Vertex(CONFIG).predict(IMAGE).maps
    assert answer.classes is None and answer.amodal_mask is None and answer.mask.shape[-1] == 64


def test_two_looks_are_averaged() -> None:
    network = Pix2Vertex(PARSER)
    straight, mirrored = network.predict(IMAGE).maps, network.predict(IMAGE.flip(-1)).maps
    twice = Mirrored(network).predict(IMAGE).maps
    torch.testing.assert_close(twice.classes, (straight.classes + mirrored.classes.flip(-1)) / 2)


def test_a_parser_needs_one_network() -> None:
    with pytest.raises(UserError, match="a parser needs the joint network"):
        Pix2Vertex(replace(PARSER, outputs="separate"))


def test_every_region_has_its_class() -> None:
    assert [CLASSES[code] for code in CLASS_OF_REGION] == [
        next(name for name, held in PARSED.items() if region in held) for region in REGIONS
    ]


def test_sure_and_right_costs_nothing_and_teeth_weigh_more() -> None:
    classes = torch.randint(0, len(CLASSES), (2, 1, 8, 8), generator=torch.Generator().manual_seed(1)).float()
    right = torch.nn.functional.one_hot(classes[:, 0].long(), len(CLASSES)).permute(0, 3, 1, 2) * 40.0
    assert class_loss(right, classes) < 1e-6
    one = torch.zeros(1, 1, 1, 2)
    one[..., 0] = CLASSES.index("teeth")
    sure_of_teeth, sure_of_background = torch.zeros(2, 1, len(CLASSES), 1, 2)
    sure_of_teeth[:, CLASSES.index("teeth")], sure_of_background[:, 0] = 9.0, 9.0
    assert class_loss(sure_of_teeth, one) < class_loss(sure_of_background, one)


def test_the_losses_of_a_parser_are_there_and_learn() -> None:
    torch.manual_seed(0)
    network, mask = Pix2Vertex(PARSER), torch.ones(2, 1, 32, 32)
    batch = {name: torch.zeros(2, 3, 32, 32) for name in ("position_mm", "correspondence")}
    batch |= {"mask": mask, "amodal_mask": mask, "classes": torch.full((2, 1, 32, 32), 3.0)}
    losses = pix2vertex_losses(network(IMAGE), batch, Pix2VertexLossConfig())
    assert {"classes", "amodal"} <= losses.keys()
    losses["classes"].backward()
    assert all(p.grad is not None for p in network.networks["joint"].head.parameters())
