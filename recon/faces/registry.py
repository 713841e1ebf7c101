"""The face models there are, each under a name: another one is a file with its loader and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from recon.errors import UserError, did_you_mean
from recon.faces.bfm import bfm_texture, load_bfm
from recon.faces.default import load_default
from recon.faces.flame import flame_texture, load_flame
from recon.faces.ict import load_ict
from recon.faces.model import FaceModel
from recon.faces.texture_space import TextureSpace


@dataclass(frozen=True)
class Kind:
    """One kind of face model.

    Attributes:
        load: reads the model, from the path behind the colon where the kind has one.
        place: what that path is, for the list of kinds; empty where the model is bundled.
        texture: reads the texture space of the model at a path, where the kind is published with one.
    """

    load: Callable[[Path], FaceModel]
    place: str = ""
    texture: Callable[[Path], TextureSpace] | None = None


KINDS = {
    "default": Kind(lambda _: load_default()),
    "ict": Kind(lambda path: load_ict(path, load("default")), "DIR"),
    "flame": Kind(lambda path: load_flame(path, load("default")), "PATH", flame_texture),
    "bfm": Kind(lambda path: load_bfm(path, load("default")), "PATH", bfm_texture),
}


def load(name: str) -> FaceModel:
    """A face model by its name: "default", or a kind and its files such as "ict:DIR" (ICT-FaceKit's folder or npz) and
    "flame:PATH" and "bfm:PATH" (the file or the folder).

    The same name gives the same object: models are compared by identity.

    Raises:
        UserError: there is no such kind, the files are missing or unfit.
    """
    return _loaded(*_parsed(name))


def load_texture(name: str) -> TextureSpace:
    """The texture space that a model is published with, by the model's name.

    Raises:
        UserError: as `load`, or the kind has none.
    """
    kind, path = _parsed(name)
    read = KINDS[kind].texture
    if read is None:
        raise UserError(f"the face model '{name}' has no texture space: give flame:PATH or bfm:PATH")
    return read(path)


def _parsed(name: str) -> tuple[str, Path]:
    """The kind and the path of a model's name."""
    kind, colon, place = name.partition(":")
    if kind not in KINDS:
        raise UserError(f"there is no face model '{name}'{did_you_mean(kind, map(_written, KINDS))}")
    if bool(KINDS[kind].place) != bool(place) or bool(colon) != bool(place):
        raise UserError(f"'{name}' names no face model: give {_written(kind)}")
    return kind, Path(place).expanduser().resolve() if place else Path()


@cache
def _loaded(kind: str, path: Path) -> FaceModel:
    return KINDS[kind].load(path)


def _written(kind: str) -> str:
    return f"{kind}:{KINDS[kind].place}" if KINDS[kind].place else kind
