"""The face's place in a photo, and what lies over it there: hair, glasses, hands, a beard, with soft edges.

A parser names them. Without one, what the fitted face claims and the network does not see as face is covered.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from recon.faces.model import REGIONS
from recon.faces.parsing import CLASSES
from recon.reconstruction.over_face import glasses_in

ROOTED = ("hair", "occluder", "clothes")  # classes that come over a face from beyond it
FEATURES = ("lips", "brows", "eyes", "mouth_inside", "teeth")  # that are a face's wherever they are
INNER = tuple(REGIONS.index(name) for name in ("mouth_inside", "teeth"))
REACH_SHARE = 0.016  # of the side: how far about an edge of hair its strands go
FAR_SHARE = 0.05  # of the side: over which hair and skin are told apart by colour
SMALLEST_SHARE = 4e-4  # of the picture: what is smaller is a slip of the parser
LEAST_BEARD, LEAST_BARE = 0.06, 0.04  # of the face: what is smaller is a piece of a beard, no face seen through hair
RIM_SHARE = 0.02  # of the side: so far from its outline the fit may be wrong about where the face ends
CONTRAST = 0.12  # of colours, at which an edge tells its alpha itself
COARSE = 4.0  # sigmas in coarse pixels
FULL, NONE = 250, 6  # alpha, of 255, taken for all and for nothing


@dataclass(frozen=True)
class Cover:
    """over: (S, S) uint8 alpha of 255, 0 beyond the face; colours: (S, S, 3) float32 sRGB in [0, 1] of what lies over
    it, where `over` is above 0; elsewhere nothing is said."""

    over: np.ndarray
    colours: np.ndarray


def of_classes(names: tuple[str, ...], classes: np.ndarray) -> np.ndarray:
    """(S, S) bool: where the classes (S, S) uint8 are of these names."""
    return np.isin(classes, [CLASSES.index(name) for name in names])


def face_area(labels: dict[str, np.ndarray], visible: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    """(S, S) bool: where the face is, seen or covered: the fitted mesh's, and what else a network takes for it.

    Args:
        labels: of the fitted face, `recon.fitting.labelled.drawn`. visible: (S, S) bool, where the network sees it.
        classes: (S, S) uint8 of its parser, or None.
    """
    size = len(visible)
    area = labels["amodal_mask"] | np.isin(labels["region"], INNER)
    rim = cv2.dilate(area.astype(np.uint8), disc(round(3 * RIM_SHARE * size))) > 0
    area |= visible & rim
    if classes is not None:
        area |= of_classes(FEATURES, classes) & rim
        inner = cv2.erode(area.astype(np.uint8), disc(round(RIM_SHARE * size)), borderValue=1) > 0
        area &= inner | visible | ~of_classes(("background",), classes)
    area = cv2.morphologyEx(area.astype(np.uint8), cv2.MORPH_CLOSE, disc(round(RIM_SHARE * size))) > 0
    return np.asarray(ndimage.binary_fill_holes(largest(area)))


def covered(area: np.ndarray, visible: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    """(S, S) bool: where something lies over the face, with hard edges, as far as parser or network say."""
    size, glasses = len(area), np.zeros_like(area)
    if classes is None:
        sliver = disc(max(1, round(RIM_SHARE * size / 2)))
        over = cv2.morphologyEx((area & ~visible).astype(np.uint8), cv2.MORPH_OPEN, sliver) > 0
    else:
        rooted, beard = (area & of_classes(names, classes) for names in (ROOTED, ("facial_hair",)))
        over = parts_of(rooted, touching=~area)  # hair in the middle of a face is a slip
        over |= parts_of(beard, least_px=LEAST_BEARD * float(area.sum()))
        glasses = area & glasses_in(classes, area)
    over = parts_of(over | glasses, least_px=SMALLEST_SHARE * size * size)
    seen = parts_of(area & ~(over & ~glasses), least_px=LEAST_BARE * float(area.sum()))
    return over | area & ~seen  # a small gap in hair is hair; what a rim goes around is the eye behind it


def cover_of(rgb: np.ndarray, area: np.ndarray, visible: np.ndarray, classes: np.ndarray | None) -> Cover:
    """What lies over the face. rgb: (S, S, 3) uint8; the others as in `face_area`, and what it gave."""
    over = covered(area, visible, classes)
    image = rgb.astype(np.float32) / 255
    if not over.any():
        return Cover(np.zeros(area.shape, np.uint8), image)
    beside = over if classes is None else over | of_classes(ROOTED, classes) & ~area
    if classes is not None:
        far = FAR_SHARE * len(rgb)
        over = over & ~skin_taken_for_hair(image, *sides(image, area, over, beside, far), area, over, classes)
        hair = over & of_classes(("hair",), classes)
        over = over & ~hair | parts_of(hair, touching=~area)  # wrinkles of that forehead
    reach = max(2.0, REACH_SHARE * len(rgb))
    things, bare = sides(image, area, over, over | beside & ~area, reach)
    alpha = edge_alpha(image, things, bare, distance(over | beside & ~area), distance(~over), reach)
    levels = np.round(255 * np.where(area, alpha, 0))
    levels = np.where(levels >= FULL, 255, np.where(levels <= NONE, 0, levels)).astype(np.uint8)
    own = np.clip(2 * alpha - 1, 0, 1)[..., None]  # a pixel half covered shows half the face: not its own colour
    return Cover(levels, (own * image + (1 - own) * things).astype(np.float32))


def sides(
    image: np.ndarray, area: np.ndarray, over: np.ndarray, beside: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """(S, S, 3) each: the colours of `beside` (S, S) bool, what lies over the face and goes on beyond it, and of the
    bare face, as they are within about `reach` px, the further from their edge the more."""
    things = nearby(image, beside * np.minimum(distance(beside), reach) ** 2, reach)
    return things, nearby(image, (area & ~over) * np.minimum(distance(~over), reach) ** 2, reach)


def skin_taken_for_hair(
    image: np.ndarray, things: np.ndarray, bare: np.ndarray, area: np.ndarray, over: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    """(S, S) bool: of `over`, what a parser calls hair though it joins bare skin and has its colour.

    Parsers draw the line of the hair too low on foreheads; what stayed there would be the old face's.
    """
    mixed, sure = mixture(image, things, bare)
    like_skin = over & of_classes(("hair",), classes) & (mixed < 0.5) & (sure > 0.5)
    joined = largest(area & ~over | like_skin)
    return joined & like_skin


def mixture(image: np.ndarray, things: np.ndarray, bare: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(S, S) each: the share of `things` (S, S, 3) in a mixture with `bare`, and how well that is told, both 0 to 1."""
    apart = things - bare
    length = (apart**2).sum(-1)
    share = np.clip(((image - bare) * apart).sum(-1) / np.maximum(length, 1e-6), 0, 1)
    return share, length / (length + CONTRAST**2)


