"""What a dataset or a network was made of, each ingredient's licence, and what follows from it for the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recon.errors import UserError, did_you_mean
from recon.methods.pretrained import digest
from recon.people.skin.texture import BUNDLED, PAINTED, texture_key
from recon.synthesis.canvas import canvas, canvases
from recon.synthesis.on_canvas_scene import folder_of
from synth2real import bundled

FREE = "cc0-1.0"
FACE_MODEL = "face model"
# Licence -> what it asks of whatever holds the thing.
ASKED: dict[str, frozenset[str]] = {
    "cc0-1.0": frozenset(),
    "public-domain": frozenset(),
    "mit": frozenset({"by"}),
    "apache-2.0": frozenset({"by"}),
    "bsd-3-clause": frozenset({"by"}),
    "cc-by-4.0": frozenset({"by"}),
    "cc-by-sa-4.0": frozenset({"by", "sa"}),
    "cc-by-nc-4.0": frozenset({"by", "nc"}),
    "cc-by-nc-sa-4.0": frozenset({"by", "nc", "sa"}),
    "research-only": frozenset({"by", "nc", "research"}),
}
# How licences of photos begin in a faces.csv, in lower case, the narrower first.
OF_PHOTOS = {
    "cc0": "cc0-1.0",
    "public domain": "public-domain",
    "public-domain": "public-domain",
    "cc by-nc-sa": "cc-by-nc-sa-4.0",
    "cc by-nc": "cc-by-nc-4.0",
    "cc by-sa": "cc-by-sa-4.0",
    "cc by": "cc-by-4.0",
    "licence ouverte": "cc-by-4.0",
    "mit": "mit",
}
WORDS = {"by": "name its authors", "nc": "no commercial use", "sa": "the same licence", "research": "research alone"}
HUB = {"public-domain": "unlicense", "research-only": "other"}  # where the Hub's card has another word


@dataclass(frozen=True)
class Ingredient:
    """One thing that a dataset was made of. part: what of it is in the data. licence: None where it is not known."""

    name: str
    what: str
    part: str
    licence: str | None
    inside: bool = True  # False: it measured, and nothing of it is in the data

    @property
    def follows(self) -> str:
        """What the licence asks of the dataset, in words."""
        if not self.inside:
            return "nothing: no part of it is in the data"
        asked = sorted(ASKED.get(self.licence or "", ()))
        return ", ".join(WORDS[one] for one in asked) or "nothing"


def ingredients_of(manifest: Mapping[str, Any], said: Sequence[str] = ()) -> list[Ingredient]:
    """The ledger of a dataset. said: `name=licence` of ingredients whose licence the project can't know.

    Raises UserError where one names nothing that is in it, or a licence that is not known.
    """
    weights = {name: value for name, value in manifest.get("weights", {}).items() if isinstance(value, str)}
    known = {digest(path) for path in bundled_weights()}
    found = [_face_model(str(manifest.get("model", "default")))]
    if manifest["scene"].get("backgrounds"):
        found.append(Ingredient("backgrounds", "a folder of images", "crops behind the faces", None))
    canvases_folder = (manifest["scene"].get("canvas") or {}).get("folder")
    if canvases_folder:
        found.append(_canvases(canvases_folder))
    skin = manifest["scene"].get("skin_texture")
    if skin not in (None, PAINTED):
        known_skin = manifest.get("skin_texture") == texture_key(BUNDLED)["skin_texture"]
        whose = ", of photographs in the public domain or under CC0" if known_skin else ""
        told = f"statistics of photographed skin{whose}"
        found.append(Ingredient("skin", told, "the colours of skin", FREE if known_skin else None))
    for name, value in weights.items():
        of_bundled = "bundled weights" if value in known else f"weights {value[:16]}"
        licence = FREE if value in known else None
        if name == "generator":
            learnt = ", trained on photographs in the public domain" if value in known else ""
            found.append(Ingredient(name, of_bundled + learnt, "the look of every image", licence))
        else:
            found.append(Ingredient(name, of_bundled, "numbers that it measured", licence or "not asked", False))
    read = _read(said, [one.name for one in found])
    return [_told(one, read) for one in found]


def _canvases(folder: str) -> Ingredient:
    """The photos that faces were drawn in. Their licence is known where each one's is, and one allows what all ask."""
    what, part = "photos without their faces", "hair, ears, necks, clothes and rooms"
    try:
        place = folder_of(folder)
        said = [canvas(place, name).licence.lower() for name in canvases(place)]
    except UserError:  # the folder has gone since
        return Ingredient("canvases", what, part, None)
    read = [next((OF_PHOTOS[one] for one in OF_PHOTOS if words.startswith(one)), None) for words in said]
    asked = None if None in read else frozenset().union(*(ASKED[str(one)] for one in read))
    fitting = [name for name in ASKED if name in read and ASKED[name] == asked]
    return Ingredient("canvases", f"{len(said)} {what}", part, fitting[0] if fitting else None)


