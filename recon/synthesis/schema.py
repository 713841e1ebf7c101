"""The table of a record's columns, one row a column: what is on disk, in memory, and what it means.

    row_from_record(record)                 the columns of a record
    record_from_row(row)                    the record again; of a row of `load_dataset` too
    record_from_row(row, ("rgb", "mask"))   only these fields, from `columns_of(("rgb", "mask"))`
    row_from_traits(traits)                 the columns that rows are filtered by; `traits_from_row` reads them

Letters of shapes: S the image's side, n vertices, k identity and e expression parameters of the face model.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from recon.errors import did_you_mean
from recon.faces.model import REGIONS, FaceModel
from recon.people.hair.cuts import CUTS
from recon.people.hair.facial_hair_style import KINDS as BEARDS
from recon.people.worn.glasses_design import FAMILIES
from recon.people.worn.headwear_design import KINDS as HEADWEAR
from recon.people.worn.objects import KINDS as THINGS
from recon.synthesis.codecs import MM, SIGNED, UNIT, Mask, Numbers, Pixels, Scalar, Text
from recon.synthesis.column import Column, Row, Schema, by_field, decode_row, encode_row
from recon.synthesis.record import Record
from recon.synthesis.traits import Traits

LANDMARKS = 68
WHOLE = Scalar("int64", low=0)
IMAGE, RGB = ("S", "S"), ("S", "S", 3)
FLOATS, NUMBER = Numbers("float32"), Scalar("float32")
OF_REGIONS = ", ".join(f"{code} {name.replace('_', ' ')}" for code, name in enumerate(REGIONS))

# fmt: off
COLUMNS = (
    #      name, field of Record, codec, shape, unit, text, channel
    Column("index", "index", WHOLE, (), "", "number of the drawn scene: the row is a function of seed and index"),
    Column("seed", "seed", WHOLE, (), "", "what the scenes were drawn from"),
    Column("model", "model", Text(), (), "", "the face model's name"),
    Column("render", "rgb", Pixels(), RGB, "", "the render that the labels describe, RGB"),
    Column("mask", "mask", Mask(), IMAGE, "", "where the face region is seen: forehead to chin, ear to ear"),
    Column("amodal_mask", "amodal_mask", Mask(), IMAGE, "", "where it is seen or hidden only by hair, glasses, things"),
    Column("region", "region", Pixels(high=len(REGIONS) - 1), IMAGE, "", f"what is seen: {OF_REGIONS}"),
    Column("position_x", "position_mm", MM, IMAGE, "mm", "place in the camera frame minus the nasion's, x right", 0),
    Column("position_y", "position_mm", MM, IMAGE, "mm", "the same, y up", 1),
    Column("depth", "position_mm", MM, IMAGE, "mm", "the same, z toward the viewer", 2),
    Column("correspondence_x", "correspondence", UNIT, IMAGE, "", "place on the canonical face, x in its box", 0),
    Column("correspondence_y", "correspondence", UNIT, IMAGE, "", "the same, y", 1),
    Column("correspondence_z", "correspondence", UNIT, IMAGE, "", "the same, z", 2),
    Column("normal_x", "normals", SIGNED, IMAGE, "", "unit normal in the camera frame, x right", 0),
    Column("normal_y", "normals", SIGNED, IMAGE, "", "the same, y up", 1),
    Column("normal_z", "normals", SIGNED, IMAGE, "", "the same, z toward the viewer", 2),
    Column("fine_normal_x", "fine_normals", SIGNED, IMAGE, "", "as normal, of the skin's pores, wrinkles and folds", 0),
    Column("fine_normal_y", "fine_normals", SIGNED, IMAGE, "", "the same, y up", 1),
    Column("fine_normal_z", "fine_normals", SIGNED, IMAGE, "", "the same, z toward the viewer", 2),
    Column("uv_u", "uv", UNIT, IMAGE, "", "texture coordinate u", 0),
    Column("uv_v", "uv", UNIT, IMAGE, "", "texture coordinate v", 1),
    Column("amodal_position_x", "amodal_position_mm", MM, IMAGE, "mm", "as position_x, under things too", 0),
    Column("amodal_position_y", "amodal_position_mm", MM, IMAGE, "mm", "as position_y, under things too", 1),
    Column("amodal_depth", "amodal_position_mm", MM, IMAGE, "mm", "as depth, under things too", 2),
    Column("amodal_correspondence_x", "amodal_correspondence", UNIT, IMAGE, "", "correspondence, under things too", 0),
    Column("amodal_correspondence_y", "amodal_correspondence", UNIT, IMAGE, "", "correspondence, under things too", 1),
    Column("amodal_correspondence_z", "amodal_correspondence", UNIT, IMAGE, "", "correspondence, under things too", 2),
    Column("landmarks_px", "landmarks_px", FLOATS, (LANDMARKS, 2), "px", "u right, v down, pixel centres at +0.5"),
    Column("landmarks_mm", "landmarks_mm", FLOATS, (LANDMARKS, 3), "mm", "in the frame of position"),
    Column("landmarks_visible", "landmarks_visible", Numbers("bool"), (LANDMARKS,), "", "in the image and not hidden"),
    Column("vertices_mm", "vertices_mm", FLOATS, ("n", 3), "mm", "in the frame of position; triangles: template.npz"),
    Column("identity", "identity", FLOATS, ("k",), "", "the model's parameters, standard deviations"),
    Column("expression", "expression", FLOATS, ("e",), "", "the model's parameters, activations"),
    Column("rotation", "rotation", FLOATS, (3, 3), "", "from the model's frame to the camera's"),
    Column("translation_mm", "translation_mm", FLOATS, (3,), "mm", "camera place = rotation @ model place + this"),
    Column("focal_px", "focal_px", Scalar("float64", low=0), (), "px", "the pinhole camera's focal length"),
    Column("centre_px", "centre_px", FLOATS, (2,), "px", "the pinhole camera's principal point"),
    Column("origin_mm", "origin_mm", FLOATS, (3,), "mm", "the nasion: add it to position for camera coordinates"),
    Column("scene", "scene", Text(), (), "", "JSON of everything else that was drawn"),
)
TRAITS = (
    Column("person", "person", WHOLE, (), "", "whose picture it is: one person has one shape, skin and hair"),
    Column("shot", "shot", WHOLE, (), "", "which of the person's pictures"),
    Column("yaw_deg", "yaw_deg", NUMBER, (), "deg", "the head's turn, positive to the image's right"),
    Column("pitch_deg", "pitch_deg", NUMBER, (), "deg", "its nod, positive looks down"),
    Column("roll_deg", "roll_deg", NUMBER, (), "deg", "its tilt, positive is counter-clockwise in the image"),
    Column("age", "age", Scalar("float32", 0, 120, nullable=True), (), "years", "null where the skin is drawn smooth"),
    Column("melanin", "melanin", Scalar("float32", 0, 2), (), "", "of the skin: about 0.03 (pale) to 2 (dark)"),
    Column("smile", "smile", NUMBER, (), "", "of the mouth's corners: 0 none, 1 a full smile, a grin beyond"),
    Column("open_mouth", "open_mouth", NUMBER, (), "", "of jaw and lips: 0 shut, 1 wide open"),
    Column("hair", "hair", Text(), (), "", f"{', '.join(CUTS)}, or painted (no strands); headwear may hide it"),
    Column("beard", "beard", Text(), (), "", f"{', '.join(BEARDS)}, or painted"),
    Column("glasses", "glasses", Text(), (), "", f"none, or their outline: {', '.join(FAMILIES)}"),
    Column("headwear", "headwear", Text(), (), "", f"none, {', '.join(HEADWEAR)}"),
    Column("thing", "thing", Text(), (), "", f"before the face: none, {', '.join(THINGS)}"),
    Column("canvas", "canvas", Text(), (), "", "the photo drawn in; what is worn is then its own, photo. Empty: none"),
)
# fmt: on
FIELDS, FIELDS_OF_TRAITS = by_field(COLUMNS), by_field(TRAITS)
ALWAYS = ("index", "seed")  # fields that are read with any others: they name the record


def record_schema(model: FaceModel) -> Schema:
    """The columns of a face model's records, and of the traits to look for them by."""
    return Schema((*COLUMNS, *TRAITS), lengths_of(model))


