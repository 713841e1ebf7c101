from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from recon.errors import UserError
from recon.faces.parsing import CLASSES
from recon.methods.layers import resized
from recon.methods.pix2vertex.losses import Pix2VertexLossConfig, pix2vertex_losses
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig

BLUNT = Pix2VertexConfig(
    "joint", 64, "unet", (16, 16), unshuffle=4, norm="group", dropout=0.0, fine=8, coarser=2, parser=True
)
CONFIG = replace(BLUNT, sharper=16)
IMAGE = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
ALONE = Pix2VertexLossConfig(position=0, correspondence=0, normals=0, mask=0, classes=0, amodal=0)


def pair() -> tuple[Pix2Vertex, Pix2Vertex]:
    """A network, and one that sharpens its classes."""
    torch.manual_seed(1)
    blunt, sharp = Pix2Vertex(BLUNT), Pix2Vertex(CONFIG)
    assert sharp.begin_with(blunt)
    return blunt, sharp


def batch() -> dict[str, torch.Tensor]:
    labels = torch.randint(0, len(CLASSES), (2, 1, 32, 32), generator=torch.Generator().manual_seed(2)).float()
    mask, zeros = torch.ones(2, 1, 32, 32), torch.zeros(2, 3, 32, 32)
    return {"position_mm": zeros, "correspondence": zeros, "mask": mask, "amodal_mask": mask, "classes": labels}


def test_untrained_it_changes_nothing() -> None:
    blunt, sharp = pair()
    before, after = blunt(IMAGE), sharp(IMAGE)
    for one, other in zip(before[:5], after[:5], strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    torch.testing.assert_close(after.sharper_logits, before.class_logits)


def test_trained_alone_it_learns_and_leaves_the_network_as_it_is() -> None:
    blunt, sharp = pair()
    optimizer, losses = torch.optim.Adam(sharp.parameters(), 0.01), []
    for _ in range(20):
        terms = pix2vertex_losses(sharp(IMAGE), batch(), ALONE)
        assert terms.keys() == {"sharper"}
        optimizer.zero_grad()
        terms["sharper"].backward()
        optimizer.step()
        losses.append(terms["sharper"].item())
    assert losses[-1] < losses[0]
    for name, value in blunt.state_dict().items():
        assert torch.equal(value, sharp.state_dict()[name]), name
    answer, before = sharp.freeze().predict(IMAGE).maps, blunt.freeze().predict(IMAGE).maps
    assert answer is not None and before is not None and answer.classes is not None and before.classes is not None
    assert torch.equal(answer.position_mm, before.position_mm) and torch.equal(answer.mask, before.mask)
    assert answer.classes.shape == (2, len(CLASSES), 64, 64) and not torch.allclose(answer.classes, before.classes)


def test_frozen_its_answer_is_told_of_by_the_features_too() -> None:
    _, sharp = pair()
    torch.nn.init.normal_(sharp.sharper.head.weight)
    image = IMAGE.clone().requires_grad_()
    folded_alone = torch.zeros_like(sharp.sharper.enter[0].weight)
    folded_alone[:, :48] = sharp.sharper.enter[0].weight.detach()[:, :48]

    def slope() -> torch.Tensor:
        classes = sharp.freeze().predict(image).maps.classes
        return torch.autograd.grad(classes[:, 1].sum(), image)[0]

    all_of_it = slope()
    sharp.sharper.enter[0].weight.data = folded_alone
    assert not torch.allclose(slope(), all_of_it)


def test_it_goes_on_with_itself_and_with_nothing_else() -> None:
    blunt, sharp = pair()
    assert Pix2Vertex(CONFIG).begin_with(sharp)
    assert not blunt.begin_with(sharp)
    assert not sharp.begin_with(Pix2Vertex(replace(BLUNT, widths=(16, 32))))


def test_another_size_is_seen_at_the_networks() -> None:
    _, sharp = pair()
    classes = sharp.freeze().predict(resized(IMAGE, 128)).maps.classes
    assert classes.shape == (2, len(CLASSES), 128, 128)
    torch.testing.assert_close(classes.sum(1), torch.ones(2, 128, 128))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"parser": False}, "sharper needs a U-Net with a parser"),
        ({"architecture": "resnet", "fine": 0}, "sharper needs a U-Net with a parser"),
        ({"coarser": 3, "size": 96, "unshuffle": 4}, "sharper needs an unshuffle that coarser divides"),
        ({"sharper": 33}, "33 channels don't divide into groups"),
    ],
)
def test_what_can_not_be_sharpened_is_refused(changes: dict[str, object], line: str) -> None:
    with pytest.raises(UserError, match=line):
        replace(CONFIG, **changes)
