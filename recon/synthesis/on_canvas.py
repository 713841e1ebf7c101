"""A drawn face put into a real photo whose face was taken away: the composition, and what it leaves of the labels.

The face's light is brought to the photo's tone, blurred as its edges are, laid into the warped photo with a soft
border, and gets its grain and JPEG. What lay over the face in the photo stays over it and owns its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from recon.faces.model import REGIONS
from recon.faces.parsing import CLASSES, REGION_OF_CLASS
from recon.render.harmonics import polynomials
from recon.synthesis.canvas import Canvas, canvas
from recon.synthesis.on_canvas_scene import folder_of
from recon.synthesis.on_canvas_warp import Warp, warp_between
from recon.synthesis.response import Response, degrade
from recon.synthesis.scene import Scene

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
POWER = 2.2  # of the photo's colours, as `recon.fitting.photometric` has it
SKIN = REGIONS.index("skin")
INNER = tuple(REGIONS.index(name) for name in ("mouth_inside", "teeth"))
BARE = tuple(REGIONS.index(name) for name in ("eyes", "mouth_inside", "teeth"))  # no skin: only half of its tint
LOST = tuple(CLASSES.index(name) for name in ("lips", "brows", "eyes", "mouth_inside", "teeth"))  # of the old face
COVERING = tuple(CLASSES.index(name) for name in ("hair", "facial_hair", "glasses", "occluder"))
COVERED = 0.5  # of a pixel: from there on what lies over the face owns it
BORDER = 0.03  # of the side: so far inside its contour the face is whole
NEAR, FAR = 0.05, 0.09  # of the side: about how far the photo's colours are gathered, and how far they reach in
MOST_TINT = 0.35  # of the logarithm of a colour, by which the border may change
RENDER_BLUR = 0.3  # px: what a render's own samples amount to
HAIR_PX = 2.0  # of the photo, that the edge of its hair is smoothed by
SHADE, UNDER = 0.45, 0.012  # what hair keeps of the light, and how far into the face, a share of the side
CUT_PX, SEAM = 1.2, 0.02  # px of the photo, and a share of the side: how far the cut about the old face is smoothed
ALIKE = 0.7  # of the logarithm of a colour: further off the face's tone is no bare skin
EYES = 1.2  # of the light in eyes and mouths
LIP_LIGHT = np.array([1.08, 1.1, 1.3])  # of the light on lips, which blood alone leaves less blue than in photos
CONTRAST, TOE = 1.27, (0.85, 0.26)  # of a camera's tone curve, beyond the power law; more in its toe, below a light
SPREAD = 0.5  # of the logarithm of light on a face, from which on it has contrast enough: less is added
DEEPER = 2.0  # power of the ambient occlusion: photographed faces have deeper shades about nose, eyes and mouth
SHOULDER = 0.75  # linear light above which the photo's camera rolls off


@dataclass(frozen=True)
class Plate:
    """A canvas at the size of a picture.

    Attributes:
        linear: (S, S, 3) float32, the photo without its face; shown: the same as sRGB in [0, 1].
        over: (S, S) float32 in [0, 1], what lies over the face. classes: (S, S) uint8. face: (S, S) bool.
    """

    shown: np.ndarray
    over: np.ndarray
    classes: np.ndarray
    face: np.ndarray

    def warped(self, warp: Warp) -> Plate:
        shown, over = (np.clip(warp.picture(part), 0, 1) for part in (self.shown, self.over))
        return Plate(shown, over, warp.codes(self.classes), warp.codes(self.face))


@lru_cache(maxsize=8)
def plate_of(folder: str, name: str, size: int) -> Plate:
    """A canvas of a folder at `size` pixels a side."""
    one: Canvas = canvas(folder_of(folder), name)
    way = cv2.INTER_AREA if size < one.size else cv2.INTER_CUBIC

    def at_size(image: np.ndarray, way: int) -> np.ndarray:
        return image if size == one.size else cv2.resize(image, (size, size), interpolation=way)

    over = cv2.GaussianBlur(one.over.astype(np.float32), (0, 0), HAIR_PX)  # parsers cut hair along their own pixels
    shown, over = (np.clip(at_size(part.astype(np.float32) / 255, way), 0, 1) for part in (fringed(one, over), over))
    codes = [at_size(part.astype(np.uint8), cv2.INTER_NEAREST) for part in (one.classes, one.face)]
    return Plate(shown, over, codes[0], codes[1] > 0)


def fringed(one: Canvas, over: np.ndarray) -> np.ndarray:
    """(S, S, 3) float32 of 255: the plate, in which hair over the old face ends as softly as `over` (S, S) of 255 does,
    not along a parser's pixels."""
    share, plate = over / 255, one.plate.astype(np.float32)
    edge = one.face & (share > 0.03) & (share < 0.97)
    hair, skin = (
        cv2.GaussianBlur(plate * part[..., None], (0, 0), HAIR_PX)
        / np.maximum(cv2.GaussianBlur(part, (0, 0), HAIR_PX), 1e-3)[..., None]
        for part in ((one.over > 127).astype(np.float32), (one.face & (one.over < 13)).astype(np.float32))
    )
    soft = cv2.GaussianBlur(edge.astype(np.float32), (0, 0), 0.7)[..., None] * one.face[..., None]
    return plate + soft * (np.clip(skin + share[..., None] * (hair - skin), 0, 255) - plate)


