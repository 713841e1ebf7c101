"""BU-4DFE as it is published: F001/Happy/000.wrl with 000.jpg, and the 83 points of each frame as
BU4DFE_BND_V1.1/F001/Happy/000.bnd in, or beside, the folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from recon.errors import UserError
from recon.evaluate.readers.vrml import read_wrl_scan
from recon.evaluate.scan import Scan

EXPRESSIONS = ("Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise")
POINTS = "BU4DFE_BND_V1.1"
PERSON = re.compile(r"[FM]\d{3}")


@dataclass(frozen=True)
class Frame:
    """The middle frame of one sequence, where an expression is at its height: person, expression, the two files."""

    person: str
    expression: str
    wrl: Path
    bnd: Path

    def load(self) -> Scan:
        return read_wrl_scan(self.wrl, self.bnd)


def middle_frames(folder: Path) -> list[Frame]:
    """One for each person and expression that the folder has, sorted.

    Raises:
        UserError: there is no sequence, or a frame lacks its points.
    """
    frames = []
    for person in sorted(one for one in folder.glob("*") if one.is_dir() and PERSON.fullmatch(one.name)):
        for expression in EXPRESSIONS:
            if sequence := sorted((person / expression).glob("*.wrl")):
                wrl = sequence[len(sequence) // 2]
                frames.append(Frame(person.name, expression, wrl, _points(folder, person.name, expression, wrl)))
    if not frames:
        raise UserError(f"{folder} holds no F001/Happy/000.wrl or the like: give BU-4DFE's folder")
    return frames


def _points(folder: Path, person: str, expression: str, wrl: Path) -> Path:
    name = wrl.with_suffix(".bnd").name
    places = [wrl.parent, *(root / POINTS / person / expression for root in (folder, folder.parent))]
    for place in places:
        if (place / name).is_file():
            return place / name
    raise UserError(f"{wrl} lacks its 83 points: put {POINTS}/{person}/{expression}/{name} into {folder}")
