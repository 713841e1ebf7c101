"""The columns of a dataset of realistic faces: the image, those of `recon.synthesis.schema`, and last its drift.

The rows read as records; what is the image's alone, `translation_from_row` reads.
"""

from __future__ import annotations

from typing import Any

from recon.faces.model import FaceModel
from recon.synthesis.codecs import Pixels, Scalar
from recon.synthesis.column import Column, Row, Schema, by_field, decode_row, encode_row
from recon.synthesis.schema import COLUMNS, RGB, TRAITS, lengths_of
from synth2real.dataset.judges import LETTERS
from synth2real.dataset.translate import Translation
from synth2real.gan.drift import Drift

DRIFTED = Scalar("float32", low=0, nullable=True)
ANGLE, SHARE = Scalar("float32", 0, 180, nullable=True), Scalar("float32", low=0, high=1, nullable=True)
# fmt: off
IMAGE = Column("image", "image", Pixels(), RGB, "", "the realistic image, RGB")
DRAW = Column("draw", "draw", Scalar("int64", low=0), (), "", "which draw of the noise: above 0, those before drifted")
WORST = (
    Column("drift_px", "drift_px", DRIFTED, (), "px",
           "the worse of both judges' mean drift; null where one of them sees no face"),
    Column("drift_mm", "drift_mm", DRIFTED, (), "mm", "the same in space"),
)
TOLD = (  # of each judge, its letter before the name
    Column("drift_px", "drift_px", DRIFTED, (), "px",
           "mean way of the face's points from render to image: each is looked for by its correspondence"),
    Column("drift_p95_px", "drift_p95_px", DRIFTED, (), "px", "95th percentile of the same over the face"),
    Column("drift_mm", "drift_mm", DRIFTED, (), "mm", "mean length of the position's change over the face"),
    Column("normal_drift_deg", "normal_drift_deg", ANGLE, (), "deg", "mean angle by which its normals turn"),
    Column("landmark_drift_px", "landmark_drift_px", DRIFTED, (), "px",
           "mean way of the landmarks that the render shows, read off the correspondence"),
    Column("mask_iou", "mask_iou", SHARE, (), "", "overlap of the face masks of image and render"),
    Column("region_agreement", "region_agreement", SHARE, (), "",
           "of a judge with a parser, share of the pixels of lips, brows, eyes, teeth, mouth and beard that show the "
           "same in image and render; of others 1 minus the change of the gap between landmarks 61 to 63 and 65 to 67 "
           "(the inner lips), in mouth widths"),
)
# fmt: on
OF_JUDGES = {
    letter: tuple(
        Column(f"judge_{letter}_{one.name}", one.field, one.codec, one.shape, one.unit, f"judge {letter}: {one.text}")
        for one in TOLD
    )
    for letter in LETTERS
}
DRIFT = (*WORST, *(column for columns in OF_JUDGES.values() for column in columns))
TRANSLATED = (IMAGE, *COLUMNS, *TRAITS, DRAW, *DRIFT)


def translated_schema(model: FaceModel) -> Schema:
    """The columns of realistic faces beside records of a face model."""
    return Schema(TRANSLATED, lengths_of(model))


def row_from_translation(translation: Translation, render: Row) -> dict[str, Any]:
    """The columns of a realistic image, beside those of the render that was translated."""
    told = zip(translation.told, OF_JUDGES.values(), strict=True)
    return {
        **encode_row(translation, (IMAGE,)),
        **render,
        **encode_row(translation, (DRAW, *WORST)),
        **{name: value for one, columns in told for name, value in encode_row(one, columns).items()},
    }


def translation_from_row(row: Row) -> Translation:
    """What a row holds beside its record: the image and its drift. Raises UserError where it holds none."""
    own = decode_row(row, by_field((IMAGE, DRAW)))
    told = tuple(Drift(**decode_row(row, by_field(columns))) for columns in OF_JUDGES.values())
    return Translation(**own, told=told)
