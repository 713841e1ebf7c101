"""The columns of a dataset of realistic faces: those of `recon.synthesis.schema`, the image first, its drift last.

The rows read as records; what is the image's alone, `translation_from_row` reads.
"""

from __future__ import annotations

from typing import Any

from recon.faces.model import FaceModel
from recon.synthesis.codecs import Pixels, Scalar
from recon.synthesis.column import Column, Row, Schema, by_field, decode_row, encode_row
from recon.synthesis.record import Record
from recon.synthesis.schema import COLUMNS, RGB, lengths_of
from synth2real.dataset.translate import Translation

# fmt: off
IMAGE = Column("image", "image", Pixels(), RGB, "", "the realistic image, RGB")
DRIFT = (
    Column("drift_mm", "drift_mm", Scalar("float32", low=0), (), "mm",
           "mean length of Net(image) - Net(render) in position over the face, Net being a frozen network"),
    Column("drift_correspondence", "drift_correspondence", Scalar("float32", low=0), (), "",
           "the same of correspondence, in units of the canonical box"),
    Column("mask_iou", "mask_iou", Scalar("float32", low=0, high=1), (), "",
           "overlap of the network's face masks of image and render"),
)
# fmt: on
FIELDS = by_field((IMAGE, *DRIFT))  # of Translation
TRANSLATED = (IMAGE, *COLUMNS, *DRIFT)


def translated_schema(model: FaceModel) -> Schema:
    """The columns of realistic faces beside records of a face model."""
    return Schema(TRANSLATED, lengths_of(model))


def row_from_translation(translation: Translation, record: Record) -> dict[str, Any]:
    """The columns of a realistic image, and of the record whose render was translated."""
    return {
        **encode_row(translation, (IMAGE,)),
        **encode_row(record, COLUMNS),
        **encode_row(translation, DRIFT),
    }


def translation_from_row(row: Row) -> Translation:
    """What a row holds beside its record: the image and its drift. Raises UserError where it holds none."""
    return Translation(**decode_row(row, FIELDS))
