import io
import json
import re
import shutil

import numpy as np
import pytest
import trimesh
import yaml
from PIL import Image

from recon.errors import UserError
from recon.faces import load
from recon.files import only_run_in
from recon.methods.pretrained import digest
from recon.synthesis.schema import record_from_row
from recon.synthesis.shards import Rows
from synth2real.cli import main
from synth2real.dataset.publish.light import PREVIEWS
from synth2real.dataset.publish.showcase import face_glb
from synth2real.dataset.publish.staging import made_in, stage
from tests.hub_client import client
from tests.hub_server import HubServer


@pytest.fixture(scope="module")
def staged(renders, tmp_path_factory):
    folder = tmp_path_factory.mktemp("publish") / "faces"
    shutil.copytree(renders, folder)
    return stage(folder, "me/faces")


def test_the_full_half_is_the_datasets_own_files(staged, renders):
    for shard in Rows(renders).files:
        assert digest(staged.files[f"data/{shard.name}"]) == digest(shard)
    made = {"README.md", "sheet.jpg", "plots.png", "scene.yaml", "manifest.json", "checksums.json", "template.npz"}
    assert made == {name for name in staged.files if "/" not in name}
    assert list(staged.files)[-1] == "README.md"


def test_the_light_half_keeps_labels_and_adds_pictures(staged, renders):
    light = Rows([path for name, path in staged.files.items() if name.startswith("light/")])
    assert len(light) == len(Rows(renders)) and {one.name for one in PREVIEWS} < set(light.columns)
    for row, whole in zip(light, Rows(renders), strict=True):
        assert all(np.array_equal(row[name], whole[name]) for name in row if not name.startswith("preview_"))
    preview = np.asarray(Image.open(io.BytesIO(row["preview_depth"]["bytes"])))
    there = ~np.isnan(record_from_row(whole).depth_mm)
    assert preview.dtype == np.uint8 and preview.shape == (*there.shape, 3)
    assert len(np.unique(preview[~there], axis=0)) == 1 < len(np.unique(preview[there], axis=0))


def test_staging_again_gives_the_same_bytes_and_leaves_the_dataset_alone(staged, renders, tmp_path):
    shutil.copytree(renders, tmp_path / "faces")
    before = {path: digest(path) for path in (tmp_path / "faces").rglob("*") if path.is_file()}
    again = stage(tmp_path / "faces", "me/faces")
    assert {name: digest(path) for name, path in again.files.items()} == {
        name: digest(path) for name, path in staged.files.items()
    }
    assert before == {path: digest(path) for path in (tmp_path / "faces").rglob("*") if path.is_file()}


def test_a_mesh_wears_its_image(renders):
    """A picture of pixel coordinates, worn: each vertex has the colour of the place that it projects to."""
    model, record = load("default"), record_from_row(Rows(renders).row(0))
    size = len(record.rgb)
    v, u = np.mgrid[:size, :size].astype(np.uint8)
    glb = face_glb(record, np.stack([u, v, 0 * u], axis=-1), model)
    (mesh,) = trimesh.load(io.BytesIO(glb), file_type="glb").geometry.values()
    used = np.unique(model.triangles[model.face].numpy())
    places = record.vertices_mm[used]
    np.testing.assert_allclose(mesh.vertices * 1000, places - places.mean(0), atol=1e-3)
    pixels = record.focal_px * (places + record.origin_mm)[:, :2] / -(places + record.origin_mm)[:, 2:] * (1, -1)
    pixels += record.centre_px
    worn = mesh.visual.uv * (1, -1) * size + (0, size)
    np.testing.assert_allclose(worn, pixels, atol=1e-3)
    marks = model.landmarks.numpy()[17:]  # of the inner face
    there = np.searchsorted(used, marks)
    np.testing.assert_allclose(worn[there], record.landmarks_px[17:], atol=0.05)