def edge_alpha(
    image: np.ndarray, things: np.ndarray, bare: np.ndarray, inside: np.ndarray, outside: np.ndarray, reach: float
) -> np.ndarray:
    """(S, S) float32 alpha: along an edge, where a pixel's colour lies between those of both sides, (S, S, 3) each.

    inside, outside: (S, S) px to the edge, 0 on the other side. Where both sides look alike the parser's edge stays.
    """
    mixed, sure = mixture(image, things, bare)
    step = np.clip(0.5 + (inside - outside) / 3, 0, 1)  # three pixels wide
    alpha = sure * mixed + (1 - sure) * step
    near = np.clip(1.6 - 1.6 * np.maximum(inside, outside) / reach, 0, 1)  # beyond its reach nothing is mixed
    return (near * alpha + (1 - near) * (inside > 0)).astype(np.float32)


def nearby(image: np.ndarray, weights: np.ndarray, reach: float) -> np.ndarray:
    """(S, S, 3) float32: the mean colour of what has weight (S, S), over about `reach` px, further where there is
    none."""
    found = np.zeros_like(image)
    weights = weights.astype(np.float32)
    for width in (8 * reach, 3 * reach, reach):
        total = blurred(weights, width)[..., None]
        mean = blurred(image * weights[..., None], width) / np.maximum(total, 1e-9)
        share = np.clip(total / 0.05, 0, 1)
        found = share * mean + (1 - share) * found
    return found


def blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    """(S, S, ...) float32 under a Gaussian of `sigma` px; a wide one on a coarser grid, which shows no difference."""
    step = max(1, int(sigma / COARSE))
    if step == 1:
        return cv2.GaussianBlur(values, (0, 0), sigma)
    side = -(-len(values) // step)
    coarse = cv2.resize(values, (side, side), interpolation=cv2.INTER_AREA)
    coarse = cv2.GaussianBlur(coarse, (0, 0), sigma * side / len(values))
    return cv2.resize(coarse, values.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def disc(radius: int) -> np.ndarray:
    """A round structuring element."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)


def distance(there: np.ndarray) -> np.ndarray:
    """(S, S) float32 px from each pixel of `there` to the nearest that is not; the sides' sum where all are there."""
    return np.minimum(cv2.distanceTransform(there.astype(np.uint8), cv2.DIST_L2, 5), sum(there.shape))


def largest(area: np.ndarray) -> np.ndarray:
    """The largest connected part of (S, S) bool."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(area.astype(np.uint8), connectivity=4)
    return area if count < 2 else parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))


def parts_of(there: np.ndarray, least_px: float = 0.0, touching: np.ndarray | None = None) -> np.ndarray:
    """(S, S) bool: the connected parts of `there` of at least so many pixels, and beside a pixel of `touching`."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(there.astype(np.uint8), connectivity=8)
    kept = stats[:, cv2.CC_STAT_AREA] >= least_px
    if touching is not None:
        beside = np.unique(parts[cv2.dilate(touching.astype(np.uint8), np.ones((3, 3))) > 0])
        kept &= np.isin(np.arange(len(kept)), beside)
    kept[0] = False
    return kept[np.asarray(parts, np.intp)]
