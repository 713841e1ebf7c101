"""What stands beside the rows of fitted photos: which were kept and why, what they are, what their meshes share."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from recon.faces.model import FaceModel
from recon.files import printable, whole_file
from recon.fitting.photo_fit import Figures, plain
from recon.synthesis.template import write_template

FIGURES = tuple(one.name for one in fields(Figures))
README = """# Photos with fitted labels

{kept} of {photos} photos were kept; `fits.csv` says why of each. {rows} rows, {turned} of them turned copies: synthetic
views with the photo's own colours, marked `"synthetic_view": true` in the column `scene`.

The labels are no measurements. A face model was fitted to what a network said of each photo, and kept where the two
agree and where the photo's colours agree with the mesh under smooth light. Where the network is wrong in a way that a
face can be, they are wrong with it; scale is the model's mean, and the camera is known only as far as perspective tells
it. Beyond the face nothing is labelled: places and normals are NaN there, and `region` is {beyond}.

Licences and attributions of photos, where a faces.csv gave them, stand in `scene` and in `fits.csv`.
"""

Verdict = tuple[str | None, Figures | None]


def write_beside(
    out: Path, model: FaceModel, names: Sequence[str], verdicts: Sequence[Verdict], rows: int, said: Sequence[dict]
) -> None:
    """Write fits.csv, README.md and template.npz into `out`.

    Args:
        names: of all photos. verdicts: see `fits.verdict_of`. rows: in the dataset. said: licence and attribution.
    """
    with whole_file(out / "fits.csv") as temporary, temporary.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["photo", "kept", "reason", *FIGURES, "licence", "attribution"])
        for name, (fault, figures), known in zip(names, verdicts, said, strict=True):
            numbers = [""] * len(FIGURES) if figures is None else plain(figures).values()
            words = [known.get(key, "") for key in ("licence", "attribution")]
            table.writerow([printable(name), int(fault is None), fault or "", *numbers, *words])
    kept = sum(fault is None for fault, _ in verdicts)
    beyond = "background, or what the network's parser said"
    with whole_file(out / "README.md") as temporary:
        temporary.write_text(README.format(kept=kept, photos=len(names), rows=rows, turned=rows - kept, beyond=beyond))
    write_template(out, model)


def kind_of(fault: str) -> str:
    """A reason without its numbers, to count by."""
    return re.sub(r"[-+]?\d+(\.\d+)?( ?%)?", "so much", fault.split(" (")[0])
