"""Every kind of image file; all are written here."""

import numpy as np
import pytest
from PIL import Image

from recon.photos.reading import Unusable, read_photo

SIDE = 48


def picture() -> Image.Image:
    """Red on the left, blue on the right, darker below: orientation and channels show."""
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    pixels[:, : SIDE // 2, 0] = 200
    pixels[:, SIDE // 2 :, 2] = 200
    pixels[SIDE // 2 :] //= 2
    return Image.fromarray(pixels)


def check_red_left_blue_right(image: Image.Image, tolerance: int = 30):
    pixels = np.asarray(image).astype(int)
    expected = np.asarray(picture()).astype(int)
    assert image.mode == "RGB" and image.size == (SIDE, SIDE)
    inside = np.abs(pixels - expected)[4:20, 4:20], np.abs(pixels - expected)[4:20, 28:44]
    assert max(part.mean() for part in inside) < tolerance


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "tif"])
def test_formats(tmp_path, suffix):
    picture().save(tmp_path / f"a.{suffix}")
    check_red_left_blue_right(read_photo(tmp_path / f"a.{suffix}"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(tmp_path, orientation):
    undo = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    image = picture()
    for step in undo:
        image = image.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "a.jpg", exif=exif)
    check_red_left_blue_right(read_photo(tmp_path / "a.jpg"))


def test_cmyk_and_palette(tmp_path):
    picture().convert("CMYK").save(tmp_path / "a.jpg")
    check_red_left_blue_right(read_photo(tmp_path / "a.jpg"))
    picture().convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "a.png")
    check_red_left_blue_right(read_photo(tmp_path / "a.png"))


def test_grey_of_8_and_16_bits(tmp_path):
    ramp = np.linspace(0, 255, SIDE).astype(np.uint8)[None].repeat(SIDE, 0)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    Image.fromarray(ramp.astype(np.uint16) * 257).save(tmp_path / "b.png")
    Image.fromarray((ramp / 255).astype(np.float32)).save(tmp_path / "c.tif")
    for name in ("a.png", "b.png", "c.tif"):
        pixels = np.asarray(read_photo(tmp_path / name)).astype(int)
        assert pixels.shape == (SIDE, SIDE, 3)
        assert np.abs(pixels - ramp[..., None]).max() <= 1, name


def test_transparent_pixels_lie_over_grey(tmp_path):
    rgba = picture().convert("RGBA")
    rgba.putalpha(Image.fromarray(np.repeat([[0, 255]], SIDE // 2, 1).repeat(SIDE, 0).astype(np.uint8)))
    rgba.save(tmp_path / "a.png")
    pixels = np.asarray(read_photo(tmp_path / "a.png"))
    assert (pixels[:, : SIDE // 2] == 128).all() and pixels[4, SIDE - 4, 2] == 200
    grey = picture().convert("L").convert("LA")
    grey.putalpha(0)
    grey.save(tmp_path / "b.png")
    assert (np.asarray(read_photo(tmp_path / "b.png")) == 128).all()


@pytest.mark.parametrize("content", [b"", b"not an image", b"\xff\xd8\xff\xe0 cut short"])
def test_what_is_no_image_says_so(tmp_path, content):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(Unusable, match="not a readable image"):
        read_photo(tmp_path / "a.jpg")


def test_a_speck_is_refused(tmp_path):
    Image.new("RGB", (8, 200)).save(tmp_path / "a.png")
    with pytest.raises(Unusable, match="only 8x200 px"):
        read_photo(tmp_path / "a.png")
