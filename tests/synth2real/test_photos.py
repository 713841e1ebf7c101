"""Every kind of file that a folder of photos may hold; all are written here."""

import numpy as np
import pytest
from PIL import Image

from recon.errors import UserError
from synth2real.photos import load_photos, read_photo

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


def test_bad_files_are_skipped_and_named(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    picture().save(tmp_path / "deep" / "er" / "good.PNG")
    picture().resize((256, 256)).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:900])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "words.jpg").write_text("not an image")
    (tmp_path / "tiny.png").write_bytes(b"")
    Image.new("RGB", (4, 4)).save(tmp_path / "tiny.png")
    (tmp_path / "notes.txt").write_text("not looked at")
    photos = load_photos(tmp_path, 32, framing="none")
    assert photos.names == ("deep/er/good.PNG", "whole.jpg")
    assert photos.images.shape == (2, 32, 32, 3) and photos.images.dtype == np.uint8
    assert {name for name, _ in photos.skipped} == {"cut.jpg", "empty.jpg", "words.jpg", "tiny.png"}


def test_missing_empty_and_useless_folders(tmp_path):
    with pytest.raises(UserError, match="no folder"):
        load_photos(tmp_path / "absent", 32)
    with pytest.raises(UserError, match="holds no images"):
        load_photos(tmp_path, 32)
    (tmp_path / "words.jpg").write_text("not an image")
    with pytest.raises(UserError, match=r"none of the 1 images .* usable .*words\.jpg"):
        load_photos(tmp_path, 32, framing="none")
    with pytest.raises(UserError, match=r"faces\.csv"):
        load_photos(tmp_path, 32, framing="points")


def test_dropped_names_and_photos_without_points(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in "abc":
        picture().save(folder / f"{name}.png")
    (tmp_path / "drop.txt").write_text("b\n\n")
    header = "file,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_l_x,mouth_l_y,mouth_r_x,mouth_r_y"
    rows = ["a.png,16,20,32,20,24,28,19,36,29,36", "b.png,16,20,32,20,24,28,19,36,29,36"]
    (tmp_path / "faces.csv").write_text("\n".join([header, *rows]))
    photos = load_photos(folder, 32, drop=tmp_path / "drop.txt")
    assert photos.names == ("a.png",)
    assert [name for name, _ in photos.skipped] == ["b.png", "c.png"]
    (tmp_path / "faces.csv").write_text("file,left_eye_x\na.png,3")
    with pytest.raises(UserError, match="needs the columns"):
        load_photos(folder, 32)
