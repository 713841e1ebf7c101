"""Every kind of image file; all are written here."""

import os
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

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


@pytest.mark.parametrize("suffix", ["jpg", "jfif", "png", "webp", "bmp", "tif", "avif", "gif", "jp2", "tga", "ppm"])
def test_formats(tmp_path, suffix):
    picture().save(tmp_path / f"a.{suffix}")
    check_red_left_blue_right(read_photo(tmp_path / f"a.{suffix}"))


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_of_several_frames_the_first_is_taken(tmp_path, suffix):
    others = [Image.new("RGB", (SIDE, SIDE), "green")] * 2
    picture().save(tmp_path / f"a.{suffix}", save_all=True, append_images=others)
    check_red_left_blue_right(read_photo(tmp_path / f"a.{suffix}"))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(tmp_path, orientation, suffix):
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
    image.save(tmp_path / f"a.{suffix}", exif=exif)
    check_red_left_blue_right(read_photo(tmp_path / f"a.{suffix}"))


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


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_greys_of_cameras_in_files_of_16_bits(tmp_path, bits):
    ramp = np.linspace(0, 2**bits - 1, SIDE).astype(np.uint16)[None].repeat(SIDE, 0)
    for suffix in ("png", "tif"):
        Image.fromarray(ramp).save(tmp_path / f"a.{suffix}")
        pixels = np.asarray(read_photo(tmp_path / f"a.{suffix}"))[..., 0]
        assert np.abs(pixels - ramp / (2**bits - 1) * 255).max() <= 0.51


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.4), (-3.0, 7.0), (0.0, 4000.0)])
def test_floats_are_scaled_by_their_finite_range_unless_they_are_shares(tmp_path, low, high):
    ramp = np.linspace(low, high, SIDE, dtype=np.float32)[None].repeat(SIDE, 0)
    ramp[0, :3] = np.nan, np.inf, -np.inf
    Image.fromarray(ramp).save(tmp_path / "a.tif")
    pixels = np.asarray(read_photo(tmp_path / "a.tif"))[..., 0]
    expected = ramp[1] * 255 if high <= 1 else (ramp[1] - low) / (high - low) * 255
    assert np.abs(pixels[1] - expected).max() <= 0.51
    assert pixels[0, :3].tolist() == [0, 255, 0]


def test_an_embedded_profile_is_converted(tmp_path):
    """Of a linear space with sRGB's primaries: what each value means there is known in closed form."""
    values = np.linspace(0, 255, SIDE).astype(np.uint8)[None].repeat(SIDE, 0)
    Image.fromarray(values).convert("RGB").save(tmp_path / "a.png", icc_profile=linear_srgb())
    pixels = np.asarray(read_photo(tmp_path / "a.png")).astype(float)[1]
    light = values[1] / 255
    expected = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(pixels - expected[:, None]).max() <= 2
    Image.fromarray(values).convert("RGB").save(tmp_path / "b.png", icc_profile=b"broken")
    assert np.array_equal(np.asarray(read_photo(tmp_path / "b.png"))[1, :, 0], values[1])


def linear_srgb() -> bytes:
    """An ICC profile of sRGB's primaries whose values are light: its curves (ICC.1, 10.18) become the power of 1."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    start = made.index(b"para")
    power_of_one = struct.pack(">4sIHHi", b"para", 0, 0, 0, 1 << 16)
    made = made[:start] + power_of_one + made[start + len(power_of_one) :]
    return made.replace("sRGB".encode("utf-16-be"), "flat".encode("utf-16-be"))


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


def test_what_is_too_large_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("recon.photos.reading.MOST_PX", 2_000_000)
    Image.new("RGB", (2001, 1000)).save(tmp_path / "a.jpg")
    with pytest.raises(Unusable, match="2001x1000 px are more than 2 million"):
        read_photo(tmp_path / "a.jpg")


def test_a_photo_of_100_megapixels_is_read_without_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 1000)
    picture().save(tmp_path / "a.png")
    check_red_left_blue_right(read_photo(tmp_path / "a.png"))
    assert Image.MAX_IMAGE_PIXELS == 1000


def test_a_photo_that_needs_a_plugin_says_which(tmp_path):
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(Unusable, match="pillow-heif"):
        read_photo(tmp_path / "a.heic")


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    for name, reason in (("pipe.jpg", "no file"), ("gone.jpg", "a link to nothing"), ("absent.jpg", "not there")):
        with pytest.raises(Unusable, match=reason):
            read_photo(tmp_path / name)


def test_a_cut_image_says_what_is_wrong(tmp_path):
    picture().resize((256, 256)).save(tmp_path / "a.jpg", quality=95)
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:3000])
    with pytest.raises(Unusable, match=r"not a readable image \(image file is truncated"):
        read_photo(tmp_path / "a.jpg")


def test_a_few_bytes_are_no_large_photo(tmp_path):
    Image.new("L", (6000, 6000)).save(tmp_path / "a.png")
    with pytest.raises(Unusable, match="can't be a photo of 6000x6000 px"):
        read_photo(tmp_path / "a.png")


def test_what_another_program_would_run_is_no_photo_whatever_its_name(tmp_path):
    picture().save(tmp_path / "a.eps")
    (tmp_path / "a.eps").rename(tmp_path / "a.jpg")
    with pytest.raises(Unusable, match="no format"):
        read_photo(tmp_path / "a.jpg")
