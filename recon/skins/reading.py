"""The skin of a photo's face on the atlas: its log albedo where it is seen, without the light, and how far to trust it.

Radiance is albedo times the irradiance of second-order harmonics of the fitted normals (Ramamoorthi and Hanrahan 2001),
of each colour its own, dimmed by the mean head's occlusion. Light is fitted robustly, around what is known of skin's
mean pattern.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from recon.faces.model import FaceModel
from recon.faces.parsing import CLASSES
from recon.fitting.labelled import posed
from recon.fitting.photo_fit import PhotoFit
from recon.geometry.rasterize import nearest_distance
from recon.geometry.surfaces import vertex_normals
from recon.render.harmonics import polynomials
from recon.skins.atlas_mesh import AtlasMesh, atlas_mesh

GAMMA = 2.2
DARKEST, BRIGHTEST = 6e-3, 0.96  # linear, of a channel: beyond them a photo says nothing
SEEN_WITHIN_MM = 3.0
FACING = (0.25, 0.65)  # cosines between which trust rises
RIM_SHARE = 0.012  # of the photo's side: what lies so near to something else than skin is left out
ROUNDS, OUTLIER = 8, 0.12  # of the robust fit of light, and the relative residual that counts half
RIDGE = 2e-3
STRIDE = 3  # texels between those that light is fitted to
LEAST_LIGHT = 0.25  # of the face's mean: less light leaves noise
SHINE = 0.15  # log by which a highlight is brighter than skin under the fitted light
STRANGE, STRANGE_WIDTH = 0.3, 1.5  # log off the mean pattern, over so many texels: glasses, hair, a shadow cast
ROUGH, ROUGH_WIDTH = 0.07, 3.0  # log within so many texels: beard, hair
ABOUT = 7  # texels: what is beside such is left out too
LEAST_TRUST = 0.12  # mean over the atlas, of a reading that is kept


@dataclass(frozen=True)
class Reading:
    """Attributes:
    linear: (SIDE, SIDE, 3) float32 radiance. normals: (SIDE, SIDE, 3) float32 unit, camera frame. seen: (SIDE, SIDE)
    float32 in [0, 1], how far a texel shows the person's skin well. expression: (e,) float64, fitted.
    """

    linear: np.ndarray
    normals: np.ndarray
    seen: np.ndarray
    expression: np.ndarray


@dataclass(frozen=True)
class Albedo:
    """Attributes:
    pattern: (SIDE, SIDE, 3) float32 log albedo less the tone. trust: (SIDE, SIDE) float32 in [0, 1]. tone: (3,) log of
    the skin's colour, up to the photo's exposure. light: (9, 3) of `polynomials`, mean 1 over the seen face.
    """

    pattern: np.ndarray
    trust: np.ndarray
    tone: np.ndarray
    light: np.ndarray


def read_skin(model: FaceModel, photo: PhotoFit) -> Reading:
    """What a fitted photo shows at the atlas' texels."""
    atlas, size = atlas_mesh(model), len(photo.rgb)
    camera, vertices = photo.fit.camera.scaled(size / photo.fit.camera.size_px), posed(model, photo.fit)
    normals = vertex_normals(vertices, model.triangles)
    points = camera.project_with_distance(vertices)
    values = atlas.spread(torch.cat([vertices, normals, points], 1))
    place, facing = values[..., :3], values[..., 3:6]
    u, v = (np.ascontiguousarray(values[..., axis] - 0.5, np.float32) for axis in (6, 7))
    nearest = nearest_distance(points, model.triangles, size, size).numpy()
    depth = looked_up(np.where(np.isfinite(nearest), nearest, 1e6), u, v, cv2.INTER_NEAREST)
    lengths = np.maximum(np.linalg.norm(facing, axis=-1, keepdims=True), 1e-9)
    unit = facing / lengths
    toward = -place / np.maximum(np.linalg.norm(place, axis=-1, keepdims=True), 1e-9)
    cosine = (unit * toward).sum(-1)
    seen = atlas.skin & (-place[..., 2] < depth + SEEN_WITHIN_MM) & (u > 1) & (v > 1) & (u < size - 2) & (v < size - 2)
    faced = np.clip((cosine - FACING[0]) / (FACING[1] - FACING[0]), 0, 1)
    linear = looked_up((photo.rgb.astype(np.float32) / 255) ** np.float32(GAMMA), u, v, cv2.INTER_LINEAR)
    shown = seen * faced * looked_up(skin_in(photo), u, v, cv2.INTER_LINEAR) * resolution(u, v)
    shown *= (linear > DARKEST).all(-1) & (linear < BRIGHTEST).all(-1)
    return Reading(linear, unit.astype(np.float32), shown.astype(np.float32), photo.fit.expression)


