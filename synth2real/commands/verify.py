"""`synth2real verify`: whether a dataset is what it says, file and row named where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded, positional
from recon.ranges import SEEDS


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes.

    dataset    a folder made by `render`, `generate` or `select`, or a dataset's name on the Hub
    sample     rows that are made again from their parameters and compared, all columns; 0: none
    seed       which rows those are
    generator  weights that made the images, a file, folder or Hub id; none: the bundled ones
    judge      weights of the two that measured the drift, likewise; none: the bundled ones
    """

    dataset: str = positional("DATASET")
    sample: int = bounded(16, 0, 10**9)
    seed: int = bounded(0, *SEEDS)
    generator: Path | None = None
    judge: tuple[Path, ...] | None = None


def run(options: Options) -> int:
    from synth2real.dataset.verify import verify

    verdict = verify(
        options.dataset,
        sample=options.sample,
        seed=options.seed,
        generator=options.generator,
        judges=options.judge,
    )
    print(verdict)
    return 1 if verdict.wrong else 0
