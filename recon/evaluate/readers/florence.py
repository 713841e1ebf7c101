"""The MICC Florence 3D faces as they are published: subject_01/Model/frontal1/obj/110920150452.obj and its texture.

The set has no 3D landmarks of its own: they are to lie beside each mesh (`landmarks_beside`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recon.errors import UserError
from recon.evaluate.readers.textured_mesh import load_scan
from recon.evaluate.scan import Scan

SCANS = ("frontal1", "frontal2")  # the second where the first is missing


@dataclass(frozen=True)
class Subject:
    """One person's frontal scan."""

    person: str
    file: Path

    def load(self) -> Scan:
        return load_scan(self.file)


def subjects(folder: Path) -> list[Subject]:
    """All, sorted.

    Raises:
        UserError: there is none, or one lacks its scan.
    """
    people = sorted(one for one in folder.glob("subject_*") if one.is_dir())
    if not people:
        raise UserError(f"{folder} holds no subject_01 or the like: give the MICC Florence set's folder")
    return [Subject(person.name, _scan(person)) for person in people]


def _scan(person: Path) -> Path:
    for name in SCANS:
        if files := sorted((person / "Model" / name / "obj").glob("*.obj")):
            return files[0]
    raise UserError(f"{person} lacks Model/frontal1/obj/*.obj: give the set as it is published, or leave it out")
