import math

import pytest
import torch
from torch import nn

from synth2real.gan.adversarial import AdversarialConfig, augmentation, discriminator_loss, generator_loss, r1_penalty


class Linear(nn.Module):
    """D(y) = <w, y>, one head."""

    def __init__(self, size: int):
        super().__init__()
        self.w = nn.Parameter(torch.randn(3, size, size, dtype=torch.float64))

    def forward(self, image):
        return ((image * self.w).sum((1, 2, 3))[:, None],)


def test_r1_of_a_linear_discriminator_is_half_its_squared_norm():
    discriminator = Linear(4)
    image = torch.rand(5, 3, 4, 4, dtype=torch.float64)
    torch.testing.assert_close(r1_penalty(discriminator, image), 0.5 * discriminator.w.square().sum())


def test_r1_gradient_against_finite_differences():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Conv2d(4, 1, 2)).double()
    image = torch.rand(2, 3, 4, 4, dtype=torch.float64)
    weight = next(network.parameters())

    def penalty(values):
        return r1_penalty(
            _Functional(lambda y: (torch.func.functional_call(network, {"0.weight": values}, (y,)),)), image
        )

    assert torch.autograd.gradcheck(penalty, (weight.detach().clone().requires_grad_(),))


class _Functional(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, image):
        return self.function(image)


@pytest.mark.parametrize(
    ("form", "fooled", "undecided"), [("nonsaturating", 0.0, 2 * math.log(2)), ("hinge", 0.0, 2.0)]
)
def test_losses_at_the_ends(form, fooled, undecided):
    sure, zero = torch.full((4, 1), 100.0), torch.zeros(4, 1)
    assert float(discriminator_loss((sure,), (-sure,), form)) == pytest.approx(fooled)
    assert float(discriminator_loss((zero,), (zero,), form)) == pytest.approx(undecided)
    assert float(generator_loss((sure,), form)) < float(generator_loss((zero,), form))


def test_the_generator_learns_even_where_the_discriminator_is_sure():
    logits = torch.full((1, 1), -30.0, requires_grad=True)
    generator_loss((logits,), "nonsaturating").backward()
    assert logits.grad is not None and float(logits.grad) == pytest.approx(-1.0)


def test_augmentation_is_differentiable_and_keeps_the_hidden_hidden():
    torch.manual_seed(0)
    image = torch.zeros(8, 3, 32, 32)
    image[:, :, 12:20, 12:20] = torch.rand(8, 3, 8, 8) - 0.5
    image.requires_grad_()
    seen = augmentation(AdversarialConfig())(image)
    seen.sum().backward()
    assert image.grad is not None and image.grad.abs().sum() > 0
    assert (seen == 0).float().mean() > 0.8  # 64 of 1024 pixels are visible, moved by at most 3 px
    assert not torch.equal(seen[0], seen[1])
    assert torch.equal(augmentation(AdversarialConfig(augment=False))(image), image)


def test_maps_move_with_the_image_and_keep_their_values():
    torch.manual_seed(0)
    image = torch.zeros(8, 5, 32, 32)
    image[:, :, 12:20, 12:20] = 1  # a map of ones and an image that is white at the same place
    seen = augmentation(AdversarialConfig(shift=0.25))(image)
    assert torch.equal(seen[:, 0] != 0, seen[:, 3] != 0) and torch.equal(seen[:, 3], seen[:, 4])
    assert float(seen[:, 3].max()) <= 1 + 1e-5 and not torch.equal(seen[:, 0], seen[:, 3])


def test_r1_is_of_the_image_alone():
    discriminator = Linear(4)
    discriminator.w = nn.Parameter(torch.randn(5, 4, 4, dtype=torch.float64))
    view = torch.rand(5, 5, 4, 4, dtype=torch.float64)
    torch.testing.assert_close(r1_penalty(discriminator, view), 0.5 * discriminator.w[:3].square().sum())
