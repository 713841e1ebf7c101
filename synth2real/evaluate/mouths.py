"""Whether a translation opened mouths or painted smiles: what a generator learns from photos of people who smile.

    opened     of the renders with closed lips (teeth and the mouth's inside are at most CLOSED of the labels' face: the
               line between lips), the share in whose image a judge's parser sees them on more than OPEN of it
    raised     of the renders that do not smile (both units of the smile below UNSMILING), the share in whose image the
               corners of the mouth lie higher by more than RAISED mouth widths, as a judge's correspondence shows them;
               it stands for a network that reads expressions, of which none is bundled

The renders' own row is what the judge sees where nothing was changed: the floor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recon.evaluate.results import Figure
from recon.faces import load
from recon.faces.parsing import CLASS_OF_REGION
from recon.methods.base import Reconstructor
from recon.synthesis.record import Record
from synth2real.photos.traits import OPEN, mouth_inside, parsed

CLOSED = OPEN / 2
UNSMILING = 0.1
RAISED = 0.05
SMILES = ("mouthSmileLeft", "mouthSmileRight")
CORNERS, MIDDLES = (48, 54), (51, 57)  # of the 68 from 0: the mouth's corners, the middle of its upper and lower rim
Z = 1.96  # of a 95 % interval


def opened(network: Reconstructor, records: Sequence[Record], images: np.ndarray) -> np.ndarray:
    """(N,) float: 1 where the network's parser sees an open mouth in the image of a render with closed lips, 0 where it
    does not, NaN where the render's are open. images (N, S, S, 3) uint8.
    """
    shut = np.array([closed_lips(record) for record in records])
    seen = np.full(len(records), np.nan)
    if shut.any():
        seen[shut] = mouth_inside(parsed(network, images[shut])[0]) > OPEN
    return seen


def closed_lips(record: Record) -> bool:
    """Whether the labels show teeth and the mouth's inside on no more than CLOSED of the face."""
    return bool(mouth_inside(CLASS_OF_REGION[record.region][None])[0] <= CLOSED)


def raised(records: Sequence[Record], shapes: np.ndarray, originals: np.ndarray) -> np.ndarray:
    """(N,) float: 1 where the mouth's corners rose in the image of a face that does not smile, 0 where they did not,
    NaN where it smiles, or is not seen. shapes, originals (N, 68, 2) px: the landmarks in images and renders.
    """
    names = load("default").expression_names
    units = [names.index(name) for name in SMILES]
    unsmiling = np.array([record.expression[units].max() < UNSMILING for record in records])
    rose = lift(shapes) - lift(originals)
    return np.where(unsmiling & np.isfinite(rose), rose > RAISED, np.nan)


def lift(shapes: np.ndarray) -> np.ndarray:
    """(N,) float: how far the mouth's corners lie above the middle of its rims, in mouth widths, across the line
    between them. shapes (N, 68, 2) px, y down.
    """
    right, left = (shapes[:, corner] for corner in CORNERS)
    across, below = left - right, shapes[:, MIDDLES].mean(1) - (left + right) / 2
    return (across[:, 0] * below[:, 1] - across[:, 1] * below[:, 0]) / (across**2).sum(-1)


def share_figure(name: str, label: str, hits: np.ndarray, group: str) -> Figure | None:
    """The share of `hits` (N,) float 0/1, NaN left out, in per cent with its 95 % interval (Wilson 1927),
    which is right where there are none at all; None without any value.
    """
    kept = hits[np.isfinite(hits)]
    if not len(kept):
        return None
    n, share = len(kept), float(kept.mean())
    middle, spread = share + Z**2 / (2 * n), Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    low, high = (100 * float((middle + sign * spread) / (1 + Z**2 / n)) for sign in (-1, 1))
    return Figure(name, label, "%", 100 * share, n, max(low, 0.0), high, group=group)
