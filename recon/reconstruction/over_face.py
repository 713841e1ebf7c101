"""What lies over a face in its photo, which is none of its skin: glasses, hands, hair. A network's parser tells it."""

from __future__ import annotations

import cv2
import numpy as np

from recon.faces.parsing import CLASSES
from recon.photos.framing import Framing
from recon.photos.region import Region

GLASSES = CLASSES.index("glasses")
OTHERS = tuple(CLASSES.index(name) for name in ("hair", "occluder", "clothes"))
JOIN_SHARE = 0.012  # of the crop's side: rims break where light falls on them
LEAST_SPAN = 0.45  # of the face's width
RIM_SHARE = 0.008  # of the crop's side: an edge of glasses is so soft, and its shadow falls so far


def over_face(classes: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """(S, S) float32 0/1: where something lies over a face in its crop.

    Args:
        classes: (S, S) int, codes of `recon.faces.parsing.CLASSES`. inside: (S, S) bool, where the network sees the
            face itself: but for glasses, whose rims are thin, it must not see the face where something lies over it
            (parsers draw the line of the hair too low).
    """
    over = glasses_in(classes, inside) | (np.isin(classes, OTHERS) & ~inside)
    return grown(over, RIM_SHARE).astype(np.float32)


def glasses_in(classes: np.ndarray, face: np.ndarray) -> np.ndarray:
    """(S, S) bool: the glasses on a face (S, S) bool, which reach from one side of it to the other, with their arms.
    Brows and shadows that a parser takes for rims do not."""
    seen = classes == GLASSES
    _, parts, stats, centres = cv2.connectedComponentsWithStats(grown(seen, JOIN_SHARE), connectivity=8)
    rims = stats[:, cv2.CC_STAT_WIDTH] >= LEAST_SPAN * face.any(0).sum()
    rims[0] = False  # what is none
    worn = rims.copy()
    for top, height in stats[rims][:, [cv2.CC_STAT_TOP, cv2.CC_STAT_HEIGHT]]:
        worn[1:] |= (centres[1:, 1] >= top) & (centres[1:, 1] < top + height)
    return seen & worn[np.asarray(parts, np.intp)]


def grown(there: np.ndarray, share: float) -> np.ndarray:
    """(S, S) uint8 0/1: the places and what is near them, in shares of the side."""
    reach = 2 * max(1, round(share * len(there))) + 1
    return cv2.dilate(there.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))


def in_region(over: np.ndarray, framing: Framing, region: Region) -> np.ndarray:
    """(h, w) float32 in [0, 1]: a crop's map (S, S) on the pixels of the photo's part; 0 beyond the crop."""
    to_region = region.framing(framing).to_photo(len(over))
    # cv2 counts from the middle of a pixel, the transform from its corner.
    shift = to_region(np.array([0.5, 0.5])) - 0.5
    matrix = np.column_stack([to_region.scale * to_region.rotation, shift])
    return cv2.warpAffine(over, matrix, region.pixels.shape[1::-1], flags=cv2.INTER_LINEAR)
