"""One rendered sample, as data: an image, its labels exact at pixel centres and on the storage grid, its scene."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Record:
    """One sample; maps are (S, S, ...), places in mm are in the camera frame minus `origin_mm`.

    Attributes:
        seed, index: where it was drawn from. model: the face model's name.
        rgb: (S, S, 3) uint8.
        mask: (S, S) bool, visible pixels of the one face region.
        region: (S, S) uint8, index into `recon.faces.model.REGIONS`.
        position_mm: (S, S, 3) float32, NaN where nothing was rendered; the whole head and bust, not only the face. A
            coordinate beyond +-255.9 mm (ends of hair and clothes) is NaN as well.
        normals: (S, S, 3) float32 unit, camera frame, NaN where nothing was rendered.
        fine_normals: the same of the skin's relief: pores, wrinkles and folds; as `normals` where there is none.
        correspondence: (S, S, 3) float32 in [0, 1], NaN outside the mask.
        uv: (S, S, 2) float32 in [0, 1], NaN outside the mask.
        amodal_mask: (S, S) bool, what `mask` would be without hair, glasses and other parts over the face.
        amodal_position_mm, amodal_correspondence: (S, S, 3) float32, of the face itself, NaN outside that mask.
        landmarks_px: (68, 2) float32; landmarks_mm: (68, 3) float32; landmarks_visible: (68,) bool.
        vertices_mm: (n, 3) float32.
        identity: (k,) float32; expression: (e,) float32.
        rotation: (3, 3), translation_mm: (3,) float32: camera-frame place = rotation @ model place + translation.
        focal_px: float; centre_px: (2,) float32: the camera.
        origin_mm: (3,) float32, camera-frame place of the nasion (landmark 27).
        scene: JSON of everything else that was drawn.
    """

    seed: int
    index: int
    model: str
    rgb: np.ndarray
    mask: np.ndarray
    region: np.ndarray
    position_mm: np.ndarray
    normals: np.ndarray
    fine_normals: np.ndarray
    correspondence: np.ndarray
    uv: np.ndarray
    amodal_mask: np.ndarray
    amodal_position_mm: np.ndarray
    amodal_correspondence: np.ndarray
    landmarks_px: np.ndarray
    landmarks_mm: np.ndarray
    landmarks_visible: np.ndarray
    vertices_mm: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    rotation: np.ndarray
    translation_mm: np.ndarray
    focal_px: float
    centre_px: np.ndarray
    origin_mm: np.ndarray
    scene: str

    @property
    def depth_mm(self) -> np.ndarray:
        """(S, S) float32: the z of `position_mm`."""
        return self.position_mm[..., 2]


def record_with(**told: Any) -> Record:
    """A record of which only these fields are told; the other arrays are empty, the other words say nothing."""
    nothing = {one.name: np.empty(0, np.float32) for one in fields(Record)}
    said = {"seed": 0, "index": 0, "model": "", "scene": "{}", "focal_px": float("nan")}
    return Record(**{**nothing, **said, **told})
