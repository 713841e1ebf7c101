"""Which photos a batch makes, and which it leaves alone; the mesh work itself is in the tests of the command."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from recon.detail.relief import DetailConfig
from recon.errors import UserError
from recon.files import only_run_in, whole_file
from recon.photos.framing import Framing
from recon.reconstruction.batch import DONE, MeshWork, photos_in, reconstruct_photos, tasks_of
from recon.reconstruction.networks import network_of
from recon.reconstruction.pipeline import ReconstructionConfig

CONFIG = ReconstructionConfig()
FACE = SimpleNamespace(framing=Framing(np.array([32.0, 30.0]), 17.0, 0.0))
DOUBTS: list[str] = []


@pytest.fixture(scope="module")
def network():
    return network_of(None)


@pytest.fixture
def made(monkeypatch):
    """The photos whose faces were found, in place of their meshes."""
    names = []

    def note(work, task, regions, faces):
        names.append(task.photo.name)
        with whole_file(task.folder / DONE) as temporary:
            said = {"photo": str(task.photo), "photo_sha256": task.digest, "faces": [{"doubts": DOUBTS}]}
            temporary.write_text(json.dumps({**said, "settings": work.settings}))

    monkeypatch.setattr(MeshWork, "__call__", note)
    monkeypatch.setattr("recon.reconstruction.batch.find_faces", lambda *args, **options: [FACE])
    return names


def test_photos_of_one_name_get_folders_of_their_own(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("a.jpg", "a.png", "deep/a.png"):
        (tmp_path / name).write_bytes(b"")
    photos = list(photos_in([tmp_path], tmp_path / "out"))
    folders = [task.folder for task in tasks_of(photos, tmp_path / "out")]
    assert folders == [tmp_path / "out" / name for name in ("a", "a_2", "deep/a")]


def test_results_of_the_same_settings_alone_are_left_as_they_are(tmp_path, network, made):
    for name in ("a.png", "b.png"):
        Image.new("RGB", (64, 64)).save(tmp_path / name)
    out = tmp_path / "out"
    assert reconstruct_photos([tmp_path / "a.png"], out, network, CONFIG).made == 1
    both = reconstruct_photos([tmp_path / "a.png", tmp_path / "b.png"], out, network, CONFIG)
    assert (both.made, both.there, made) == (1, 1, ["a.png", "b.png"])
    assert str(both) == f"1 of 1 photos reconstructed in {out}, 1 were there already"
    for other in (
        {"config": replace(CONFIG, detail=DetailConfig(dt_mm2=1.0))},
        {"config": replace(CONFIG, detail=None)},
        {"formats": ("glb",)},
        {"crop": True},
        {"box": (1.0, 2.0, 30.0, 40.0)},
        {"network": network.turned},
    ):
        options = {"config": CONFIG, "network": network, **other}
        assert reconstruct_photos([tmp_path / "a.png"], out, **options).made == 1, other
        assert reconstruct_photos([tmp_path / "a.png"], out, **options).there == 1, other
    (out / "a" / DONE).write_text("{")
    assert reconstruct_photos([tmp_path / "a.png"], out, network, CONFIG).made == 1


def test_a_batch_without_one_usable_photo_names_the_first(tmp_path, network):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"none")
    with pytest.raises(UserError, match=r"none of the 2 photos is usable; the first, .*a\.png: "):
        reconstruct_photos([tmp_path], tmp_path / "out", network, CONFIG)


def test_the_photos_content_decides_and_no_ones_results_are_overwritten(tmp_path, network, made):
    photos, out = [tmp_path / place / "front.png" for place in ("p1", "p2", "p3")], tmp_path / "out"
    for photo, colour in zip(photos, ("red", "blue", "red"), strict=True):
        photo.parent.mkdir()
        Image.new("RGB", (64, 64), colour).save(photo)

    def run(photo):
        outcome = reconstruct_photos([photo], out, network, CONFIG)
        return outcome.made, outcome.there

    assert run(photos[0]) == (1, 0)
    assert run(photos[1]) == (1, 0)  # another photo of the same name
    assert run(photos[2]) == (0, 1)  # the first one, elsewhere
    assert sorted(place.name for place in out.iterdir() if place.is_dir()) == ["front", "front_2"]
    assert json.loads((out / "front_2" / DONE).read_text())["photo"] == str(photos[1])
    Image.new("RGB", (64, 64), "green").save(photos[1])
    assert run(photos[1]) == (1, 0)  # its content changed: made anew, in its own folder
    assert len(list(out.glob("front*"))) == 2


def test_doubtful_photos_are_counted_apart(tmp_path, network, made, monkeypatch):
    monkeypatch.setitem(globals(), "DOUBTS", ["the nose above the brows"])
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    for said in ("1 of 1 photos", "0 of 0 photos reconstructed in"):
        outcome = str(reconstruct_photos([tmp_path / "a.png"], tmp_path / "out", network, CONFIG))
        assert said in outcome and outcome.endswith("1 doubtful: result.json says why")
        assert f"doubtful {tmp_path / 'a.png'}: the nose above the brows" in outcome


def test_a_second_run_in_the_folder_is_refused(tmp_path, network, made):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    with only_run_in(tmp_path / "out"), pytest.raises(UserError, match="another run"):
        reconstruct_photos([tmp_path / "a.png"], tmp_path / "out", network, CONFIG)


def test_results_among_the_photos_are_no_photos(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    (tmp_path / "out" / "a").mkdir(parents=True)
    Image.new("RGB", (64, 64)).save(tmp_path / "out" / "a" / "sheet.jpg")
    assert [photo.name for photo, _ in photos_in([tmp_path], tmp_path / "out")] == ["a.png"]
