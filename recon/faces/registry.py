"""The face models there are, each under a name: another one is a file with its loader and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from recon.errors import UserError, did_you_mean
from recon.faces.default import load_default
from recon.faces.flame import load_flame
from recon.faces.ict import load_ict
from recon.faces.model import FaceModel


@dataclass(frozen=True)
class Kind:
    """One kind of face model.

    Attributes:
        load: reads the model, from the path behind the colon where the kind has one.
        place: what that path is, for the list of kinds; empty where the model is bundled.
    """

    load: Callable[[Path], FaceModel]
    place: str = ""


KINDS = {
    "default": Kind(lambda _: load_default()),
    "ict": Kind(lambda path: load_ict(path, load("default")), "DIR"),
    "flame": Kind(lambda path: load_flame(path, load("default")), "PATH"),
}


def load(name: str) -> FaceModel:
    """A face model by its name: "default", or a kind and its files such as "ict:DIR" (ICT-FaceKit's folder or npz) and
    "flame:PATH" (FLAME's file or folder).

    The same name gives the same object: models are compared by identity.

    Raises:
        UserError: there is no such kind, the files are missing or unfit.
    """
    kind, colon, place = name.partition(":")
    if kind not in KINDS:
        raise UserError(f"there is no face model '{name}'{did_you_mean(kind, map(_written, KINDS))}")
    if bool(KINDS[kind].place) != bool(place) or bool(colon) != bool(place):
        raise UserError(f"'{name}' names no face model: give {_written(kind)}")
    return _loaded(kind, Path(place).expanduser().resolve() if place else Path())


@cache
def _loaded(kind: str, path: Path) -> FaceModel:
    return KINDS[kind].load(path)


def _written(kind: str) -> str:
    return f"{kind}:{KINDS[kind].place}" if KINDS[kind].place else kind