def lengths_of(model: FaceModel) -> dict[str, int]:
    """The lengths of the shape letters that the face model decides."""
    return {"n": len(model.mean), "k": len(model.identity_basis), "e": len(model.expression_basis)}


def columns_of(fields: Iterable[str]) -> list[str]:
    """The names of the columns that hold these fields of Record, and of those that name it."""
    wanted = _known(fields)
    return [column.name for column in COLUMNS if column.field in wanted]


def row_from_record(record: Record) -> dict[str, Any]:
    """The record's columns: `{"bytes": PNG, "path": None}` for images, arrays and plain values for the rest."""
    return encode_row(record, COLUMNS)


def row_from_traits(traits: Traits) -> dict[str, Any]:
    """The columns that rows are filtered by."""
    return encode_row(traits, TRAITS)


def traits_from_row(row: Row) -> Traits:
    """What `row_from_traits` was given. Raises UserError where the row lacks a column of it."""
    return Traits(**decode_row(row, FIELDS_OF_TRAITS))


def record_from_row(row: Row, fields: Collection[str] | None = None) -> Record:
    """The record of a row of `Rows` or of `load_dataset` (decoded images, in any format).

    Its numbers are those of the record that was stored, bit for bit, but that a label of -0.0 comes back as 0.0.

    Args:
        row: its other columns, such as those of a translated image, are not looked at.
        fields: decode only these fields of Record (and seed and index), for which `columns_of` are enough; the other
            arrays are of shape (0,), text is empty and focal_px NaN.

    Raises:
        UserError: names a column which is missing, of a wrong type or of a wrong shape.
    """
    return Record(**decode_row(row, FIELDS, None if fields is None else _known(fields)))


def _known(fields: Iterable[str]) -> set[str]:
    """These fields of Record and those that are always read."""
    wanted = {*ALWAYS, *fields}
    for name in sorted(wanted - FIELDS.keys()):
        raise ValueError(f"a record has no field {name!r}{did_you_mean(name, FIELDS)}")
    return wanted
