"""What a space of skins says of itself: whose photos, under which licences, of which tones, and how near its draws come
to any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from recon.people.skin.texture import SkinSpace
from recon.skins.learn import Learnt, joined_pattern

NEAR = ("draw_least", "draw_median", "photo_least", "photo_median")
DRAWS, COMPARED_PX = 200, 64
TONES = (("very light", 55), ("light", 41), ("intermediate", 28), ("tan", 10), ("brown", -30), ("dark", -91))
"""Names of tones and the least individual typology angle of each, degrees (Chardon et al. 1991)."""
SHARED, LEAST_SHARED = 0.2, 0.3  # trust from which on a texel is compared, and their share of a photo that is


def card_of(learnt: Learnt, photos: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The card. photos: photo, sha256, licence and attribution of each that was used."""
    return {
        "photos": list(photos),
        "licences": dict(Counter(one.get("licence", "") or "unknown" for one in photos).most_common()),
        "tones": tones_of(np.stack([one.tone for one in learnt.albedos])),
        "tones_said": "as photographed: each camera's exposure and white balance are in them",
        "at_rest": round(float((learnt.rest > 0.5).mean()), 3),
        "modes": len(learnt.space.modes),
        "noise": round(learnt.factors.noise, 4),
        "likeness": likeness_of(learnt),
    }


def tones_of(tones: np.ndarray) -> dict[str, float]:
    """The share of each of TONES among skins' logs of linear colour (n, 3)."""
    shown = np.exp(tones).clip(0, 1).astype(np.float32) ** np.float32(1 / 2.2)
    light, _, yellow = cv2.cvtColor(shown[None], cv2.COLOR_RGB2LAB)[0].T
    angle = np.degrees(np.arctan2(light - 50, np.maximum(yellow, 1e-3)))
    names = [next((name for name, least in TONES if one > least), TONES[-1][0]) for one in angle]
    return {name: round(names.count(name) / len(names), 3) for name, _ in TONES}


def likeness_of(learnt: Learnt) -> dict[str, float]:
    """How near DRAWS skins come to photos' skins, and these to one another: root mean square of log albedo where a
    photo shows skin, of the least distant."""
    own = [joined_pattern(one, learnt.space) for one in learnt.albedos]
    photos = np.stack([compared(one) for one in own])
    trust = np.stack([compared(one.trust[..., None])[..., 0] > SHARED for one in learnt.albedos])
    covered = compared(learnt.space.cover[..., None].astype(np.float32))[..., 0] > 250
    trust &= covered
    enough = trust.sum((1, 2)) > LEAST_SHARED * covered.sum()  # of a few texels anybody's are alike
    if not enough.any():
        return dict.fromkeys(NEAR, float("nan"))
    photos, trust = photos[enough], trust[enough]
    draws = nearest_of(learnt.space, photos, trust)
    among = distances(photos, photos, trust)
    np.fill_diagonal(among, np.inf)
    others = among.min(1) if len(photos) > 1 else np.array([np.nan])
    found = draws.min(), np.median(draws), others.min(), np.median(others)
    return {name: round(float(value), 4) for name, value in zip(NEAR, found, strict=True)}


def nearest_of(space: SkinSpace, photos: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """(DRAWS,) the distance of each draw to the nearest photo, or to its mirror image."""
    drawn = np.stack([compared(space.draw(seed)) for seed in range(DRAWS)])
    mirrored = distances(drawn[:, :, ::-1], photos, trust)
    return np.minimum(distances(drawn, photos, trust), mirrored).min(1)


def distances(drawn: np.ndarray, photos: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """(d, n) root mean square between pictures (d, s, s, 3) and photos (n, s, s, 3) where these are trusted."""
    weight = trust.reshape(len(trust), -1).astype(np.float64)
    one, other = drawn.reshape(len(drawn), -1, 3), photos.reshape(len(photos), -1, 3)
    total = (one**2).sum(-1) @ weight.T + (weight * (other**2).sum(-1)).sum(1)
    total -= 2 * np.einsum("dpc,npc,np->dn", one, other, weight, optimize=True)
    return np.sqrt(np.maximum(total, 0) / np.maximum(3 * weight.sum(1), 1))


def compared(picture: np.ndarray) -> np.ndarray:
    """A picture (SIDE, SIDE, c) at COMPARED_PX."""
    small = cv2.resize(picture, (COMPARED_PX, COMPARED_PX), interpolation=cv2.INTER_AREA)
    return small.reshape(COMPARED_PX, COMPARED_PX, -1)
