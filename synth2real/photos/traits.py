"""What photos are balanced by: is the mouth open, how light is the skin, are there glasses.

Photos are read by the frozen network's parser, renders by their labels, but glasses in both by the edges of their rims:
a parser that misses thin rims would leave all photos with glasses in one group with the others.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch

from recon.faces.parsing import CLASSES
from recon.methods.base import Reconstructor, device_of
from synth2real.photos.glasses import without_glasses

BATCH = 16
FACE = tuple(CLASSES.index(name) for name in ("skin", "lips", "brows", "eyes", "mouth_inside", "teeth", "facial_hair"))
MOUTH_INSIDE = tuple(CLASSES.index(name) for name in ("mouth_inside", "teeth"))
SKIN = CLASSES.index("skin")
OPEN = 0.002  # share of the face's pixels that show teeth or the mouth's inside; of more the mouth is open
LIGHT_DEG, DARK_DEG = 41.0, 10.0  # typology angles above which skin is light, below which it is dark
GROUPS = {"mouth": ("closed", "open"), "tone": ("dark", "tan", "light"), "glasses": ("none", "worn")}
"""Trait -> the names of its groups; a group's number is its place."""


@torch.no_grad()
def parsed(network: Reconstructor, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the network's parser sees: classes (N, S, S) uint8, and its face mask (N, S, S) bool.

    images (N, S, S, 3) uint8; the network must have a parser.
    """
    classes, masks = [], []
    for start in range(0, len(images), BATCH):
        batch = torch.from_numpy(images[start : start + BATCH]).permute(0, 3, 1, 2).float() / 255
        maps = network.predict(batch.to(device_of(network))).maps
        assert maps is not None and maps.classes is not None
        classes.append(maps.classes.argmax(1).byte().cpu().numpy())
        masks.append((maps.mask[:, 0] > 0.5).cpu().numpy())
    return np.concatenate(classes), np.concatenate(masks)


def mouth_inside(classes: np.ndarray) -> np.ndarray:
    """(N,) float: the mouth's inside and teeth, a share of all that is of the face; 0 without a face.

    classes (N, S, S) uint8, codes of `recon.faces.parsing.CLASSES`.
    """
    face = np.isin(classes, FACE).sum((1, 2))
    return np.isin(classes, MOUTH_INSIDE).sum((1, 2)) / np.maximum(face, 1)


def tone_deg(image: np.ndarray, skin: np.ndarray) -> float:
    """Individual typology angle atan2(L* - 50, b*) of the median colour of the skin, in degrees (Chardon et al. 1991):
    above 41 light, below 10 dark. NaN without skin.

    image (S, S, 3) uint8 sRGB; skin (S, S) bool.
    """
    if not skin.any():
        return float("nan")
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lightness, _, blue_yellow = np.median(lab[skin], axis=0)
    return float(np.degrees(np.arctan2(lightness - 50, blue_yellow)))


def traits_of(images: np.ndarray, classes: np.ndarray, masks: np.ndarray) -> dict[str, np.ndarray]:
    """The number of each image's group, (N,) int, for every trait of GROUPS.

    images (N, S, S, 3) uint8, framed; classes (N, S, S) codes of `recon.faces.parsing.CLASSES` and masks (N, S, S) bool
    of the face: of photos as the parser sees them, of renders the labels.
    """
    tones = np.array([tone_deg(*one) for one in zip(images, (classes == SKIN) & masks, strict=True)])
    return {
        "mouth": (mouth_inside(classes) > OPEN).astype(int),
        "tone": np.digitize(np.nan_to_num(tones, nan=25.0), (DARK_DEG, LIGHT_DEG)),
        "glasses": (~without_glasses(images)).astype(int),
    }
