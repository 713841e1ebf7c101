#!/usr/bin/env python3
"""Writes docs/scene.md from the dataclasses that a scene file fills, and its pictures (docs/scene/*.jpg).

--check writes nothing and says whether the text is current; pictures differ in their last bits between machines.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from recon.configuration import changed, settings_of
from recon.errors import UserError
from recon.synthesis.config import SceneConfig

ROOT = Path(__file__).resolve().parents[1]
TILE, LABEL, LINE = 96, 118, 13  # px: side of a picture, width of its key's name, height of a value under it
STILL = {  # what would move between the pictures of a row
    "yaw_max_deg": 0.0,
    "pitch_sd_deg": 0.0,
    "roll_sd_deg": 0.0,
    "place_jitter": 0.0,
    "framing_jitter": 0.0,
    "exposure_sd": 0.0,
    "dress.headwear": 0.0,
    "dress.objects": 0.0,
    "dress.glasses": 0.0,
}
PLAIN = {**STILL, "environment": 0.0, "key.yaw_sd_deg": 0.0, "key.pitch_sd_deg": 0.0}


class Row(NamedTuple):
    """A line of a picture: one key at some values, None its default, on one scene's draw. still: what else is held."""

    key: str
    values: tuple[float | None, ...]
    scene: int = 3
    still: dict[str, float] = STILL


class Group(NamedTuple):
    """A section: its heading, its keys (all that begin so) and its picture's lines; none, no picture."""

    heading: str
    keys: tuple[str, ...]
    rows: tuple[Row, ...]


GROUPS = {
    "pose": Group(
        "Pose of the head",
        ("yaw_", "pitch_", "roll_"),
        (
            Row("yaw_mean_deg", (-60, None, 60)),
            Row("pitch_mean_deg", (-25, None, 25)),
            Row("roll_sd_deg", (0.0, None, 20), 5, {**STILL, "roll_sd_deg": 4.0}),
        ),
    ),
    "framing": Group(
        "Framing",
        ("fov_", "eye_", "framing_", "place_"),
        (
            Row("fov_max_deg", (8.0, None, 90), 3, {**STILL, "fov_min_deg": 8.0}),
            Row("eye_share", (0.12, None, 0.42)),
            Row("eye_level", (0.25, None, 0.7)),
        ),
    ),
    "expression": Group(
        "Expression",
        ("smile", "open_mouth", "grin", "extreme"),
        (Row("smile", (0.0, 1.0), 5), Row("grin", (0.0, 1.0), 4), Row("extreme", (0.0, 1.0), 4)),
    ),
    "person": Group(
        "Person",
        ("melanin_", "variation", "skin", "eyes", "mouth"),
        (
            Row("melanin_scale", (0.3, None, 3.0), 5),
            Row("variation", (0.0, 1.0), 6),
            Row("skin", (0.0, 1.0), 2),
        ),
    ),
    "light": Group(
        "Light and camera",
        ("environment", "even", "key.", "exposure", "contrast", "metered"),
        (
            Row("key.yaw_mean_deg", (-80, None, 80), 6, PLAIN),
            Row("exposure", (0.4, None, 2.5), 6, PLAIN),
            Row("contrast", (0.5, None, 2.0), 6, PLAIN),
            Row("environment", (0.0, 1.0), 6),
        ),
    ),
    "background": Group("Background", ("calm", "backgrounds"), (Row("calm", (None, 0.5, 1.0), 14, PLAIN),)),
    "canvas": Group("Faces in real photos", ("canvas.",), ()),
    "dress": Group(
        "What people have on",
        ("dress.",),
        tuple(
            Row(f"dress.{name}", values, index)
            for name, values, index in (
                ("hair", (0.0, 1.0), 18),
                ("facial_hair", (0.0, 1.0), 58),
                ("glasses", (0.0, 1.0), 6),
                ("headwear", (0.0, 1.0), 6),
                ("objects", (0.0, 1.0), 6),
                ("clothes", (0.0, 1.0), 41),
            )
        ),
    ),
    "sets": Group("Sets of people", ("shots_per_person", "factors.", "balance"), ()),
}
INTRODUCTION = """# What a scene draws

Written by `scripts/scene_docs.py` from the settings themselves; not to be edited.

Each key stands in a scene file (`configs/scenes/*.yaml`, for `--scene`) or on the command line (`--smile 0.9`,
`--dress.glasses 1`). What lies beyond a range is refused. A share is a probability for each drawn face: 0 nobody, 1
everybody. The pictures show one drawn face at other values of one key; `=` marks the default."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit code 1 where docs/scene.md is not current")
    check = parser.parse_args().check
    try:
        file, text = ROOT / "docs/scene.md", page()
    except UserError as error:
        print(f"scene_docs: {error}", file=sys.stderr)
        return 2
    if check:
        drawn = all((ROOT / "docs" / place_of(name)).is_file() for name, group in GROUPS.items() if group.rows)
        current = drawn and file.is_file() and file.read_text() == text
        print("docs/scene.md is current" if current else "docs/scene.md is not current: run scripts/scene_docs.py")
        return int(not current)
    file.write_text(text)
    for name, group in GROUPS.items():
        if group.rows:
            place = ROOT / "docs" / place_of(name)
            place.parent.mkdir(exist_ok=True)
            picture(group).save(place, quality=88)
    return 0


def page() -> str:
    """The text of docs/scene.md. Raises UserError where a key is in no group, or in two."""
    settings = [one for one in settings_of(SceneConfig) if not one.group]
    for one in settings:
        if sum(one.key.startswith(group.keys) for group in GROUPS.values()) != 1:
            raise UserError(f"GROUPS of scripts/scene_docs.py must name {one.key} once")
    parts = [INTRODUCTION]
    for name, group in GROUPS.items():
        lines = ["| key | meaning | range | default |", "| --- | --- | --- | --- |"]
        for one in settings:
            if one.key.startswith(group.keys):
                meaning = one.meaning.replace("|", "\\|").replace(" * ", " \\* ").replace(" ** ", " \\*\\* ")
                lines.append(f"| `{one.key}` | {meaning} | {one.range or one.type} | {one.default} |")
        shown = [f"![{', '.join(row.key for row in group.rows)}]({place_of(name)})"] if group.rows else []
        parts += [f"## {group.heading}", *shown, "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def place_of(name: str) -> str:
    """The place of a group's picture, from docs/."""
    return f"scene/{name}.jpg"