def skin_in(photo: PhotoFit) -> np.ndarray:
    """(S, S) float32: 1 where a photo shows bare skin of the face, away from all else."""
    bare = photo.visible
    if photo.classes is not None:
        bare = bare & (photo.classes == CLASSES.index("skin"))
    reach = 2 * max(1, round(RIM_SHARE * len(bare))) + 1
    inner = cv2.erode(bare.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return inner.astype(np.float32)


def resolution(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE) in [0, 1]: pixels of the photo for a texel, from their places."""
    (ur, uc), (vr, vc) = np.gradient(u), np.gradient(v)
    return np.clip(np.abs(uc * vr - ur * vc) / 0.5, 0, 1)


def looked_up(values: np.ndarray, u: np.ndarray, v: np.ndarray, how: int) -> np.ndarray:
    """A picture's values at pixel places."""
    return cv2.remap(values.astype(np.float32), u, v, how, borderMode=cv2.BORDER_REPLICATE)


def albedo_of(reading: Reading, atlas: AtlasMesh, known: np.ndarray) -> Albedo | None:
    """The skin without its light; None where too little of it is seen. known: (SIDE, SIDE, 3) log, the mean pattern."""
    if float(reading.seen[atlas.skin].mean()) < LEAST_TRUST:
        return None
    dimmed = np.maximum(atlas.occlusion, 1e-3) * np.exp(known)
    shapes = polynomials(reading.normals)
    inside = reading.seen > 0.05
    some = np.zeros_like(inside)
    some[::STRIDE, ::STRIDE] = inside[::STRIDE, ::STRIDE]
    dim, colours = dimmed[some].T[..., None], reading.linear[some].T
    light = np.stack([robust_light(shapes[some] * dim[k], colours[k], reading.seen[some]) for k in range(3)], 1)
    arriving = (shapes @ light).astype(np.float32)
    level = np.average(arriving[inside], axis=0, weights=reading.seen[inside])
    lit = np.maximum(arriving / level, 0)
    enough = np.clip((lit.min(-1) - LEAST_LIGHT) / LEAST_LIGHT, 0, 1)
    shading = np.maximum(lit, LEAST_LIGHT) * np.maximum(atlas.occlusion, 1e-3)
    albedo = np.log(np.maximum(reading.linear, DARKEST)) - np.log(shading)
    trust = reading.seen * enough
    tone = np.array([weighted_median((albedo - known)[inside][:, channel], trust[inside]) for channel in range(3)])
    pattern = (albedo - tone).astype(np.float32)
    shine = (pattern - known).min(-1)  # highlights add light to all colours, and take saturation away
    trust = trust * np.clip((2 * SHINE - shine) / SHINE, 0, 1) * ordinary(pattern - known, reading.seen)
    return Albedo(pattern, trust.astype(np.float32), tone, light / level)


def ordinary(off: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE) float32 in [0, 1]: 0 at what no light and no skin explains. off: (SIDE, SIDE, 3) log from the mean
    pattern's, where it is seen (SIDE, SIDE)."""
    grey = np.clip(off.mean(-1), -1, 1) * (seen > 0)

    def near(values: np.ndarray, width: float) -> np.ndarray:
        share = np.maximum(cv2.GaussianBlur((seen > 0).astype(np.float32), (0, 0), width), 1e-3)
        return cv2.GaussianBlur(values.astype(np.float32), (0, 0), width) / share

    rough = np.sqrt(np.maximum(near((grey - near(grey, ROUGH_WIDTH)) ** 2 * (seen > 0), ROUGH_WIDTH), 0))
    odd = (np.abs(near(grey, STRANGE_WIDTH)) > STRANGE) | (rough > ROUGH)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (ABOUT, ABOUT))
    about = cv2.dilate((odd & (seen > 0)).astype(np.uint8), kernel).astype(np.float32)
    return 1 - np.clip(2 * cv2.GaussianBlur(about, (0, 0), 1.0), 0, 1)


def robust_light(features: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(9,) coefficients of features (m, 9) that give values (m,) but for outliers, Cauchy's weights of relative
    residuals."""
    robust = weights
    found = np.zeros(features.shape[1])
    for _ in range(ROUNDS):
        weighted = features * robust[:, None]
        matrix = weighted.T @ features
        matrix[1:, 1:] += RIDGE * matrix[0, 0] * np.eye(len(matrix) - 1)
        found = np.linalg.solve(matrix, weighted.T @ values)
        fitted = features @ found
        scale = np.maximum(np.abs(fitted), 0.2 * np.abs(fitted).mean())
        robust = weights / (scale / scale.mean()) ** 2 / (1 + ((values - fitted) / (OUTLIER * scale)) ** 2)
    return found


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    summed = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(summed, summed[-1] / 2)])
