"""Folders of photos; all are written here."""

import numpy as np
import pytest
from PIL import Image

from recon.errors import UserError
from recon.photos.folder import load_photos


def picture() -> Image.Image:
    return Image.linear_gradient("L").resize((48, 48)).convert("RGB")


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


@pytest.mark.parametrize("framing", ["none", "detect"])
def test_points_that_would_not_be_looked_at_are_refused(tmp_path, framing):
    picture().save(tmp_path / "a.png")
    (tmp_path / "points.csv").write_text("file\n")
    with pytest.raises(UserError, match=f"framing {framing} does not look at: give one of them"):
        load_photos(tmp_path, 32, framing=framing, points=tmp_path / "points.csv")
