"""`recon reconstruct` from the command line, on photos that the tests draw: renders stand in for people."""

import json
import os

import numpy as np
import pytest
import trimesh
from PIL import Image, ImageDraw

from recon.cli import main
from recon.faces import load
from recon.reconstruction.batch import MeshWork
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

PLAIN = SceneConfig(yaw_max_deg=10.0, pitch_sd_deg=3.0, calm=1.0, smile=0.0, open_mouth=0.0)


def face(side: int, index: int = 3) -> Image.Image:
    model = load("default")
    return Image.fromarray(render_record(model, draw_scene(model, 1, index, PLAIN), side).rgb)


def drawing() -> Image.Image:
    """Two dots and a line in a circle."""
    image = Image.new("RGB", (256, 256), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((40, 30, 216, 226), outline="black", width=5)
    for x in (95, 160):
        pen.ellipse((x - 8, 95, x + 8, 111), fill="black")
    pen.arc((90, 120, 166, 180), 20, 160, fill="black", width=5)
    return image


@pytest.mark.slow
def test_a_photo_becomes_a_textured_mesh_and_is_not_made_twice(tmp_path, capsys):
    face(300).save(tmp_path / "ann.png")
    words = ["reconstruct", str(tmp_path / "ann.png"), "--out", str(tmp_path / "out"), "--formats", "obj,ply,glb,stl"]
    assert main(words) == 0
    folder = tmp_path / "out" / "ann"
    files = {path.name for path in folder.iterdir()}
    assert {f"mesh.{end}" for end in ("obj", "mtl", "ply", "glb", "stl")} <= files
    assert {"sheet.jpg", "turntable.gif", "template.npz", "result.json", "photo.json"} <= files
    said = json.loads((folder / "result.json").read_text())
    assert np.abs(np.array(said["landmarks_px"]) - 150).max() < 150 and said["quality"]["matches"] > 500
    sizes = {
        len(trimesh.load(folder / f"mesh.{end}", force="mesh", process=False).faces) for end in ("obj", "ply", "glb")
    }
    assert len(sizes) == 1 and sizes.pop() > 10_000
    assert trimesh.load(folder / "mesh.obj", force="mesh").visual.uv is not None
    before = (folder / "mesh.ply").stat().st_mtime_ns
    assert main(words) == 0 and "there already" in capsys.readouterr().out
    assert (folder / "mesh.ply").stat().st_mtime_ns == before


@pytest.mark.slow
def test_one_bad_photo_never_ends_a_batch(tmp_path, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    three = Image.new("RGB", (1200, 500), (120, 130, 140))
    for number, left in enumerate((50, 800)):
        three.paste(face(330, 3 + 2 * number), (left, 100))
    three.save(photos / "two.jpg")
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "words.jpg").write_text("not a photo")
    Image.new("RGB", (300, 300), (200, 190, 180)).save(photos / "wall.png")
    words = ["reconstruct", str(photos), "--out", str(tmp_path / "out"), "--no-detail", "--workers", "1"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert all(f"skipped {photos / name}" in said for name in ("empty.jpg", "words.jpg", "wall.png"))
    assert {path.parent.name for path in (tmp_path / "out" / "two").glob("*/mesh.obj")} == {"face_0", "face_1"}
    assert "1 of 4 photos" in said


def test_one_broken_photo_of_fifty_is_a_counted_skip(tmp_path, capsys, monkeypatch):
    """Everything but the mesh work, which the tests above do."""
    photos, made = tmp_path / "photos", []
    photos.mkdir()
    drawn = [face(128, index) for index in (3, 5, 8)]
    for number in range(49):
        drawn[number % 3].save(photos / f"{number}.png")
    (photos / "broken.png").write_bytes((photos / "0.png").read_bytes()[:500])
    monkeypatch.setattr(MeshWork, "__call__", lambda work, task, *rest: made.append(task.photo.name))
    words = ["reconstruct", str(photos), "--out", str(tmp_path / "out"), "--crop", "--workers", "1"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert said.count("skipped") == 1 and "broken.png" in said and "49 of 50 photos" in said
    assert len(made) == 49 and "broken.png" not in made


def test_every_setting_can_be_given_before_and_after_the_photo(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("recon.reconstruction.batch.reconstruct_photos", lambda *given, **options: seen.append(given))
    words = ["--registration.alpha_point", ".2", "a.png", "--detail.dt_mm2=1", "b.png", "--texture_px", "512"]
    assert main(["reconstruct", "--out", str(tmp_path), *words]) == 0
    photos, _, _, config = seen[0]
    assert [path.name for path in photos] == ["a.png", "b.png"]
    assert config.registration.alpha_point == 0.2 and config.detail.dt_mm2 == 1 and config.texture_px == 512
    (tmp_path / "plain.yaml").write_text("detail: null")
    for words in (["--no-detail"], ["--config", str(tmp_path / "plain.yaml")]):
        assert main(["reconstruct", "a.png", "--out", str(tmp_path), *words]) == 0
        assert seen.pop()[3].detail is None


def test_a_photo_without_a_face_says_so(tmp_path, capsys):
    Image.new("RGB", (300, 200), (190, 180, 170)).save(tmp_path / "a.png")
    assert main(["reconstruct", str(tmp_path / "a.png"), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "a.png" in said and "no face" in said
    assert not (tmp_path / "out" / "a").exists()


def test_a_drawn_face_is_a_face_or_none_but_no_accident(tmp_path):
    drawing().save(tmp_path / "a.png")
    code = main(["reconstruct", str(tmp_path / "a.png"), "--out", str(tmp_path / "out"), "--no-detail"])
    assert code == (0 if (tmp_path / "out" / "a" / "photo.json").is_file() else 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{tmp}/none.jpg", "--out", "{tmp}/o"], "there is no photo or folder"),
        (["{tmp}", "--out", "{tmp}/o"], "holds no images"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--formats", "obj,fbx"], "--formats knows"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--formats", ","], "--formats names none"),
        (["{tmp}/a.png", "--out", ""], "--out needs a value"),
        (["", "--out", "{tmp}/o"], "an empty word"),
        (["{tmp}/pipe.jpg", "--out", "{tmp}/o"], "no file"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--registration", "[]"], "--registration must be keys of its own"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--crop", "--box", "1", "2", "30", "30"], "give one of them"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--box", "0", "0", "1e9", "1e9"], "far beyond the photo"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--device", "meta"], "--device meta is not there"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--box", "1", "2", "0", "5"], "--box"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--box", "nan", "2", "30", "30"], "--box"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--box", "1", "2", "inf", "30"], "--box"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--box", "900", "900", "50", "50"], "beside the photo, which is 64 x 64"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--box", "-90", "2", "50", "50"], "beside the photo"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--workers", "0"], "--workers"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--workers", "-2"], "--workers must be from 1"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--detail.edge_mm", "-1"], "--detail.edge_mm must be from"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--device", "cuda:77"], "--device"),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--network", "{tmp}/none.safetensors"], "none.safetensors"),
        (
            ["{tmp}/a.png", "--out", "{tmp}/o", "--registration.alpha_pont", ".2"],
            "did you mean 'registration.alpha_point'",
        ),
        (["{tmp}/a.png", "--out", "{tmp}/o", "--detail.method", "deep"], "--detail.method must be"),
    ],
)
def test_what_a_user_gets_wrong_is_one_sentence(tmp_path, capsys, words, message):
    folder = tmp_path / "empty"
    folder.mkdir()
    place = folder if words[0] == "{tmp}" else tmp_path
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert main(["reconstruct", *(word.replace("{tmp}", str(place)) for word in words)]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