def _face_model(name: str) -> Ingredient:
    """The face model of a manifest; the licence of the default's data and of ICT-FaceKit's is known."""
    if name == "default":
        return Ingredient(FACE_MODEL, "the default model, made of CC0 data", "every shape", FREE)
    return Ingredient(FACE_MODEL, f"the model '{name}'", "every shape", {"ict": "mit"}.get(name))


def ingredients_of_weights(card: Mapping[str, Any], sha256: str, said: Sequence[str] = ()) -> list[Ingredient]:
    """The ledger of a network. card: what stands in its file. sha256: of the file. said: as `ingredients_of` has it."""
    if sha256 in {digest(path) for path in bundled_weights()}:
        known = "renders of the default model; photographs in the public domain, where the card names any"
        return [_told(Ingredient("training data", known, "what it learnt", FREE), _read(said, ["training data"]))]
    experiment = card.get("experiment")
    if not experiment:
        found = [Ingredient("training data", "not told in the file", "what it learnt", None)]
        return [_told(one, _read(said, ["training data"])) for one in found]
    found = [Ingredient("renders", "faces of the default model, made of CC0 data", "what it learnt", FREE)]
    if experiment.get("photos", {}).get("folder"):
        found.append(Ingredient("photos", f"{card.get('photos', 'some')} photographs", "the look that it learnt", None))
    if experiment.get("textures", {}).get("file"):
        found.append(Ingredient("skins", "skins read off photographs", "what it learnt", None))
    for name, source in experiment.get("sources", {}).items():
        if source.get("dataset"):
            found.append(Ingredient(name, "a dataset", "what it learnt", None))
        elif source.get("model", "default") != "default":
            found.append(Ingredient(name, "renders of another face model", "what it learnt", None))
    if experiment.get("start"):
        found.append(Ingredient("start", "the weights that it began with", "what is left of them", None))
    read = _read(said, [one.name for one in found])
    return [_told(one, read) for one in found]


def bundled_weights() -> list[Path]:
    """The files of the networks that ship with the project, all under CC0."""
    return sorted(bundled.generator_weights().parent.glob("*.safetensors"))


def licence_of(ingredients: Sequence[Ingredient], asked: str | None) -> str:
    """The dataset's licence: `asked`, or where none is, the freest that its ingredients allow.

    Raises UserError of one sentence where an ingredient's licence is not known, or does not allow it.
    """
    inside = [one for one in ingredients if one.inside]
    for one in inside:
        if one.licence is None:
            raise UserError(f'the licence of the {one.name} is not known: give --ingredients "{one.name}=LICENCE"')
    needed = frozenset().union(*(ASKED[str(one.licence)] for one in inside))
    if asked is None:
        fitting = [name for name in ASKED if ASKED[name] == needed and name != "public-domain"]
        wider = [name for name in ASKED if ASKED[name] >= needed]
        return next((str(one.licence) for one in inside if one.licence in fitting and needed), (fitting or wider)[0])
    check_licence(asked)
    for one in inside:
        missing = ASKED[str(one.licence)] - ASKED[asked]
        if missing:
            words = ", ".join(WORDS[word] for word in sorted(missing))
            fit = licence_of(ingredients, None)
            raise UserError(
                f"the {one.name} is under {one.licence} ({words}), which blocks {asked}: give --license {fit}"
            )
    return asked


def check_licence(name: str) -> str:
    """The name, where it is a licence that is known here."""
    if name not in ASKED:
        raise UserError(f"there is no licence '{name}' here{did_you_mean(name, ASKED)}")
    return name


def ledger(ingredients: Sequence[Ingredient]) -> str:
    """The ledger as a Markdown table."""
    lines = ["| ingredient | what it is | what of it is in the data | licence | what follows |", "| --- " * 5 + "|"]
    lines += [f"| {one.name} | {one.what} | {one.part} | {one.licence} | {one.follows} |" for one in ingredients]
    return "\n".join(lines)


def _read(said: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    read = {}
    for words in said:
        name, equals, licence = words.partition("=")
        if not equals or name not in names:
            raise UserError(f"--ingredients: '{words}' is not NAME=LICENCE{did_you_mean(name, names)}")
        read[name] = check_licence(licence)
    return read


def _told(one: Ingredient, said: Mapping[str, str]) -> Ingredient:
    return Ingredient(one.name, one.what, one.part, said.get(one.name, one.licence), one.inside)
