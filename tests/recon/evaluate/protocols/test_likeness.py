from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from recon import assets
from recon.configuration import read_config
from recon.errors import UserError
from recon.evaluate.held_out import drawn_records
from recon.evaluate.person_settings import LikenessSettings
from recon.evaluate.protocols import likeness
from recon.faces import load
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE
from recon.synthesis.scene import SceneConfig
from tests.recon.evaluate.protocols.drawn_photos import photos_of

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
COUNT, SIZE = 10, 64


class Pixels(nn.Module):
    """The picture itself, small."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return nn.functional.adaptive_avg_pool2d(image, 16).flatten(1) - 0.5


@pytest.fixture
def embedder(tmp_path: Path) -> Path:
    torch.jit.script(Pixels()).save(tmp_path / "pixels.pt")
    return tmp_path / "pixels.pt"


def test_the_window_is_of_the_inner_face() -> None:
    side = 200
    inside = likeness.window(side)
    x, y, eye = (round(side * share) for share in (*EYES_MIDDLE, EYE_SHARE / 2))
    assert inside[y, x - eye] and inside[y, x + eye] and inside[y + 2 * eye, x]
    assert not inside[0].any() and not inside[-1].any() and not inside[:, 0].any()
    assert not inside[y - round(1.5 * eye), x] and not inside[y, x + 3 * eye]


def test_neither_tone_nor_what_is_around_counts() -> None:
    rng = np.random.default_rng(0)
    face = rng.integers(60, 120, (1, 64, 64, 3)).astype(np.uint8)
    inside = likeness.window(64)[None, ..., None]
    darker = np.where(inside, face // 2 + 20, rng.integers(0, 255, face.shape)).astype(np.uint8)
    other = rng.integers(60, 120, face.shape).astype(np.uint8)
    one, same, another = (likeness.embedded(Pixels(), images)[0] for images in (face, darker, other))
    assert one @ same > 0.99 > 0.5 > one @ another


def test_faces_find_the_photos_that_they_are(embedder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos that are the drawn faces themselves; and the same ones, each said to be another's."""
    scene = read_config(SceneConfig, assets.config_path("scenes/canvas.yaml"), {})
    records = list(drawn_records(load("default"), COUNT, SIZE, 990001, scene))
    names = [json.loads(record.scene)["canvas"] for record in records]
    photos = photos_of(records, tmp_path / "photos")
    hashes: dict[str, str] = {}
    for number, name in enumerate(names):
        hashes.setdefault(name, hashlib.sha256((photos / f"{number:02}.png").read_bytes()).hexdigest())
    monkeypatch.setattr(likeness, "FEWEST", 2)
    settings = LikenessSettings(embedder, photos, count=COUNT, size=SIZE)

    def told(hashes: dict[str, str]) -> dict[str, float]:
        monkeypatch.setattr(likeness, "canvas", lambda folder, name: SimpleNamespace(sha256=hashes[name]))
        result = likeness.run(settings)
        return {f"{figure.name} {figure.group}": figure.value for figure in result.figures}

    own = told(hashes)
    assert own["nearest faces"] == 100
    assert own["cosine the face and the photo that it was drawn into"] > 0.97
    assert own["cosine the face and other people's photos"] < 0.9
    turned = dict(zip(hashes, [*list(hashes.values())[1:], next(iter(hashes.values()))], strict=True))
    assert told(turned)["nearest faces"] == 0


def test_other_photos_are_no_photos_of_the_canvases(embedder: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "photos/a.png")
    (tmp_path / "photos/faces.csv").write_text(
        "file,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_l_x,mouth_l_y,mouth_r_x,mouth_r_y\n"
        "a.png,24,30,40,30,32,38,26,46,38,46"
    )
    with pytest.raises(UserError, match="which is too few: give the photos of the canvases"):
        likeness.run(LikenessSettings(embedder, tmp_path / "photos", count=2, size=32))