def on_canvas(
    scene: Scene, light: np.ndarray, labels: dict[str, np.ndarray]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The picture of a scene on its canvas, and the labels that hold there.

    Args:
        light: (S, S, 3) float32, what the camera receives of the head. labels: fields of `Record`, of the head alone.

    Returns:
        (S, S, 3) uint8, and the labels: as they were where the face is seen, empty elsewhere but in `amodal` ones.
    """
    assert scene.canvases is not None and scene.canvas is not None
    one, size = canvas(folder_of(scene.canvases), scene.canvas), len(light)
    plate = plate_of(scene.canvases, scene.canvas, size)
    painted = closed(labels["amodal_mask"] | np.isin(labels["region"], INNER))
    if painted.any():
        plate = plate.warped(warp_between(plate.face, painted))
    free = painted & (plate.over < COVERED)
    kept = kept_labels(labels, painted, plate)
    if not free.any():
        return np.rint(plate.shown * 255).astype(np.uint8), kept
    bare = share_of(labels["region"], BARE)
    face = contrasted(light * gains(one, light, labels, free, bare), free & labels["mask"], bare)
    face = face * (1 - SHADE * cv2.GaussianBlur(plate.over, (0, 0), UNDER * size))[..., None]
    face = blurred(face, painted, np.sqrt(max((scene.response.blur * size) ** 2 - RENDER_BLUR**2, 0)))
    depth = cv2.distanceTransform(painted.astype(np.uint8), cv2.DIST_L2, 5) / size
    plate = replace(plate, shown=softened(plate, one.tone, size / one.size))
    face = face * tint(face, plate, painted, depth)
    border = np.clip(depth / BORDER, 0, 1)
    alpha = border * border * (3 - 2 * border) * (1 - plate.over)
    return photographed(shown_of(face), plate.shown, alpha.astype(np.float32), scene.response, one.size), kept


def closed(mask: np.ndarray) -> np.ndarray:
    """The mask (S, S) bool without its holes."""
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    return filled > 0


def softened(plate: Plate, tone: np.ndarray, scale: float) -> np.ndarray:
    """(S, S, 3) the plate, its cut along the old face's contour smoothed: over a pixel or two of the photo's, and where
    there is bare skin of about `tone` (3,) on both sides, so far that no step of its colour is left.
    """
    size, inside = len(plate.face), plate.face.astype(np.uint8)
    within, beyond = (cv2.distanceTransform(part, cv2.DIST_L2, 3) for part in (inside, 1 - inside))
    away = within + beyond - 0.5  # of the contour
    apart = np.log(np.maximum(linear_of(plate.shown), 2e-3)) - np.log(np.maximum(tone, 2e-3))
    bare = ((np.abs(apart).max(-1) < ALIKE) & (plate.over < 0.05)).astype(np.float32)
    sums = cv2.GaussianBlur(plate.shown * bare[..., None], (0, 0), SEAM * size)
    even = sums / np.maximum(cv2.GaussianBlur(bare, (0, 0), SEAM * size), 1e-3)[..., None]
    shown = plate.shown + near(away, SEAM * size) * cv2.GaussianBlur(bare, (0, 0), CUT_PX)[..., None] * (
        np.clip(even, 0, 1) - plate.shown
    )
    return shown + near(away, CUT_PX * scale) * (cv2.GaussianBlur(shown, (0, 0), CUT_PX * scale) - shown)


def near(away: np.ndarray, reach: float) -> np.ndarray:
    """(S, S, 1) share of a change that fades with the distance (S, S) in px, exactly 0 far off."""
    share = np.exp(-np.square(away / reach))
    return np.where(share < 0.01, 0, share).astype(np.float32)[..., None]


def kept_labels(labels: dict[str, np.ndarray], painted: np.ndarray, plate: Plate) -> dict[str, np.ndarray]:
    """The labels of the face where it is seen, and of its mouth's inside; elsewhere the photo's classes alone.

    painted: (S, S) bool, the face with its mouth. plate: warped to it.
    """
    free = painted & (plate.over < COVERED)
    mask = labels["mask"] & free
    told = mask | (np.isin(labels["region"], INNER) & free)
    kept = dict(labels)
    for name in ("position_mm", "normals", "fine_normals"):
        kept[name] = np.where(told[..., None], labels[name], np.float32(np.nan))
    for name in ("correspondence", "uv"):
        kept[name] = np.where(mask[..., None], labels[name], np.float32(np.nan))
    beyond = np.where(np.isin(plate.classes, LOST), CLASSES.index("skin"), plate.classes)
    hidden = np.where(painted, ~free, np.isin(plate.classes, COVERING))
    marks = labels["landmarks_px"]
    column, row = (np.clip(marks[:, axis].astype(int), 0, len(mask) - 1) for axis in (0, 1))
    return kept | {
        "mask": mask,
        "region": np.where(told, labels["region"], REGION_OF_CLASS[beyond]),
        "landmarks_visible": labels["landmarks_visible"] & ~hidden[row, column],
    }


def gains(
    one: Canvas, light: np.ndarray, labels: dict[str, np.ndarray], free: np.ndarray, bare: np.ndarray
) -> np.ndarray:
    """(S, S, 3) or (3,): what brings the drawn light to the photo's colours. Skin comes to its tone; eyes and teeth are
    under the same exposure, but only half of the tint, since some of it is the skin's and not the light's; `bare`
    (S, S, 1) is their share."""
    skin = free & labels["mask"] & (labels["region"] == SKIN)
    skin = cv2.erode(skin.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0 if skin.sum() > 200 else skin
    if not skin.any():
        return np.ones(3, np.float32)
    shading = np.maximum(polynomials(labels["normals"][skin]) @ one.light, 0.05)
    wanted, there = np.median(one.tone * shading, 0), np.median(light[skin], 0)
    gain = wanted / np.maximum(there, 1e-4)
    plain = EYES * np.exp(0.5 * np.log(gain) + 0.5 * np.log(gain).mean())
    lips = share_of(labels["region"], (REGIONS.index("lips"),))
    return ((gain + bare * (plain - gain)) * (1 + lips * (LIP_LIGHT - 1))).astype(np.float32)


def share_of(region: np.ndarray, codes: tuple[int, ...]) -> np.ndarray:
    """(S, S, 1) float32: where the regions (S, S) are of these codes, with soft edges."""
    return cv2.GaussianBlur(np.isin(region, codes).astype(np.float32), (0, 0), 0.6)[..., None]


def contrasted(face: np.ndarray, skin: np.ndarray, bare: np.ndarray) -> np.ndarray:
    """Linear light (S, S, 3) with the contrast of a camera's tone curve about the median of `skin` (S, S) bool, by
    which skin gains colour. What is none, by its share `bare` (S, S, 1), keeps its own: about dark skin's brown the
    same curve makes white teeth blue."""
    if not skin.any():
        return face
    middle = np.maximum(np.median(face[skin], 0), 1e-4)
    steeper = TOE[0] * np.clip(1 - float(middle @ LUMINANCE) / TOE[1], 0, 1)
    spread = float(np.log(np.maximum(face[skin] @ LUMINANCE, 1e-4)).std())
    power = 1 + (CONTRAST - 1 + steeper) * min(1.0, SPREAD / max(spread, 1e-6))
    face = np.maximum(face, 0)
    ratio, level = face / middle, (face @ LUMINANCE / (middle @ LUMINANCE))[..., None]
    curved = (1 - bare) * np.power(ratio, power) + bare * ratio * np.power(level, power - 1)
    return (middle * curved).astype(np.float32)


def blurred(face: np.ndarray, painted: np.ndarray, sigma: float) -> np.ndarray:
    """Linear light (S, S, 3) of the face alone, spread beyond its contour and blurred."""
    inside = painted.astype(np.float32)
    spread = cv2.GaussianBlur(face * inside[..., None], (0, 0), 3.0)
    weight = cv2.GaussianBlur(inside, (0, 0), 3.0)[..., None]
    whole = np.where(painted[..., None], face, spread / np.maximum(weight, 1e-4)).astype(np.float32)
    return cv2.GaussianBlur(whole, (0, 0), sigma) if sigma > 0.2 else whole


def tint(face: np.ndarray, plate: Plate, painted: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """(S, S, 3) gain with which the border of the face has the colours of the photo's skin about it.

    Only bare skin tells it, so that no colour of hair enters the forehead, and it fades with `depth` (S, S), shares of
    the side, inside the contour.
    """
    size = len(depth)
    around = linear_of(plate.shown)
    ring = painted & (depth < BORDER) & (plate.over < 0.05)
    apart = np.log(np.maximum(around, 2e-3)) - np.log(np.maximum(face, 2e-3))
    ring &= np.abs(apart - np.median(apart[ring], 0) if ring.any() else apart).max(-1) < 0.5
    weight = ring.astype(np.float32)
    sums = cv2.GaussianBlur(apart * weight[..., None], (0, 0), NEAR * size)
    total = cv2.GaussianBlur(weight, (0, 0), NEAR * size)[..., None]
    found = np.clip(sums / (total + 0.02), -MOST_TINT, MOST_TINT)
    return np.exp(found * np.exp(-depth / FAR)[..., None]).astype(np.float32)


def linear_of(shown: np.ndarray) -> np.ndarray:
    return np.power(shown, np.float32(POWER))


def shown_of(linear: np.ndarray) -> np.ndarray:
    """Linear light >= 0 as the photo shows it, [0, 1]; highlights roll off."""
    room = 1 - SHOULDER
    soft = np.minimum(linear, SHOULDER) + room * np.tanh(np.maximum(linear - SHOULDER, 0) / room)
    return np.power(np.maximum(soft, 0), np.float32(1 / POWER))


def photographed(
    face: np.ndarray, behind: np.ndarray, alpha: np.ndarray, response: Response, full_size: int
) -> np.ndarray:
    """(S, S, 3) uint8: the face (S, S, 3) laid over the photo by alpha (S, S), with the photo's grain and JPEG there.

    full_size: side of the photo whose grain was measured; a smaller picture averages it.
    """
    laid = behind + alpha[..., None] * (face - behind)
    grain = response.noise * min(1.0, len(face) / full_size)
    coarse = degrade(laid, replace(response, blur=0.0, noise=grain)).astype(np.float32) / 255
    return np.rint(np.clip(laid + alpha[..., None] * (coarse - laid), 0, 1) * 255).astype(np.uint8)
