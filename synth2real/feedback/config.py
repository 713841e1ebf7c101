"""A feedback run as settings: the experiment that its arms share, in what they differ, what they are scored by."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recon.configuration import bounded
from recon.ranges import SHARE

BUNDLED = "bundled"  # as an arm's generator


@dataclass(frozen=True)
class Arm:
    """What one arm learns from, where it differs from the base experiment.

    generator  weights of a generator whose translations of the renders it learns from, or "bundled"; null: no
               generator's, it learns from the renders themselves
    dataset    a dataset's folder or Hub id that it learns from instead
    share      of those images in its batches; the rest are the base's renders
    changes    dotted keys of the base experiment that differ, such as `augment.colour: 1.2`
    seeds      trainings, each of another seed
    """

    generator: str | None = None
    dataset: str | None = None
    share: float = bounded(1.0, *SHARE)
    changes: dict[str, Any] = field(default_factory=dict)
    seeds: int = bounded(1, 1, 1000)


@dataclass(frozen=True)
class Score:
    """What the arms are scored by: a protocol of `recon evaluate`.

    protocol  its name
    settings  its settings; the network is the arm's
    measure   the value of each image that is compared, less of it being better; null: as `feedback.scores.KNOWN` has it
    unit      the key of those values that tells people apart; null: as `feedback.scores.KNOWN` has it
    """

    protocol: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    measure: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class FeedbackConfig:
    """A feedback run.

    base     file of the experiment that all arms share; its source `source` draws the renders
    source   the name of that source
    changes  dotted keys of the base that are others in every arm
    arms     by name
    against  the arms that the others are compared with: by each score with the better of them
    scores   by name; the first one decides which arm is best
    """

    base: Path = Path()
    source: str = "faces"
    changes: dict[str, Any] = field(default_factory=dict)
    arms: dict[str, Arm] = field(default_factory=dict)
    against: tuple[str, ...] = ()
    scores: dict[str, Score] = field(default_factory=dict)
