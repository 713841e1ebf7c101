import io

import cv2
import numpy as np
import pytest
from PIL import Image

from recon.synthesis.png import decode_png, encode_png


@pytest.mark.parametrize(
    ("shape", "dtype"), [((7, 5), np.uint8), ((7, 5), np.uint16), ((7, 5, 3), np.uint8), ((1, 1), np.uint16)]
)
def test_other_decoders_read_the_same_pixels(shape, dtype):
    image = np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, shape, dtype=dtype)
    data = encode_png(image)

    assert decode_png(data).dtype == dtype
    np.testing.assert_array_equal(decode_png(data), image)
    by_opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert by_opencv is not None
    np.testing.assert_array_equal(by_opencv[..., ::-1] if image.ndim == 3 else by_opencv, image)


def test_more_than_one_stored_block():
    image = np.random.default_rng(0).integers(0, 2**16, (300, 300), dtype=np.uint16)
    np.testing.assert_array_equal(decode_png(encode_png(image)), image)


def test_reads_ordinary_png():
    image = np.arange(20, dtype=np.uint16).reshape(4, 5) * 3000
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    np.testing.assert_array_equal(decode_png(file.getvalue()), image)


@pytest.mark.parametrize("image", [np.zeros((4, 4)), np.zeros((4, 4, 3), np.uint16), np.zeros((4, 4, 2), np.uint8)])
def test_refuses_what_png_would_change(image):
    with pytest.raises(ValueError, match="no PNG"):
        encode_png(image)
