"""The protocol on BU-4DFE: reconstructions of views of 101 people's scans with expressions (VRN, section 4).

Happy and Surprise from every pose, and all six expressions from the front, in lights of any side and colour. Of each
sequence the middle frame is taken; the text does not say which. See `recon.evaluate.scan_nme`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recon.configuration import to_plain
from recon.errors import UserError, did_you_mean
from recon.evaluate.curves import ced_picture
from recon.evaluate.networks import digests, open_network
from recon.evaluate.published_settings import Bu4dfeSettings as Settings
from recon.evaluate.readers.bu4dfe import EXPRESSIONS, middle_frames
from recon.evaluate.results import Figure, Result, figures_of, per_person
from recon.evaluate.scan_nme import CURVE_PERCENT, MEASURES, NOT_FOUND, graded_figure, score, show
from recon.evaluate.self_grade import self_grade
from recon.evaluate.sitting import sit
from recon.faces import load
from recon.progress import tracked

FRONT = (0.0, 0.0)


def run(settings: Settings) -> Result:
    """Render each frame's views, predict, score."""
    for name in settings.turned:
        if name not in EXPRESSIONS:
            raise UserError(f"--turned can't name '{name}'{did_you_mean(name, EXPRESSIONS)}")
    frames, network = middle_frames(settings.folder), open_network(settings.network, settings.mirrored)
    poses = [(yaw, pitch) for pitch in settings.pitches_deg for yaw in settings.yaws_deg]
    values: list[dict[str, Any]] = []
    for k, frame in enumerate(tracked(frames, "expressions")):
        seen = poses if frame.expression in settings.turned else []
        rng = np.random.default_rng([settings.seed, k])
        shown = list(show(sit(frame.load(), load("default"), settings.size), [FRONT, *seen], settings.points, rng))
        for number, value in enumerate(score(network, shown)):
            values.append({"person": frame.person, "expression": frame.expression, "turned": number > 0, **value})
    missed = sum(not value["found"] for value in values)
    people = len({value["person"] for value in values})
    rows = groups(values)
    curves = {row: np.array([v["nme"] for v in kept]) for row, kept in rows.items() if not row.startswith("yaw")}
    return Result(
        title="Reconstructions of views of BU-4DFE's scans" + (", looking twice" if settings.mirrored else ""),
        protocol="bu4dfe_nme",
        settings=to_plain(settings),
        figures=figures(rows),
        notes=(
            f"{len(values)} views of {len(frames)} expressions of {people} people at {settings.size} px; intervals "
            f"over people. Without a face found {missed}, which count {NOT_FOUND:g} %.",
            "Closest points say which points belong together and align nothing; the aligned figures are VRN's variant.",
        ),
        weights=digests(settings.network),
        values=values,
        pictures={"ced": ced_picture(curves, "% of the outer interocular distance", CURVE_PERCENT)},
        self_grade=self_grade(graded_figure, aligned=False, count=settings.graded),
    )


def groups(values: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """All poses of the turned expressions, each |yaw| of them, each expression from the front; none that is empty."""
    turned = [value for value in values if value["turned"]]
    rows = {"all poses": turned}
    for yaw in sorted({abs(value["yaw_deg"]) for value in turned}):
        rows[f"yaw {yaw:g}"] = [value for value in turned if abs(value["yaw_deg"]) == yaw]
    for name in EXPRESSIONS:
        rows[f"front, {name.lower()}"] = [v for v in values if not v["turned"] and v["expression"] == name]
    return {row: kept for row, kept in rows.items() if kept}


def figures(rows: dict[str, list[dict[str, Any]]]) -> tuple[Figure, ...]:
    return tuple(
        figure for row, kept in rows.items() for figure in figures_of(per_person(kept, MEASURES), MEASURES, row)
    )
