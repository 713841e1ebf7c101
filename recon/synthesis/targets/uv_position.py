"""PRNet's UV position map (Feng et al., 2018, sections 3.1 and 3.2): the complete face as an image of places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch import Tensor

from recon.errors import UserError
from recon.faces import load
from recon.faces.atlas_map import atlas_map, landmark_pixels
from recon.faces.outer import labelled
from recon.synthesis.record import Record
from recon.synthesis.targets.base import image_of
from recon.synthesis.targets.pixels import CAMERA, model_of, vertices_px

FEATURES = (slice(36, 42), slice(42, 48), slice(27, 36), slice(48, 68))  # landmarks: eyes, nose, mouth
NOSE_BASE = 33  # landmark
FEATURE_MM = 6.0  # skin around the hull of a feature's landmarks that counts as the feature


@dataclass(frozen=True)
class UvPositionTarget:
    """rgb (3, S, S) float [0, 1]; uv_position (3, S, S) float px and uv_weight (1, S, S) float.

    The latter two are over the model's atlas (`recon.faces.atlas`), not over the image: rows from the forehead to the
    neck, columns from the face's right to its left.

    The three channels are x rightward and y downward in the image, pixel centres at +0.5, and z toward the viewer in
    the same unit, 0 at the nasion (`vertices_px`). Every pixel has a place, hidden ones too; the 68 landmarks have
    pixels of their own. A mirrored record gives
    the map mirrored, with S - x for x.

    size: px, S; the paper's is 256. model: whose mesh the records hold. ratios: how much the pixels of the 68
    landmarks, of eyes, nose and mouth, of the rest of the face and of the neck count in the loss (section 3.2).
    """

    size: int
    model: str = "default"
    ratios: tuple[float, float, float, float] = (16.0, 4.0, 3.0, 0.0)

    @property
    def fields(self) -> tuple[str, ...]:
        return ("rgb", *CAMERA)

    def __call__(self, record: Record) -> dict[str, Tensor]:
        places = atlas_map(model_of(record, self.model), self.size).rasterised(vertices_px(record))
        return {
            "rgb": image_of(record),
            "uv_position": torch.from_numpy(np.moveaxis(places, -1, 0).astype(np.float32)),
            "uv_weight": torch.from_numpy(uv_weight(self.model, self.size, self.ratios).copy()),
        }


@lru_cache(maxsize=8)
def uv_weight(model: str, size: int, ratios: tuple[float, float, float, float]) -> np.ndarray:
    """(1, size, size) float32, the weight mask over a model's atlas (section 3.2): see `UvPositionTarget`.

    A pixel counts as the nearest of its triangle's corners does, or as the landmark whose place it has (`AtlasMap`).

    Raises:
        UserError: the neck counts otherwise than the face, and the model's atlas has none.
    """
    loaded = load(model)
    grid, landmarks = atlas_map(loaded, size), loaded.landmarks.numpy()
    of_landmarks, of_features, of_face, of_neck = ratios
    mean = loaded.mean.numpy()[:, :2]
    below = mean[:, 1] < mean[landmarks[NOSE_BASE], 1]  # models label some skin before the ears so
    neck = labelled(loaded, "neck") & below
    if of_neck != of_face and not neck[grid.vertices].any():
        raise UserError(f"the atlas of the face model '{model}' has no neck: let the last two ratios be the same")
    weight = np.where(neck, of_neck, of_face)
    for feature in FEATURES:
        hull = cv2.convexHull(mean[landmarks[feature]])
        inside = np.array([cv2.pointPolygonTest(hull, place.tolist(), True) for place in mean]) > -FEATURE_MM
        weight[inside] = of_features
    weight[labelled(loaded, "eyes", "lips")] = of_features
    nearest = np.take_along_axis(grid.corners, grid.weights.argmax(1)[:, None], 1)[:, 0]
    mask = weight[nearest].reshape(size, size)
    mask.reshape(-1)[landmark_pixels(grid.places[landmarks], size)[0]] = of_landmarks
    return mask[None].astype(np.float32)
