import dataclasses

import numpy as np
import pytest
from datasets import Image, Value

from recon.errors import UserError
from recon.synthesis.codecs import image_to_column
from recon.synthesis.column import table_of
from recon.synthesis.schema import COLUMNS, TRAITS, record_from_row, row_from_record, row_from_traits
from synth2real.dataset.schema import DRAW, DRIFT, IMAGE, TOLD, TRANSLATED, row_from_translation, translation_from_row
from synth2real.dataset.translate import Translation
from synth2real.gan.drift import NOTHING, Drift
from tests.recon.synthesis.fake_records import SCHEMA as RECORDS
from tests.recon.synthesis.fake_records import TRAITS_OF_FAKE, fake_record

SCHEMA = dataclasses.replace(RECORDS, columns=TRANSLATED)
FAKE_ROW = row_from_record(fake_record(0)) | row_from_traits(TRAITS_OF_FAKE)
TOLD_BY = (Drift(0.5, 1.5, 1.5, 8.0, 0.75, 0.875, 1.0), Drift(0.75, 1.25, 1.0, 9.0, 0.5, 0.75, 0.5))
TRANSLATION = Translation(np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3), 2, TOLD_BY)


def row():
    return row_from_translation(TRANSLATION, FAKE_ROW)


def test_the_image_comes_first_and_its_drift_last():
    features = SCHEMA.features
    drift = ["drift_px", "drift_mm"]
    drift += [f"judge_{letter}_{field.name}" for letter in "ab" for field in dataclasses.fields(Drift)]
    assert list(features) == list(row()) == ["image", *(column.name for column in (*COLUMNS, *TRAITS)), "draw", *drift]
    assert features["image"] == Image() and all(features[name] == Value("float32") for name in drift)
    assert [column.field for column in TOLD] == [field.name for field in dataclasses.fields(Drift)]
    assert (IMAGE, DRAW, *DRIFT) == (TRANSLATED[0], *TRANSLATED[-len(drift) - 1 :])
    assert all(f"| {column.name} | {column.codec.stored} |" in table_of(TRANSLATED) for column in TRANSLATED)


def test_a_row_is_read_in_two_parts():
    SCHEMA.check(row())
    translation = translation_from_row(row())
    assert translation.image.tobytes() == TRANSLATION.image.tobytes() and translation.image.dtype == np.uint8
    assert (translation.draw, translation.told) == (2, TOLD_BY)
    assert (row()["drift_px"], row()["drift_mm"], row()["judge_b_drift_mm"]) == (0.75, 1.5, 1.0)  # the worse of both
    assert record_from_row(row()).rgb.tobytes() == fake_record(0).rgb.tobytes()


def test_no_drift_is_null_in_the_row_and_nan_in_memory():
    blind = dataclasses.replace(NOTHING, mask_iou=0.0)
    made = row_from_translation(dataclasses.replace(TRANSLATION, told=(TOLD_BY[0], blind)), FAKE_ROW)
    assert made["drift_mm"] is None and made["judge_b_drift_px"] is None and made["judge_b_mask_iou"] == 0
    assert made["judge_a_drift_mm"] == 1.5
    SCHEMA.check(made)
    assert np.isnan(translation_from_row(made).drift_mm)
    with pytest.raises(UserError, match="column focal_px"):  # null is for columns that say so
        SCHEMA.check(made | {"focal_px": None})


def test_a_row_of_a_render_has_no_image():
    with pytest.raises(UserError, match="no column image"):
        translation_from_row(row_from_record(fake_record(0)))


@pytest.mark.parametrize(
    ("name", "lie"),
    [
        ("render", image_to_column(np.zeros((8, 8, 3), np.uint8))),  # not of the image's size
        ("image", image_to_column(np.zeros((16, 16), np.uint8))),
        ("drift_mm", -1.0),
        ("drift_mm", "1.0"),
        ("judge_a_drift_px", float("nan")),
        ("judge_b_mask_iou", 1.5),
        ("judge_a_normal_drift_deg", 181.0),
        ("draw", -1),
    ],
)
def test_a_row_that_lies_is_refused(name, lie):
    with pytest.raises(UserError, match=f"the column {name} "):
        SCHEMA.check(row() | {name: lie})