def test_the_card(staged):
    card = staged.files["README.md"].read_text()
    header = yaml.safe_load(card.split("---\n")[1])
    assert header["license"] == staged.licence == "cc0-1.0"
    assert [one["config_name"] for one in header["configs"]] == ["light", "full", "showcase"]
    for config in header["configs"]:
        pattern = config["data_files"][0]["path"].replace("*", ".*")
        assert any(re.fullmatch(pattern, name) for name in staged.files)
    for said in (
        "face model",
        "## Cite",
        "--seed 3 --scene scene.yaml",
        'load_dataset("me/faces", "full"',
        "(plots.png)",
        "(sheet.jpg)",
    ):
        assert said in card
    with Image.open(staged.files["plots.png"]) as plots:
        assert plots.size == (960, 512)


def test_damage_is_not_published(renders, tmp_path):
    shutil.copytree(renders, tmp_path / "faces")
    shard = Rows(tmp_path / "faces").files[1]
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"is not whole \(data/train-00001.parquet: has "):
        stage(tmp_path / "faces", "me/faces")
    (tmp_path / "faces" / "checksums.json").unlink()
    with pytest.raises(UserError, match=r"has no checksums.json"):
        stage(tmp_path / "faces", "me/faces")


def test_a_dataset_is_published_by_one_run_at_a_time(renders, tmp_path, capsys):
    shutil.copytree(renders, tmp_path / "faces")
    with only_run_in(made_in(tmp_path / "faces")):
        assert main(["publish", str(tmp_path / "faces"), "--repo", "me/faces", "--dry_run"]) == 2
    assert "another run is at work in publish's folder " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give either a dataset's folder or --weights FILE"),
        (["missing"], "no dataset folder missing"),
        (["DIR", "--license", "gpl"], "no licence 'gpl'"),
        (["DIR", "--ingredients", "hair=mit"], "not NAME=LICENCE"),
    ],
)
def test_bad_options_are_one_line_and_code_2(renders, tmp_path, capsys, words, said):
    words = [str(renders) if word == "DIR" else word for word in words]
    assert main(["publish", *words, "--repo", "me/faces", "--dry_run"]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


SCRIPT = """
import json, sys
from synth2real.dataset.publish import publish_dataset
from pathlib import Path
print(publish_dataset(Path(FOLDER), "me/faces", files_of_commit=2))
from datasets import load_dataset
from synth2real.cli import main
light = load_dataset("me/faces", split="train")
full = load_dataset("me/faces", "full", split="train", streaming=True)
turn = load_dataset("me/faces", "showcase", split="train")
print(json.dumps({
    "light": [len(light), light[3]["index"], light[3]["preview_depth"].size],
    "full": [row["index"] for row in full],
    "mesh": [len(mesh.faces) for mesh in turn[0]["mesh"].geometry.values()],
    "verify": main(["verify", "me/faces", "--sample", "1"]),
    "select": main(["select", "me/faces", "--where", "index < 5", "--out", OUT]),
}))
"""


def test_published_through_failures_it_comes_back_and_verifies(renders, tmp_path):
    folder = tmp_path / "faces"
    shutil.copytree(renders, folder)
    script, running = SCRIPT.replace("FOLDER", repr(str(folder))).replace("OUT", repr(str(tmp_path / "part"))), []
    with HubServer() as hub:
        hub.on_commit = lambda count: running[0].kill() if count == 1 else None
        hub.fail("POST", "/commit/", "500", "cut")
        code, killed = client(hub, tmp_path / "home", script, began=running.append)
        assert code == -9
        half = hub.tree("me/faces")
        hub.fail("POST", "/commit/", "lost", "429")
        hub.fail("PUT", "/lfs/", "cut", "500")
        code, out = client(hub, tmp_path / "home", script)
        assert code == 0, out
        there = hub.tree("me/faces")
        assert half.items() < there.items() and not hub.pending_failures()
        assert len(hub.repos["dataset", "me/faces"].commits) <= 20
    again = stage(folder, "me/faces")
    assert {name: path.read_bytes() for name, path in again.files.items()} == there
    found = json.loads(next(line for line in out.splitlines() if line.startswith("{")))
    assert found["light"] == [20, 3, [32, 32]] and found["full"] == list(range(20))
    assert found["mesh"] == [int(load("default").face.sum())]
    assert found["select"] == 0 and len(Rows(tmp_path / "part")) == 5
    assert found["verify"] == 0 and "nothing is wrong: 20 rows read" in out
    everything = killed.encode() + out.encode() + b"".join(there.values())
    assert b"SECRET" not in everything
