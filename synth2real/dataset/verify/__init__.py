"""Whether a dataset is what it says: every file and row read, a sample of the rows made again.

verdict = verify("faces")
verdict.wrong  # [data/train-00000.parquet row 3 (index 3): the column depth holds a code out of range, ...]
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recon.synthesis.hub import BESIDE, ROWS, dataset_folder
from recon.synthesis.produce import read_manifest
from synth2real.dataset.verify.files import check_files
from synth2real.dataset.verify.job import job_of, refuse_other_makers
from synth2real.dataset.verify.remade import check_remade, sampled
from synth2real.dataset.verify.rows import check_indices, check_rows
from synth2real.dataset.verify.verdict import Finding, Verdict

__all__ = ["Finding", "Verdict", "verify"]

SAMPLE = 16  # rows that are made again


def verify(
    place: str | Path,
    *,
    sample: int = SAMPLE,
    seed: int = 0,
    generator: Path | None = None,
    judges: Sequence[Path] | None = None,
) -> Verdict:
    """Read all of a dataset and make some of it again.

    Args:
        place: a folder, or `user/name` on the Hub.
        sample: rows that are made again, drawn by `seed`; those of a file with a wrong checksum come first. They are
            made in whole blocks, so some more may be.
        generator, judges: files or Hub ids of the weights that made it; None: the bundled ones.

    Raises:
        UserError: there is no dataset; it can't be made again here for another reason than what is wrong with it.
    """
    folder = dataset_folder(place, (*ROWS, *BESIDE))
    manifest, verdict = read_manifest(folder), Verdict()
    job = job_of(manifest, generator, judges)
    if sample:
        refuse_other_makers(manifest, job)
    suspects = check_files(folder, manifest, verdict)
    places = check_rows(folder, manifest, job.schema(), verdict)
    check_indices(folder, manifest, places, verdict)
    if sample and places:
        check_remade(folder, manifest, job, sampled(places, suspects, sample, seed), places, verdict)
    return verdict
