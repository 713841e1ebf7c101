"""What a parser tells apart in a picture of a face: REGIONS, with those that look alike or serve alike put together."""

from __future__ import annotations

import numpy as np

from recon.faces.model import REGIONS

PARSED = {
    "background": ("background",),
    "skin": ("skin", "ears", "neck"),
    "lips": ("lips",),
    "brows": ("brows",),
    "eyes": ("eyes",),
    "mouth_inside": ("mouth_inside",),
    "teeth": ("teeth",),
    "hair": ("hair", "scalp"),
    "facial_hair": ("facial_hair",),
    "glasses": ("glasses",),
    "occluder": ("headwear", "object"),
    "clothes": ("clothes",),
}
"""Class -> the regions that it holds."""

CLASSES = tuple(PARSED)
OCCLUDER = CLASSES.index("occluder")
CLASS_OF_REGION = np.array(
    [next(code for code, held in enumerate(PARSED.values()) if region in held) for region in REGIONS], np.uint8
)
"""(len(REGIONS),) uint8: the class of each region's code."""

REGION_OF_CLASS = np.array([REGIONS.index(held[0]) for held in PARSED.values()], np.uint8)
"""(len(CLASSES),) uint8: the first region of each class, which stands for it."""
