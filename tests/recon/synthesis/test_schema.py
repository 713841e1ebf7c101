import dataclasses

import numpy as np
import pytest
from datasets import Array2D, Image, List

from recon.errors import UserError
from recon.synthesis.codecs import MM, SIGNED, UNIT, Codes, Mask, Numbers, Pixels, Scalar, image_to_column
from recon.synthesis.column import by_field, decode_row, encode_row, table_of
from recon.synthesis.record import Record
from recon.synthesis.schema import COLUMNS, record_from_row, row_from_record
from tests.recon.synthesis.fake_records import SCHEMA, fake_record

SIZE = 16
NAMES = [column.name for column in COLUMNS]
each_column = pytest.mark.parametrize("column", COLUMNS, ids=NAMES)


def row():
    return row_from_record(fake_record(0, size=SIZE))


def shape_of(column):
    lengths = {"S": SIZE, **SCHEMA.lengths}
    return tuple(lengths[n] if isinstance(n, str) else n for n in column.shape)


def test_every_field_of_a_record_has_its_columns():
    assert {column.field for column in COLUMNS} == {field.name for field in dataclasses.fields(Record)}
    assert list(SCHEMA.features) == NAMES == list(row()) and len(set(NAMES)) == len(NAMES)
    for field in ("position_mm", "uv"):
        channels = [column.channel for column in COLUMNS if column.field == field]
        assert channels == list(range(getattr(fake_record(0), field).shape[-1]))


@each_column
def test_a_column_is_in_the_card_with_its_unit(column):
    assert f"| {column.name} | {column.codec.stored} |" in table_of(COLUMNS) and len(column.text) > 5
    for unit in ("mm", "px"):
        assert not column.name.endswith(f"_{unit}") or column.unit == unit


@each_column
def test_dtype_and_shape_are_those_of_the_record_and_of_what_is_read(column):
    whole = getattr(fake_record(0, size=SIZE), column.field)
    value = whole if column.channel is None else whole[..., column.channel]
    read = column.decode(column.encode(whole), {})
    assert np.shape(value) == np.shape(read) == shape_of(column) and type(value) is type(read)
    if isinstance(value, np.ndarray):
        assert value.dtype == read.dtype == column.dtype
        assert value.tobytes() == read.tobytes()  # NaN by its bits too
    else:
        assert value == read and np.asarray(value).dtype.kind == column.dtype.kind


@each_column
def test_the_feature_is_of_the_same_dtype_and_shape(column):
    feature = SCHEMA.features[column.name]
    if isinstance(feature, Array2D):
        assert (feature.shape, feature.dtype) == (shape_of(column), column.dtype)
    elif isinstance(feature, List):
        assert ((feature.length,), feature.feature.dtype) == (shape_of(column), column.dtype)
    elif not isinstance(feature, Image):
        assert feature.dtype == ("string" if column.dtype.kind == "U" else column.dtype)


@pytest.mark.parametrize("codec", [MM, UNIT, SIGNED])
def test_the_card_says_what_decoding_does(codec):
    codes = np.arange(1, 65536, dtype=np.uint16).reshape(1, -1)
    said = eval(codec.rule, {"code": codes.astype(float)})
    np.testing.assert_allclose(codec.decode(image_to_column(codes)), said, rtol=1e-6, atol=1e-6)
    assert np.isnan(codec.decode(image_to_column(np.zeros((1, 1), np.uint16)))).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_column_is_named(name):
    less = row()
    del less[name]
    for read in (SCHEMA.check, record_from_row):
        with pytest.raises(UserError, match=f"no column {name}:"):
            read(less)


def test_an_extra_column_is_named():
    with pytest.raises(UserError, match="a column depht that its schema lacks; did you mean 'depth'"):
        SCHEMA.check(row() | {"depht": 1})


def lies(column):
    """Values that a row's column can't hold: of another type, another shape, out of range."""
    codec, real = column.codec, column.dtype.kind == "f"
    if isinstance(codec, Codes | Pixels | Mask):
        other = np.uint8 if isinstance(codec, Codes) else np.uint16
        yield from ({"bytes": b"no PNG", "path": None}, None, np.zeros((SIZE, SIZE)))
        yield image_to_column(np.zeros((SIZE, SIZE), other))
        if column.name != "render":  # whose size is what the others are measured by
            yield codec.encode(np.ones((8, 8, *column.shape[2:]), column.dtype))
        if column.unit == "mm":
            yield image_to_column(np.full((SIZE, SIZE), 2**16 - 1, np.uint16))
        if isinstance(codec, Mask) or column.name == "region":
            yield image_to_column(np.full((SIZE, SIZE), 16, np.uint8))
    elif isinstance(codec, Numbers):
        shape = shape_of(column)
        yield from (np.zeros(shape, np.int32), np.zeros((*shape, 1), column.dtype), np.zeros(999, column.dtype))
        yield from ("text", None, *([np.full(shape, np.nan, np.float32)] if real else []))
    elif isinstance(codec, Scalar):
        yield from ("1", None, [1, 2], *((-1.0, np.nan) if real else (-1, 1.5)))
    else:
        yield from (b"bytes", 7, None)


@each_column
def test_a_row_that_lies_is_refused_naming_the_column(column):
    SCHEMA.check(row())
    for lie in lies(column):
        with pytest.raises(UserError, match=f"the column {column.name} "):
            SCHEMA.check(row() | {column.name: lie})


@each_column
def test_a_table_that_lies_is_refused_naming_the_column(column):
    honest = encode_row(fake_record(0), COLUMNS)
    wrong = Numbers("bool") if column.dtype.kind == "f" else Numbers("float32")
    for lie in (dataclasses.replace(column, codec=wrong), dataclasses.replace(column, shape=(*column.shape, 7))):
        with pytest.raises(UserError, match=f"the column {column.name} "):
            decode_row(honest, by_field([lie if one is column else one for one in COLUMNS]))


def test_images_of_a_row_are_of_one_size():
    mixed = row() | {"depth": row_from_record(fake_record(0, size=8))["depth"]}
    with pytest.raises(UserError, match=r"the column depth is of shape \(8, 8\), not \(16, 16\)"):
        record_from_row(mixed)
