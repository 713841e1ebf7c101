from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from recon.cli import main
from recon.faces import load
from recon.geometry.surfaces import vertex_normals
from recon.people.skin.texture import SIDE, read_space
from recon.render.harmonics import polynomials
from recon.skins import job, sheet, stored
from recon.skins.atlas_mesh import atlas_mesh
from recon.skins.learn import HEIGHT, Learnt, completed, learn, pigments
from recon.skins.reading import Reading
from recon.skins.stored import keep, kept

MODEL = load("default")
ATLAS = atlas_mesh(MODEL)
SMILE = [k for k, name in enumerate(MODEL.expression_names) if name.startswith("mouthSmile")]
FOLD = np.zeros((SIDE, SIDE), bool)
FOLD[150:180, 70:82] = FOLD[150:180, -82:-70] = True
ROW, COLUMN = np.mgrid[:SIDE, :SIDE]
ACROSS = np.minimum(COLUMN, SIDE - 1 - COLUMN)
NEAR = np.exp(-((ROW - 138) ** 2 + (ACROSS - 62) ** 2) / (2 * 14.0**2))
FLUSH = 0.12 * NEAR[..., None] * np.array([0.25, 1.6, 1.65])


def reading(seed: int) -> Reading:
    """A face of its own tone, light and flush of the cheeks, some of it hidden; who smiles has a dark fold."""
    rng = np.random.default_rng(seed)
    normals = ATLAS.spread(vertex_normals(MODEL.mean, MODEL.triangles))
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
    light = np.zeros((9, 3))
    light[0], light[2], light[3], light[1] = 0.6, 0.25, rng.normal(0, 0.1), rng.normal(0, 0.1)
    smile = float(rng.random() < 0.5) * rng.uniform(0.5, 1)
    pattern = FLUSH * rng.standard_normal() - 0.25 * smile * FOLD[..., None]
    tone = np.array([0.7, 0.5, 0.4]) * np.exp(rng.normal(0, 0.1))
    linear = np.exp(pattern) * tone * (polynomials(normals) @ light) * ATLAS.occlusion
    seen = ATLAS.skin * np.clip(normals[..., 2] * 2 - 0.6, 0, 1)
    corner = rng.integers(0, SIDE - 60, 2)
    seen[corner[0] : corner[0] + 60, corner[1] : corner[1] + 60] = 0
    expression = np.zeros(len(MODEL.expression_names))
    expression[SMILE] = smile
    noise = np.exp(rng.normal(0, 0.02, linear.shape))
    return Reading((linear * noise).clip(0, 1).astype(np.float32), normals, seen.astype(np.float32), expression)


@pytest.fixture(scope="module")
def learnt() -> Learnt:
    return learn([reading(seed) for seed in range(24)], MODEL.expression_names, ATLAS, modes=3)


def test_flushes_are_learnt_and_folds_are_not(learnt: Learnt) -> None:
    space = learnt.space
    draws = np.stack([space.smooth(np.random.default_rng(k).standard_normal(len(space.modes))) for k in range(40)])
    cheek = draws[:, 133:143, 57:67].mean((1, 2))
    assert 0.07 < cheek[:, 1].std() < 0.25  # 0.17 was drawn, the strongest left out as strange
    assert cheek[:, 1].std() > 2 * cheek[:, 0].std()  # flushes are red
    fold, beside = (draws[:, 155:175, columns].mean((1, 2, 3)) for columns in (slice(73, 79), slice(90, 96)))
    assert abs(float((fold - beside).mean())) < 0.05  # 0.13 is the mean over those who smile and who don't
    assert space.cover[128, 128] == 255 and space.cover[[0, -1]].max() < 10


def test_no_light_is_learnt(learnt: Learnt) -> None:
    """Left and right are alike in tone, whatever the lights were; so are forehead and chin."""
    mean = learnt.space.smooth(np.zeros(len(learnt.space.modes)))
    spots = [mean[40:60, 118:138], mean[215:225, 118:138], mean[100:110, 60:80]]
    assert np.ptp([spot.mean() for spot in spots]) < 0.06


def test_pigments_keep_flushes_and_drop_shade() -> None:
    flush, shade = np.array([[0.25, 1.6, 1.65]]), np.ones((1, 3))
    assert (flush @ pigments()) / flush == pytest.approx(0.75, abs=1e-4)
    assert (shade @ pigments()) / shade == pytest.approx(0.1, abs=1e-4)


def test_holes_are_filled_with_what_is_near() -> None:
    seen = np.full((HEIGHT, HEIGHT // 2), 50.0)
    seen[20:28, 10:18] = 0
    half = np.full((HEIGHT, HEIGHT // 2, 3), 0.3, np.float32)
    half[20:28, 10:18] = 9.0
    assert np.abs(completed(half, seen) - 0.3).max() < 1e-3


def test_readings_come_back(tmp_path: Path) -> None:
    one = reading(1)
    keep(tmp_path / "a.npz", "", one)
    back = kept(tmp_path / "a.npz")
    assert isinstance(back, Reading) and np.abs(back.linear - one.linear).max() < 1e-3
    assert (back.expression == one.expression).all()
    keep(tmp_path / "b.npz", "too dark")
    assert kept(tmp_path / "b.npz") == "too dark"


def test_the_command_goes_on_from_what_was_read(tmp_path: Path, monkeypatch, capsys) -> None:
    """Photos whose skin was read before, and one that is none, become a file with a card and two sheets."""
    photos, out = tmp_path / "photos", tmp_path / "skin.safetensors"
    photos.mkdir()
    for seed in range(job.FEWEST):
        Image.fromarray(np.full((8, 8, 3), seed, np.uint8)).save(photos / f"{seed}.png")
    (photos / "none.png").write_bytes(b"no image")
    points = ["left_eye", "right_eye", "nose", "mouth_l", "mouth_r"]
    columns = ["file", *(f"{one}_{axis}" for one in points for axis in "xy"), "licence", "attribution"]
    with (photos / "faces.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *([f"{k}.png", *[1] * 10, "CC0 1.0", "A"] for k in range(3))])

    def read(task: stored.Task, network: torch.nn.Module) -> None:
        if task.photo.stem.isdigit():
            keep(task.file, "", reading(int(task.photo.stem)))
        else:
            keep(task.file, "not a readable image")

    monkeypatch.setattr(stored, "write_reading", read)
    for name, value in (("ROWS", 1), ("COLUMNS", 2), ("SIDE_PX", 48)):
        monkeypatch.setattr(sheet, name, value)
    words = ["learn-textures", "--photos", str(photos), "--out", str(out), "--workers", "1"]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert f"skins of {job.FEWEST} of {job.FEWEST + 1} photos" in told and "1 not used: not a readable image" in told
    card = read_space(str(out)).card
    assert card["licences"] == {"unknown": job.FEWEST - 3, "CC0 1.0": 3} and len(card["photos"]) == job.FEWEST
    assert sum(card["tones"].values()) == pytest.approx(1, abs=0.01) and card["likeness"]["draw_least"] > 0
    assert out.stat().st_size < job.MOST_BYTES and out.with_suffix(".heads.png").exists()
    monkeypatch.setattr(stored, "write_reading", None)  # nothing is read twice
    before = out.read_bytes()
    assert main(words) == 0 and out.read_bytes() == before
    (photos / "7.png").unlink()
    assert main(words) == 2 and "only 7 of 8 photos" in capsys.readouterr().err
