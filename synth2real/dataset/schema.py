"""The columns of a dataset of realistic faces: the image, those of `recon.synthesis.schema`, and last its drift.

The rows read as records; what is the image's alone, `translation_from_row` reads.
"""

from __future__ import annotations

from typing import Any

from recon.faces.model import FaceModel
from recon.synthesis.codecs import Pixels, Scalar
from recon.synthesis.column import Column, Row, Schema, by_field, decode_row, encode_row
from recon.synthesis.record import Record
from recon.synthesis.schema import COLUMNS, RGB, TRAITS, lengths_of, row_from_record, row_from_traits
from recon.synthesis.traits import Traits
from synth2real.dataset.translate import Translation

DRIFTED = Scalar("float32", low=0, nullable=True)
# fmt: off
IMAGE = Column("image", "image", Pixels(), RGB, "", "the realistic image, RGB")
DRIFT = (
    Column("drift_mm", "drift_mm", DRIFTED, (), "mm",
           "mean length of Net(image) - Net(render) in position over the face, Net being a frozen network; "
           "null where no face is in the image"),
    Column("drift_correspondence", "drift_correspondence", DRIFTED, (), "",
           "the same of correspondence, in units of the canonical box"),
    Column("mask_iou", "mask_iou", Scalar("float32", low=0, high=1, nullable=True), (), "",
           "overlap of the network's face masks of image and render"),
)
# fmt: on
FIELDS = by_field((IMAGE, *DRIFT))  # of Translation
TRANSLATED = (IMAGE, *COLUMNS, *TRAITS, *DRIFT)


def translated_schema(model: FaceModel) -> Schema:
    """The columns of realistic faces beside records of a face model."""
    return Schema(TRANSLATED, lengths_of(model))


def row_from_translation(translation: Translation, record: Record, traits: Traits) -> dict[str, Any]:
    """The columns of a realistic image, and of the record, with its traits, whose render was translated."""
    return {
        **encode_row(translation, (IMAGE,)),
        **row_from_record(record),
        **row_from_traits(traits),
        **encode_row(translation, DRIFT),
    }


def translation_from_row(row: Row) -> Translation:
    """What a row holds beside its record: the image and its drift. Raises UserError where it holds none."""
    return Translation(**decode_row(row, FIELDS))
