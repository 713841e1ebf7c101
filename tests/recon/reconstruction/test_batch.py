"""Which photos a batch makes, and which it leaves alone; the mesh work itself is in the tests of the command."""

import json
from dataclasses import replace

import pytest
from PIL import Image

from recon.detail.relief import DetailConfig
from recon.errors import UserError
from recon.files import whole_file
from recon.reconstruction.batch import DONE, MeshWork, reconstruct_photos, tasks_in
from recon.reconstruction.networks import network_of
from recon.reconstruction.pipeline import ReconstructionConfig

CONFIG = ReconstructionConfig()


@pytest.fixture(scope="module")
def network():
    return network_of(None)


@pytest.fixture
def made(monkeypatch):
    """The photos whose faces were found, in place of their meshes."""
    names = []

    def note(work, task, photo, faces):
        names.append(task.photo.name)
        with whole_file(task.folder / DONE) as temporary:
            temporary.write_text(json.dumps({"settings": work.settings}))

    monkeypatch.setattr(MeshWork, "__call__", note)
    monkeypatch.setattr("recon.reconstruction.batch.find_faces", lambda *args, **options: [None])
    return names


def test_photos_of_one_name_get_folders_of_their_own(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("a.jpg", "a.png", "deep/a.png"):
        (tmp_path / name).write_bytes(b"")
    folders = [task.folder for task in tasks_in([tmp_path], tmp_path / "out")]
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
        {"network": network.network},
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
