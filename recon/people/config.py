"""What drawn people have on, as settings."""

from __future__ import annotations

from dataclasses import dataclass

from recon.configuration import bounded
from recon.errors import UserError, did_you_mean
from recon.ranges import SHARE

HIDING = ("hair", "facial_hair", "glasses", "headwear", "object", "clothes")  # the regions of parts, and clothes


@dataclass(frozen=True)
class DressConfig:
    """How many of the drawn people have each thing.

    dressed      share of people who have any of it at all; the others have painted hair alone
    hair         share with strands of hair in a cut, from none to long; the others' is painted
    brows        share with brows and lashes of strands; the others' are painted
    facial_hair  share with strands of beard, from none to long; the others' is painted
    glasses      share who wear glasses
    headwear     share who wear something on the head
    objects      share with something held or worn before the face, such as hands, cups and surgical masks
    clothes      share whose clothes are cut and sewn; the others have theirs painted on the bust
    hides        what owns its pixels in the labels and is no part of the face's mask, of hair, glasses, headwear,
                 object, clothes; the labels see through the rest, as they do through brows, lashes and lenses
    """

    dressed: float = bounded(1.0, *SHARE)
    hair: float = bounded(1.0, *SHARE)
    brows: float = bounded(1.0, *SHARE)
    facial_hair: float = bounded(1.0, *SHARE)
    glasses: float = bounded(0.2, *SHARE)
    headwear: float = bounded(0.05, *SHARE)
    objects: float = bounded(0.05, *SHARE)
    clothes: float = bounded(1.0, *SHARE)
    hides: tuple[str, ...] = ("hair", "glasses", "headwear", "object", "clothes")

    def __post_init__(self) -> None:
        for name in self.hides:
            if name not in HIDING:
                raise UserError(f"hides can't name '{name}'{did_you_mean(name, HIDING)}")
