"""The adversarial objective of equation 6 in two forms that train stably, and what the discriminator's input goes
through.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from kornia import augmentation as kornia
from torch import Tensor, nn

from synth2real.gan.config import AdversarialConfig

Logits = tuple[Tensor, ...]  # one tensor a head, any shape, first dimension the batch


def discriminator_loss(real: Logits, fake: Logits, form: str) -> Tensor:
    """max_D of equation 6, averaged over each head and summed over heads: a scalar to minimise.

    nonsaturating: softplus(-D(y)) + softplus(D(G(x))); hinge: relu(1 - D(y)) + relu(1 + D(G(x))).
    """
    if form == "hinge":
        return _sum(F.relu(1 - y).mean() + F.relu(1 + g).mean() for y, g in zip(real, fake, strict=True))
    return _sum(F.softplus(-y).mean() + F.softplus(g).mean() for y, g in zip(real, fake, strict=True))


def generator_loss(fake: Logits, form: str) -> Tensor:
    """min_G of equation 6: softplus(-D(G(x))) in place of log(1 - D(G(x))), whose gradient vanishes; hinge:
    -D(G(x)).
    """
    if form == "hinge":
        return _sum(-g.mean() for g in fake)
    return _sum(F.softplus(-g).mean() for g in fake)


def r1_penalty(discriminator: nn.Module, image: Tensor) -> Tensor:
    """1/2 E |grad_y D(y, c)|^2 over photos y: a scalar. D is the sum of the heads' means; image (B, 3 + k, H, W), the
    photos and beside them the k channels c that D is shown.

    For a linear D(y) = <w, y> it is |w|^2 / 2.
    """
    image = image.detach().requires_grad_()
    score = _sum(logits.flatten(1).mean(1).sum() for logits in discriminator(image))
    (gradient,) = torch.autograd.grad(score, image, create_graph=True)
    return 0.5 * gradient[:, :3].square().sum((1, 2, 3)).mean()


def augmentation(config: AdversarialConfig) -> nn.Module:
    """Differentiable augmentation of (B, 3 + k, H, W): images in [-1, 1], 0 where there is nothing to see, and k maps
    that move with them.
    """
    if not config.augment:
        return nn.Identity()
    return nn.Sequential(_Colour(config.colour), _Shift(config.shift), _Cut())


class _Colour(nn.Module):
    """Gain and shift of each channel. kornia's colour changes clamp to [0, 1]: wrong for [-1, 1] and for G's
    gradients.
    """

    def __init__(self, amount: float):
        super().__init__()
        self.amount = amount

    def forward(self, image: Tensor) -> Tensor:
        colours, maps = image[:, :3], image[:, 3:]
        gain = 1 + self.amount * (2 * torch.rand_like(colours[:, :, :1, :1]) - 1)
        shift = self.amount * (2 * torch.rand_like(colours[:, :1, :1, :1]) - 1)
        # what the window hides stays hidden
        return torch.cat([gain * colours + shift * (colours != 0), maps], 1)


class _Shift(nn.Module):
    """Moved by whole pixels: nothing is blurred that D should see, and a copy costs a tenth of kornia's sampling."""

    def __init__(self, share: float):
        super().__init__()
        self.share = share

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        reach = round(self.share * width)
        around = F.pad(image.permute(0, 2, 3, 1), (0, 0, reach, reach, reach, reach))
        corners = torch.randint(2 * reach + 1, (len(image), 2)).tolist()
        moved = [one[y : y + height, x : x + width] for one, (y, x) in zip(around, corners, strict=True)]
        return torch.stack(moved).permute(0, 3, 1, 2)


class _Cut(nn.Module):
    """A rectangle of half of the images is hidden, cut once for all their channels."""

    def __init__(self) -> None:
        super().__init__()
        self.erase = kornia.RandomErasing((0.02, 0.12), p=0.5)

    def forward(self, image: Tensor) -> Tensor:
        return image * self.erase(torch.ones_like(image[:, :1], memory_format=torch.contiguous_format))


def _sum(terms) -> Tensor:
    return torch.stack(list(terms)).sum()
