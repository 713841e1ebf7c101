"""BU-3DFE as it is published: F0001/F0001_AN01WH_F3D.wrl, its texture _F3D.bmp and its 83 points _F3D.bnd.

A name says the person (F0001 to F0056, M0001 to M0044), the expression, its level (00 neutral, 01 to 04), the ancestry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recon.errors import UserError
from recon.evaluate.readers.vrml import read_wrl_scan
from recon.evaluate.scan import Scan

EXPRESSIONS = {
    "AN": "anger",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happy",
    "NE": "neutral",
    "SA": "sad",
    "SU": "surprise",
}
NAME = re.compile(rf"([FM]\d{{4}})_({'|'.join(EXPRESSIONS)})(\d\d)[A-Z]{{2}}_F3D\.wrl", re.IGNORECASE)


@dataclass(frozen=True)
class Face:
    """One scan of the set: the file, whose it is, its expression of EXPRESSIONS' words, its level."""

    file: Path
    person: str
    expression: str
    level: int

    def load(self) -> Scan:
        return read_wrl_scan(self.file, self.file.with_suffix(".bnd"))


def faces_of(folder: Path) -> list[Face]:
    """All, sorted by name.

    Raises:
        UserError: there is none.
    """
    found = list(_faces(folder))
    if not found:
        raise UserError(f"{folder} holds no F0001/F0001_AN01WH_F3D.wrl or the like: give BU-3DFE's folder")
    return found


def _faces(folder: Path) -> Iterator[Face]:
    for file in sorted(folder.rglob("*.wrl"), key=lambda one: one.name):
        if name := NAME.fullmatch(file.name):
            person, code, level = name.groups()
            yield Face(file, person.upper(), EXPRESSIONS[code.upper()], int(level))