def picture(group: Group) -> Image.Image:
    """A line for each of the group's rows: the key's name, then the face at each value, the value below."""
    wide = LABEL + TILE * max(len(row.values) for row in group.rows)
    sheet = Image.new("RGB", (wide, (TILE + LINE) * len(group.rows)), "white")
    pen = ImageDraw.Draw(sheet)
    for number, row in enumerate(group.rows):
        top = number * (TILE + LINE)
        pen.text((4, top + TILE / 2 - 6), row.key, fill="black")
        for place, value in enumerate(row.values):
            left, default = LABEL + place * TILE, default_of(row.key)
            shown = default if value is None else value
            sheet.paste(Image.fromarray(rendered(row, shown)), (left, top))
            said = f"{shown:g} =" if shown == default else f"{shown:g}"
            pen.text((left + 4, top + TILE), said, fill="black")
    return sheet


def default_of(key: str) -> float:
    """The default of a number."""
    return float(next(one.default for one in settings_of(SceneConfig) if one.key == key) or 0)


def rendered(row: Row, value: float) -> np.ndarray:
    """(TILE, TILE, 3) uint8 of the row's scene with its key at `value`."""
    from recon.faces import load
    from recon.synthesis.render_record import render_record
    from recon.synthesis.scene import draw_scene

    model, config = load("default"), changed(SceneConfig(), {**row.still, row.key: value}, "scripts/scene_docs.py")
    large = render_record(model, draw_scene(model, 0, row.scene, config), 2 * TILE).rgb
    return np.asarray(Image.fromarray(large).resize((TILE, TILE), Image.Resampling.BOX))


if __name__ == "__main__":
    sys.exit(main())
