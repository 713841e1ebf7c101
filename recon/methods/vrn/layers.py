"""The stacked hourglass (Newell et al., 2016), of which VRN is made; a stem and a way back that VRN's text lost."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from recon.methods.prnet.layers import Smooth, in_float32, norm_of


class Residual(nn.Module):
    """Norm, ReLU and convolution thrice, 1x1 k/2, 3x3 k/2, 1x1 k, beside a shortcut. (B, c, H, W) -> (B, k, H, W)."""

    def __init__(self, channels_in: int, channels_out: int, norm: str):
        super().__init__()
        half = channels_out // 2
        self.body = nn.Sequential(
            *(norm_of(norm, channels_in), nn.ReLU(), nn.Conv2d(channels_in, half, 1, bias=False)),
            *(norm_of(norm, half), nn.ReLU(), nn.Conv2d(half, half, 3, padding=1, bias=False)),
            *(norm_of(norm, half), nn.ReLU(), nn.Conv2d(half, channels_out, 1)),
        )
        self.shortcut = nn.Conv2d(channels_in, channels_out, 1) if channels_in != channels_out else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.body(x)


class Hourglass(nn.Module):
    """Down by `levels` halvings and up again, each level joined by a residual module. (B, k, H, W) -> same."""

    def __init__(self, channels: int, levels: int, norm: str):
        super().__init__()
        self.beside = Residual(channels, channels, norm)
        self.before = Residual(channels, channels, norm)
        self.inner = Hourglass(channels, levels - 1, norm) if levels > 1 else Residual(channels, channels, norm)
        self.after = Residual(channels, channels, norm)

    def forward(self, x: Tensor) -> Tensor:
        low = self.after(self.inner(self.before(F.max_pool2d(x, 2))))
        return self.beside(x) + F.interpolate(low, scale_factor=2, mode="nearest")


class Refined(nn.Module):
    """One of the stack: x + the hourglass of x, after a residual module and a 1x1 convolution. (B, k, H, W) -> same.

    Newell's joins also remap an intermediate prediction; VRN makes none.
    """

    def __init__(self, channels: int, levels: int, norm: str):
        super().__init__()
        self.hourglass = Hourglass(channels, levels, norm)
        self.join = nn.Sequential(Residual(channels, channels, norm), nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.join(self.hourglass(x))


def stem(channels_in: int, width: int, kernel: int, norm: str) -> nn.Sequential:
    """(B, c, S, S) -> (B, width, S/4, S/4): Newell's, which we take in place of what the text lost.

    A convolution with stride 2 to width/4 channels, norm, ReLU; a residual module to width/2; a maximum over 2x2;
    residual modules of width/2 and of width.
    """
    first = nn.Conv2d(channels_in, width // 4, kernel, 2, kernel // 2, bias=False)
    return nn.Sequential(
        *(first, norm_of(norm, width // 4), nn.ReLU(), Residual(width // 4, width // 2, norm), nn.MaxPool2d(2)),
        *(Residual(width // 2, width // 2, norm), Residual(width // 2, width, norm)),
    )


class WayBack(nn.Module):
    """(B, width, H, W) -> (B, k, H 2^doublings, ...) float32 logits. Ours: the text says nothing of it.

    For each doubling a 1x1 convolution, bilinear doubling, a 3x3 convolution, norm, ReLU; then a 1x1 convolution, which
    runs outside autocast.
    """

    def __init__(self, width: int, channels_out: int, doublings: int, norm: str):
        super().__init__()
        self.larger = nn.Sequential(*(Smooth(width, width, norm, 2) for _ in range(doublings)))
        self.head = nn.Conv2d(width, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        return in_float32(self.head, self.larger(x))
