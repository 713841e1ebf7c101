import numpy as np
import pytest

from recon.synthesis import quantize

CODES = np.arange(65536, dtype=np.uint16)


@pytest.mark.parametrize("kind", ["mm", "unit", "signed"])
def test_every_code_survives_decoding_and_encoding(kind):
    encode, decode = getattr(quantize, f"encode_{kind}"), getattr(quantize, f"decode_{kind}")
    codes = CODES[(CODES >= 32768 - 32755) & (CODES <= 32768 + 32755)] if kind == "mm" else CODES[:65536]
    codes = np.append(codes, np.uint16(0))
    values = decode(codes)
    assert values.dtype == np.float32
    assert np.array_equal(encode(values), codes)
    assert np.isnan(values[-1]) and np.isfinite(values[1:-1]).all()


def test_rounding_is_within_half_a_step_and_what_no_code_reaches_is_none():
    values = np.random.default_rng(0).uniform(-200, 200, 1000).astype(np.float32)
    assert np.abs(quantize.decode_mm(quantize.encode_mm(values)) - values).max() <= 0.5 / 128
    assert quantize.decode_mm(quantize.encode_mm(np.float32([255.9, -255.9]))).tolist() == [255.8984375, -255.8984375]
    assert np.isnan(quantize.decode_mm(quantize.encode_mm(np.float32([256.0, -999.0])))).all()
    assert quantize.decode_unit(quantize.encode_unit(np.float32([1.7, -0.3]))).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("kind", ["mm", "unit", "signed"])
def test_snapping_is_encoding_and_decoding(kind):
    encode, decode, snap = (getattr(quantize, f"{name}_{kind}") for name in ("encode", "decode", "snap"))
    values = np.random.default_rng(1).uniform(-1.5, 1.5, 5000).astype(np.float32) * (200 if kind == "mm" else 1)
    values[::7] = np.nan
    assert snap(values).dtype == np.float32
    assert np.array_equal(snap(values), decode(encode(values)), equal_nan=True)


def test_places_of_any_size_are_snapped_and_never_cut():
    values = np.float32([0.003, -345.31, 1234.5004])
    assert quantize.snap_places(values).tolist() == [0.0, -345.3125, 1234.5]
    near = np.random.default_rng(2).uniform(-255, 255, 1000).astype(np.float32)
    assert np.array_equal(quantize.snap_places(near), quantize.snap_mm(near))
