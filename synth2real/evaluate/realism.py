"""Realism without downloads: a classifier two-sample test (Lopez-Paz and Oquab 2017) between two sets of images.

The same small network is trained to tell one half of A from one half of B and tested on the other halves. An accuracy
of 0.5 means that it can't; what counts is how far translation brings the renders' accuracy down to that of photos
against photos. Every image is turned, shifted and mirrored at random before each look, in training and testing, so
that framing is not what tells the sets apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recon.progress import tracked
from synth2real.photos.batches import turned

SIDE = 64  # px
Box = tuple[float, float, float, float]  # left, top, right, bottom, shares of the side
INNER_FACE = (0.25, 0.35, 0.75, 0.85)  # brows to lower lip of a framed face
VIEWS: dict[str, Box | None] = {"whole": None, "inner": INNER_FACE}
STEPS = 160
BATCH = 50
RATE = 2e-3
SEEDS = (0, 1, 2)
TURN_RAD, SHIFT, LOOKS = 0.17, 0.05, 2


def accuracies(
    rows: Mapping[str, np.ndarray], photos: np.ndarray, other_photos: np.ndarray | None = None
) -> tuple[dict[str, dict[str, float]], int]:
    """How well the classifier tells each row's images from photos: {row: {"whole" and "inner": accuracy}}, and of the
    row "photos", other photos, as the floor; and how many images of each kind it was given.

    rows, photos (N, S, S, 3) uint8, framed alike. other_photos: the ones that stand against `photos` as the floor;
    without them `photos` is cut into two disjoint halves. All pairs use as many images of a side, so that none has more
    to learn from. Photos that the generator's discriminator never saw make the fairer test.
    """
    if other_photos is None:
        photos, other_photos = photos[::2], photos[1::2]
    sets = {**rows, "photos": other_photos}
    count = min(len(photos), *(len(images) for images in sets.values()))
    found: dict[str, dict[str, float]] = {name: {} for name in sets}
    for view, name in tracked(list(product(VIEWS, sets)), "classifiers"):
        box = VIEWS[view]
        found[name][view] = two_sample_accuracy(_resized(sets[name][:count], box), _resized(photos[:count], box))
    return found, count


def two_sample_accuracy(a: Tensor, b: Tensor, seeds: tuple[int, ...] = SEEDS, steps: int = 0) -> float:
    """How well the classifier tells unseen images of A from unseen ones of B: accuracy in [0, 1], the mean over seeds.

    a, b (N, 3, SIDE, SIDE) float [0, 1], of equal number N >= 8. Each seed splits both sets into halves anew. steps of
    training, STEPS where 0.
    """
    if len(a) != len(b) or len(a) < 8:
        raise ValueError(f"two sets of equal size, 8 or more, are needed: {len(a)} and {len(b)}")
    with torch.random.fork_rng(devices=[]):
        return float(np.mean([_accuracy(a, b, seed, steps or STEPS) for seed in seeds]))


def _accuracy(a: Tensor, b: Tensor, seed: int, steps: int) -> float:
    torch.manual_seed(seed)
    half = len(a) // 2
    a, b = a[torch.randperm(len(a))], b[torch.randperm(len(b))]
    images, labels = torch.cat([a[:half], b[:half]]), torch.arange(2).repeat_interleave(half).float()
    unseen, truth = torch.cat([a[half:], b[half:]]), torch.arange(2).repeat_interleave(len(a) - half).float()
    network = _network()
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=RATE, total_steps=steps)
    for _ in range(steps):
        chosen = torch.randperm(len(images))[:BATCH]
        loss = F.binary_cross_entropy_with_logits(network(_jittered(images[chosen])).squeeze(1), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    network.eval()
    with torch.no_grad():
        logits = torch.stack([network(_jittered(unseen)).squeeze(1) for _ in range(LOOKS)]).mean(0)
    return float(((logits > 0) == (truth > 0.5)).float().mean())


def _network() -> nn.Module:
    layers: list[nn.Module] = []
    for channels_in, channels_out in ((3, 24), (24, 48), (48, 96)):
        layers += [
            nn.Conv2d(channels_in, channels_out, 4, stride=2, padding=1),
            nn.GroupNorm(8, channels_out),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(4 * 96, 1))


def _jittered(images: Tensor) -> Tensor:
    """Each image turned by up to TURN_RAD, shifted by up to SHIFT of the side, mirrored or not. (B, 3, H, W) ->
    same.
    """
    count = len(images)
    turn = TURN_RAD * (2 * torch.rand(count) - 1)
    mirror = torch.randint(0, 2, (count,)) * 2.0 - 1
    shift = SHIFT * images.shape[-1] * (2 * torch.rand(count, 2) - 1)
    return turned(images, turn, mirror, shift, mode="bilinear")


def _resized(images: np.ndarray, box: Box | None) -> Tensor:
    """(N, S, S, 3) uint8, cut to `box` -> (N, 3, SIDE, SIDE) float [0, 1], averaged down."""
    size = images.shape[1]
    if box is not None:
        left, top, right, bottom = (round(edge * size) for edge in box)
        images = images[:, top:bottom, left:right]
    tensor = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 255
    return F.interpolate(tensor, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
