"""The protocol on MICC Florence: reconstructions of views of 53 people's scans (VRN, section 4; PRNet, section 4.3).

The text says 20 poses and lists three pitches by five yaws: the fifteen that it lists are taken. See
`recon.evaluate.scan_nme`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recon.configuration import to_plain
from recon.evaluate.curves import ced_picture
from recon.evaluate.networks import digests, open_network
from recon.evaluate.published_settings import FlorenceSettings as Settings
from recon.evaluate.readers.florence import subjects
from recon.evaluate.results import Figure, Result, figures_of, per_person
from recon.evaluate.scan_nme import CURVE_PERCENT, MEASURES, NOT_FOUND, graded_figure, score, show
from recon.evaluate.self_grade import self_grade
from recon.evaluate.sitting import sit
from recon.faces import load
from recon.progress import tracked


def run(settings: Settings) -> Result:
    """Render each person's views, predict, score."""
    people, network = subjects(settings.folder), open_network(settings.network, settings.mirrored)
    poses = [(yaw, pitch) for pitch in settings.pitches_deg for yaw in settings.yaws_deg]
    values: list[dict[str, Any]] = []
    for k, subject in enumerate(tracked(people, "people")):
        rng = np.random.default_rng([settings.seed, k])
        shown = list(show(sit(subject.load(), load("default"), settings.size), poses, settings.points, rng))
        values += [{"person": subject.person, **value} for value in score(network, shown)]
    missed = sum(not value["found"] for value in values)
    yaws = sorted({abs(yaw) for yaw in settings.yaws_deg})
    curves = {f"yaw {yaw:g}": np.array([v["nme"] for v in values if abs(v["yaw_deg"]) == yaw]) for yaw in yaws}
    return Result(
        title="Reconstructions of views of MICC Florence's scans" + (", looking twice" if settings.mirrored else ""),
        protocol="florence_nme",
        settings=to_plain(settings),
        figures=figures(values),
        notes=(
            f"{len(poses)} views of each of {len(people)} people at {settings.size} px; intervals over people. Without "
            f"a face found {missed}, which count {NOT_FOUND:g} %.",
            "Closest points say which points belong together and align nothing; the aligned figures are VRN's variant.",
        ),
        weights=digests(settings.network),
        values=values,
        pictures={"ced": ced_picture(curves, "% of the outer interocular distance", CURVE_PERCENT)},
        self_grade=self_grade(graded_figure, aligned=False, count=settings.graded),
    )


def figures(values: list[dict[str, Any]]) -> tuple[Figure, ...]:
    """A row for all views, for each |yaw| and for each pitch."""
    rows = {"all views": values}
    for yaw in sorted({abs(value["yaw_deg"]) for value in values}):
        rows[f"yaw {yaw:g}"] = [value for value in values if abs(value["yaw_deg"]) == yaw]
    for pitch in sorted({value["pitch_deg"] for value in values}):
        rows[f"pitch {pitch:g}"] = [value for value in values if value["pitch_deg"] == pitch]
    return tuple(
        figure for row, kept in rows.items() for figure in figures_of(per_person(kept, MEASURES), MEASURES, row)
    )
