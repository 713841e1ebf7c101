"""From readings of many faces to a space of skins: light out, halves joined, components, expression out, detail kept.

Folds that a smile makes are no skin: coefficients are regressed on the fitted expression and taken at rest, unsmiling
faces weigh more, and detail comes from unsmiling faces alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from recon.people.skin.texture import SIDE, STEPS, SkinSpace
from recon.skins.atlas_mesh import AtlasMesh
from recon.skins.factors import Factors, principal_factors
from recon.skins.reading import Albedo, Reading, albedo_of

HEIGHT = 64  # texels of the components' pictures
SMOOTH = 4.0  # texels of SIDE: what varies more finely is detail
MODES, ROUNDS = 40, 15
SHRINK, FREEDOM = 4.0, 3.0
SIDES_AGREE = 0.12  # log by which left and right may differ before both are doubted
LOW = 10.0  # texels: at and above this scale, left and right differ by light alone
EVEN = 0.6  # texels of the components over which they are smooth
FILLS = (1.0, 3.0, 9.0)  # the same where little was seen: lips, brows, eyes, the rim
ENOUGH = 6.0  # faces that saw a texel, so that it counts as seen
MELANIN, HAEMOGLOBIN, SHADE = (0.75, 1.2, 2.1), (0.25, 1.6, 1.65), (1.0, 1.0, 1.0)
KEPT = (0.4, 0.75, 0.1)  # of each in what is smooth: more pigment is skin's; shade, and sheen that pales, are light's
FACE_UNITS = ("mouthSmile", "cheekSquint", "mouthUpperUp", "mouthLowerDown", "jawOpen", "browInnerUp", "browDown",
              "eyeSquint", "noseSneer", "mouthPucker", "mouthFrown", "mouthStretch", "mouthDimple")  # fmt: skip
AT_REST = 0.35  # activity at which a face weighs half
CALM = 0.2  # quantile of each unit's activity that counts as none: a fit's zero is not a face's rest
RIDGE = 4.0  # rows at rest, added to the regression on expression
PEOPLE = 32  # whose detail is kept
DETAIL_LIMIT = 0.25  # log: what stands out further is a hair or a rim
FILL = 3.0  # texels over which detail fades into what was not seen


@dataclass(frozen=True)
class Learnt:
    """space: what was learnt. albedos: of the readings that were used, and used: their n numbers. factors: of them.
    rest: (n,) how much each face was at rest, 0 to 1."""

    space: SkinSpace
    albedos: list[Albedo]
    used: list[int]
    factors: Factors
    rest: np.ndarray


def learn(readings: Sequence[Reading], names: Sequence[str], atlas: AtlasMesh, modes: int = MODES) -> Learnt:
    """Learn a space of skins. names: (e,) of the expression's units."""
    known = np.zeros((SIDE, SIDE, 3), np.float32)
    first = [albedo_of(reading, atlas, known) for reading in readings]
    known = mean_pattern([one for one in first if one is not None])
    second = [albedo_of(reading, atlas, known) for reading in readings]
    used = [i for i, one in enumerate(second) if one is not None]
    albedos = [one for one in second if one is not None]
    moves = activity([readings[i].expression for i in used], names)
    rest = 1 / (1 + (np.linalg.norm(moves, axis=1) / AT_REST) ** 2)
    halves, confidence = zip(*(half_of(one) for one in albedos), strict=True)
    values, confidence = np.stack(halves), np.stack(confidence)
    n = len(values)
    weights = rest / rest.max()
    count = min(modes, max(1, n // 4))
    flat = values.reshape(n, -1, 3), confidence.reshape(n, -1)
    factors = principal_factors(*flat, count, ROUNDS, np.maximum(weights, 0.1), SHRINK, FREEDOM)
    mean, basis = at_rest(factors, moves, weights)
    shape = (HEIGHT, HEIGHT // 2, 3)
    seen = factors.trust.sum(0).reshape(shape[:2])
    pictures = [completed(one.reshape(shape), seen) @ pigments() for one in (mean, *basis)]
    detail, scale = details_of(albedos, rest)
    space = SkinSpace(pictures[0], np.stack(pictures[1:]), detail, scale, cover_of(atlas, seen), {})
    return Learnt(space, albedos, used, factors, rest)


def mean_pattern(albedos: Sequence[Albedo]) -> np.ndarray:
    """(SIDE, SIDE, 3) float32: the mean of patterns and their mirror images, smooth; 0 where nothing is seen."""
    total, weight = np.zeros((SIDE, SIDE, 3)), np.full((SIDE, SIDE, 1), 0.5)
    for one in albedos:
        total += one.trust[..., None] * np.clip(one.pattern, -0.6, 0.6)
        weight += one.trust[..., None]
    mean = (total + total[:, ::-1]) / (weight + weight[:, ::-1])
    return cv2.GaussianBlur(mean.astype(np.float32), (0, 0), 2.0)


def activity(expressions: Sequence[np.ndarray], names: Sequence[str]) -> np.ndarray:
    """(n, len(FACE_UNITS)) how active units are beyond a calm face, both sides together."""
    values = np.stack(expressions)
    columns = [[k for k, name in enumerate(names) if name.startswith(unit)] for unit in FACE_UNITS]
    found = np.stack([values[:, ids].mean(1) if ids else np.zeros(len(values)) for ids in columns], 1)
    return np.maximum(found - np.quantile(found, CALM, axis=0), 0)


def half_of(albedo: Albedo) -> tuple[np.ndarray, np.ndarray]:
    """Both halves of a face as one: (HEIGHT, HEIGHT / 2, 3) log albedo, smooth, and (HEIGHT, HEIGHT / 2) confidence."""
    values, trust = smoothed(albedo.pattern, albedo.trust, SMOOTH)
    low, _ = smoothed(albedo.pattern, albedo.trust, LOW)
    half = SIDE // 2
    (left, right), (sure, other) = ((x[:, :half], x[:, ::-1][:, :half]) for x in (values, trust))
    weight = sure + other
    joined = (sure[..., None] * left + other[..., None] * right) / np.maximum(weight, 1e-6)[..., None]
    apart = np.abs(low - low[:, ::-1]).mean(-1)[:, :half] * np.minimum(sure, other)
    doubt = 1 / (1 + (apart / SIDES_AGREE) ** 2)
    size = (HEIGHT // 2, HEIGHT)
    sure = cv2.resize(np.minimum(weight, 1) * doubt, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(joined, size, interpolation=cv2.INTER_AREA), np.where(sure > 0.05, sure, 0)


def joined_pattern(albedo: Albedo, space: SkinSpace) -> np.ndarray:
    """(SIDE, SIDE, 3) float32: a face's own pattern as the space would make it, its smooth part less shade."""
    smooth, _ = smoothed(albedo.pattern, albedo.trust, SMOOTH)
    return (smooth @ pigments() + albedo.pattern - smooth).astype(np.float32) * (space.cover[..., None] > 0)


def smoothed(values: np.ndarray, trust: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Values (h, w, c) blurred as far as they are trusted, and the trust (h, w) where there is any near by."""
    near = cv2.GaussianBlur(trust, (0, 0), width)
    blurred = cv2.GaussianBlur(values * trust[..., None], (0, 0), width) / np.maximum(near, 1e-4)[..., None]
    return blurred, np.where(near > 0.05, np.minimum(trust, near), 0).astype(np.float32)


def at_rest(factors: Factors, moves: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (t, c) and modes (k, t, c) of faces at rest: what expression explains of the scores is taken out."""
    design = np.concatenate([np.ones((len(moves), 1)), moves], 1)
    matrix = (design * weights[:, None]).T @ design
    spread = np.concatenate([[0.0], np.full(moves.shape[1], RIDGE * (moves**2).mean() + 1e-6)])
    slopes = np.linalg.solve(matrix + np.diag(spread), (design * weights[:, None]).T @ factors.scores)
    left = factors.scores - design @ slopes
    # What the rows' own uncertainty leaves out of their scores' covariance is the prior's: 1 where nothing was seen.
    lost = np.eye(left.shape[1]) - np.cov(factors.scores.T, bias=True, aweights=weights)
    covariance = np.cov(left.T, bias=True, aweights=weights).reshape(lost.shape) + np.diag(np.diag(lost).clip(0, 1))
    size, axes = np.linalg.eigh(covariance)
    turn = (axes * np.sqrt(np.maximum(size, 0)))[:, ::-1].astype(np.float32)
    mean = factors.mean + np.tensordot(slopes[0].astype(np.float32), factors.modes, 1)
    return mean.astype(np.float32), np.tensordot(turn.T, factors.modes, 1)


def pigments() -> np.ndarray:
    """(3, 3) float32: takes log albedo, a row, to what its pigments make of it (Tsumura et al. 2003): smooth shade that
    is left of the light lies along grey."""
    axes = np.array([MELANIN, HAEMOGLOBIN, SHADE])
    return (np.linalg.inv(axes) @ np.diag(KEPT) @ axes).astype(np.float32)


def completed(half: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """A half picture (h, w, 3) smooth, and where fewer than ENOUGH faces saw a texel (h, w), as what is near."""
    weight = np.minimum(seen / ENOUGH, 1).astype(np.float32)
    whole, share = (np.concatenate([x, x[:, ::-1]], 1) for x in (half * weight[..., None], weight))
    filled = np.zeros_like(whole)
    for width in (*reversed(FILLS), EVEN):
        near = cv2.GaussianBlur(share, (0, 0), width)[..., None]
        blurred = cv2.GaussianBlur(whole, (0, 0), width) / np.maximum(near, 1e-6)
        known = np.clip(near / 0.3, 0, 1) ** 2
        filled = known * blurred + (1 - known) * filled
    return filled[:, : half.shape[1]].astype(np.float32)


def cover_of(atlas: AtlasMesh, seen: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE) uint8: the atlas' cover where enough faces (h, h / 2) saw the skin, holes closed."""
    enough = (np.concatenate([seen, seen[:, ::-1]], 1) > ENOUGH).astype(np.uint8)
    closed = cv2.morphologyEx(np.pad(enough, 16), cv2.MORPH_CLOSE, np.ones((13, 13), np.uint8))[16:-16, 16:-16]
    soft = cv2.GaussianBlur(cv2.erode(closed, np.ones((5, 5), np.uint8), borderValue=1).astype(np.float32), (0, 0), 1.5)
    share = cv2.resize(np.clip(soft, 0, 1), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return np.round(share * atlas.cover).astype(np.uint8)


def details_of(albedos: Sequence[Albedo], rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fine patterns (m, SIDE, SIDE, 3) int8 of the faces most at rest and best seen, and (m,) float32 a step's size."""
    merit = np.array([float(one.trust.mean()) for one in albedos]) * rest
    kept = np.argsort(-merit)[:PEOPLE]
    patterns = [detail_of(albedos[k]) for k in kept]
    scales = np.array([max(float(np.abs(one).max()), 1e-6) / STEPS for one in patterns], np.float32)
    steps = [np.round(one / scale) for one, scale in zip(patterns, scales, strict=True)]
    return np.stack(steps).astype(np.int8), scales


def detail_of(albedo: Albedo) -> np.ndarray:
    """(SIDE, SIDE, 3) float32: what is finer than `half_of` keeps; the mirrored side's where this one is not seen."""
    smooth, _ = smoothed(albedo.pattern, albedo.trust, SMOOTH)
    fine = np.where(albedo.trust[..., None] > 0, albedo.pattern - smooth, 0)
    odd = cv2.dilate((np.abs(fine).max(-1) > DETAIL_LIMIT).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    sure = cv2.erode((albedo.trust > 0.3).astype(np.float32) * ~odd, np.ones((3, 3), np.uint8))
    sure = sure * np.clip(2 * cv2.GaussianBlur(sure, (0, 0), FILL) - 1, 0, 1)
    own = fine * sure[..., None]
    return own + (1 - sure[..., None]) * own[:, ::-1]
