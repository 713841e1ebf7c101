from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recon.cli import main
from recon.errors import UserError
from recon.fitting.fit_job import fit_photos, people_of
from recon.synthesis.placement import Placement, placed
from recon.synthesis.produce import read_manifest
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.schema import FIELDS
from recon.synthesis.source import Stored
from tests.recon.fitting.drawn_faces import MODEL

DRESSED = SceneConfig(yaw_max_deg=15, calm=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Three drawn photos and a file that is none, and the dataset fitted to them with a turned copy each."""
    folder = tmp_path_factory.mktemp("fit")
    photos = folder / "photos"
    photos.mkdir()
    for index in range(3):
        rgb = render_record(MODEL, draw_scene(MODEL, 8, index, DRESSED), 192).rgb
        Image.fromarray(rgb).save(photos / f"face_{index}.png")
    (photos / "none.png").write_bytes(b"no image")
    assert (
        main(
            [
                "fit",
                "--photos",
                str(photos),
                "--out",
                str(folder / "set"),
                "--size",
                "96",
                "--turn",
                "1",
                "--workers",
                "1",
            ]
        )
        == 0
    )
    return photos, folder / "set"


def test_the_dataset_says_what_it_is(made: tuple[Path, Path]) -> None:
    _, out = made
    assert read_manifest(out)["kind"] == "fitted" and (out / "template.npz").exists()
    with (out / "fits.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["photo"] for row in rows] == ["face_0.png", "face_1.png", "face_2.png", "none.png"]
    assert rows[3]["kept"] == "0" and "image" in rows[3]["reason"]
    kept = sum(row["kept"] == "1" for row in rows)
    assert kept >= 1 and len(Stored.at(out)) == 2 * kept


def test_its_records_are_records(made: tuple[Path, Path]) -> None:
    source = Stored.at(made[1])
    for number in range(2):
        record = source.record(number, FIELDS)
        scene = json.loads(record.scene)
        assert scene["synthetic_view"] == bool(number) and scene["photo"].startswith("face_")
        assert (record.seed, record.index) == (0, number)
        assert record.mask.any() and not (record.mask & ~record.amodal_mask).any()
        for name in ("position_mm", "correspondence", "normals", "uv"):
            assert np.isfinite(getattr(record, name)[record.mask]).all()
        assert np.isnan(record.correspondence[~record.mask]).all()
        seen = record.vertices_mm + record.origin_mm  # the camera sees the landmarks where the record says
        spots = record.centre_px + record.focal_px * seen[:, :2] * (1, -1) / -seen[:, 2:]
        np.testing.assert_allclose(spots[MODEL.landmarks.numpy()], record.landmarks_px, atol=0.05)
        moved = placed(record, Placement(), 64)
        assert moved.mask.shape == (64, 64) and moved.mask.any()


def test_a_second_run_finds_all_done(made: tuple[Path, Path]) -> None:
    photos, out = made
    before = {file: file.stat().st_mtime_ns for file in out.rglob("*.parquet")}
    again = fit_photos(photos, out, size=96, turn=1)
    assert before == {file: file.stat().st_mtime_ns for file in out.rglob("*.parquet")}
    assert again.photos == 4 and again.rows == 2 * again.kept
    with pytest.raises(UserError, match="begun with turn 1"):
        fit_photos(photos, out, size=96, turn=2)


def test_networks_train_on_it(made: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "tiny.yaml"
    network = "{outputs: joint, size: 32, widths: [8, 16], norm: group, dropout: 0.1}"
    file.write_text(
        f"method: pix2vertex\nnetwork: {network}\nsources: {{photos: {{dataset: {made[1]}}}}}\n"
        f"held_out: {{dataset: {made[1]}, last: 2}}\nbatch_size: 2\nprecision: 'no'\nevaluate_every: 100\n"
        "checkpoint_every: 100\nstages: [{steps: 2, learning_rate: 0.001}]\n"
    )
    assert main(["train", str(file), "--out", str(tmp_path / "run")]) == 0
    assert (tmp_path / "run" / "weights.safetensors").exists()


def test_a_folder_without_a_face_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "none.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"none of the 1 photos .* not a readable image"):
        fit_photos(tmp_path / "photos", tmp_path / "out", size=64)


def test_the_folders_of_photos_are_people_where_they_are_said_to_be() -> None:
    assert people_of(Path("tree"), ["ann/0.jpg", "ann/more/1.jpg", "bob/0.jpg"]) == (0, 0, 1)
    with pytest.raises(UserError, match="tree holds photos beside its folders"):
        people_of(Path("tree"), ["ann/0.jpg", "1.jpg"])
