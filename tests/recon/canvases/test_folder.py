"""Photos that are drawn, so that the truth is known, through the command: the bundled network, which has no parser."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from recon.canvases import photo
from recon.canvases.folder import make_canvases
from recon.canvases.plate_frame import frame_within
from recon.errors import UserError
from recon.faces import load
from recon.photos.framing import Framing, frame
from recon.photos.reading import read_photo
from recon.synthesis.canvas import canvas, canvases
from recon.synthesis.produce import read_manifest
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from synth2real.cli import main

MODEL, SIZE, SCENES = load("default"), 96, (0, 1)
Made = tuple[Path, Path, list[tuple[Record, Framing]]]
TURNED = 1  # this one is stored on its side


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Two drawn photos, one of them turned, and a file that is none; their canvases; the photos' records, and
    where the plates were cut."""
    folder = tmp_path_factory.mktemp("canvases")
    photos, out = folder / "photos", folder / "set"
    photos.mkdir()
    records = []
    for index in SCENES:
        scene = draw_scene(MODEL, 8, index, SceneConfig(yaw_max_deg=15, calm=1))
        records.append(render_record(MODEL, dataclasses.replace(scene, eye_share=0.22, eye_v=0.48), 192))
        picture = Image.fromarray(records[-1].rgb)
        picture = picture.transpose(Image.Transpose.ROTATE_90) if index == TURNED else picture
        picture.save(photos / f"face_{index}.png")
    (photos / "none.png").write_bytes(b"no image")
    places: list[Framing] = []

    def noted(framing: Framing, size: tuple[int, int]) -> Framing:
        places.append(frame_within(framing, size))
        return places[-1]

    words = ["canvases", "--photos", str(photos), "--out", str(out), "--size", str(SIZE), "--workers", "1"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photo, "frame_within", noted)
        assert main([*words, "--licence", "CC0 1.0"]) == 0
    return photos, out, list(zip(records, places, strict=True))


def test_the_folder_says_what_it_is_and_whose(made: Made) -> None:
    _, out, _ = made
    assert read_manifest(out)["kind"] == "canvases" and (out / "sheet.jpg").exists()
    assert "data/train-00000.parquet" in json.loads((out / "checksums.json").read_text())
    assert canvases(out) == ("face_0.png", "face_1.png")
    with (out / "photos.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["canvas"] for row in rows] == ["1", "1", "0"] and "image" in rows[2]["reason"]
    card = (out / "README.md").read_text()
    assert "| face_1.png | CC0 1.0 |" in card and "2 CC0 1.0" in card and "| plate | WebP" in card


@pytest.mark.parametrize("index", SCENES)
def test_the_old_face_is_gone_and_the_rest_is_not(made: Made, index: int) -> None:
    photos, out, truths = made
    one = canvas(out, f"face_{index}.png")
    record, place = truths[index]
    mask = Image.fromarray(record.mask.astype(np.uint8) * 255).convert("RGB")
    mask = mask.transpose(Image.Transpose.ROTATE_90) if index == TURNED else mask
    true = frame(mask, place, SIZE)[..., 0] > 127
    before = frame(read_photo(photos / f"face_{index}.png"), place, SIZE)
    left = true & ~one.face
    assert left.sum() < 0.04 * true.sum()
    bare = cv2.erode((one.face & (one.over == 0)).astype(np.uint8), np.ones((15, 15))) > 0
    assert bare.sum() > 500
    told = np.corrcoef(detail(one.plate)[bare], detail(before)[bare])[0, 1]
    assert abs(told) < 0.25  # no eye, no nose, no pore of the photo; .20 by chance of light and shade
    far = cv2.dilate(one.face.astype(np.uint8), np.ones((15, 15))) == 0
    assert (np.abs(one.plate.astype(int) - before).max(-1)[far] < 16).mean() > 0.9  # WebP loses a little


def detail(rgb: np.ndarray) -> np.ndarray:
    """(S, S) of brightness: what a blur takes."""
    grey = rgb.mean(-1).astype(np.float32)
    return grey - cv2.GaussianBlur(grey, (0, 0), 3)


@pytest.mark.parametrize("index", SCENES)
def test_its_numbers_make_sense(made: Made, index: int) -> None:
    one, record = canvas(made[1], f"face_{index}.png"), made[2][index][0]
    assert one.size == SIZE and not one.over[~one.face].any() and one.face.mean() > 0.1
    np.testing.assert_allclose(one.rotation @ one.rotation.T, np.eye(3), atol=1e-4)
    turn = np.degrees(np.arccos(np.clip((np.trace(one.rotation @ record.rotation.T) - 1) / 2, -1, 1)))
    assert turn < 15  # upright again, where the photo lay on its side
    skin = records_skin(record)
    assert np.abs(np.log(one.tone / skin)).max() < 0.5
    assert (one.licence, one.source, len(one.sha256)) == ("CC0 1.0", f"face_{index}.png", 64)


def records_skin(record: Record) -> np.ndarray:
    """(3,) the median linear colour of a record's face."""
    return np.median((record.rgb[record.mask] / 255) ** 2.2, 0)


def test_a_second_run_finds_all_done(made: Made) -> None:
    photos, out, _ = made
    before = {file: file.stat().st_mtime_ns for file in out.rglob("*.parquet")}
    again = make_canvases(photos, out, size=SIZE, licence="CC0 1.0")
    assert before == {file: file.stat().st_mtime_ns for file in out.rglob("*.parquet")}
    assert (again.photos, again.kept, again.unknown) == (3, 2, 0) and "1 without a canvas: not a readable" in str(again)
    with pytest.raises(UserError, match="begun with size 96"):
        make_canvases(photos, out, size=128, licence="CC0 1.0")


def test_a_folder_without_a_face_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (64, 64), (90, 120, 160)).save(tmp_path / "photos" / "wall.png")
    words = ["canvases", "--photos", str(tmp_path / "photos"), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert main(words) == 2
    assert "none of the 1 photos" in capsys.readouterr().err
