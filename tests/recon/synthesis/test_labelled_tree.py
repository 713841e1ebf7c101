from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recon.errors import UserError
from recon.faces import load
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE
from recon.synthesis.config import PlacementConfig, SourceConfig
from recon.synthesis.labelled_tree import LabelledTree
from recon.synthesis.source import Source, open_source
from recon.synthesis.targets import SkinTarget
from recon.train.batches import Batches

SIDE = 64


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two people of two photos, each the mean face's landmarks somewhere; the last photo has a mask."""
    model = load("default")
    marks = model.mean[model.landmarks, :2].numpy() * (1, -1)
    for number, name in enumerate(("ann/a", "ann/b", "bob/a", "bob/b")):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        points = marks * (0.8 + 0.1 * number) + (150 + 5 * number, 120)
        Image.new("RGB", (300, 280), (180, 140, 120)).save(file.with_suffix(".jpg"))
        if number % 2:
            np.save(file.with_suffix(".npy"), points)
        else:
            np.savetxt(file.with_suffix(".txt"), points)
    mask = np.zeros((280, 300), np.uint8)
    mask[:, :150] = 255
    Image.fromarray(mask).save(tmp_path / "bob/b.skin.png")
    return tmp_path


def opened(tree: Path) -> Source:
    return open_source("mine", SourceConfig(photos=str(tree)), SIDE, 0, None, 0)


def test_photos_are_framed_by_their_landmarks(tree: Path) -> None:
    source = opened(tree)
    assert isinstance(source, LabelledTree) and source.people().tolist() == [0, 0, 1, 1]
    target = SkinTarget(SIDE)
    for number in range(4):
        learnt = target(source.record(number, target.fields))
        eyes = learnt["landmarks_px"].numpy()[36:48].reshape(2, 6, 2).mean(1)
        np.testing.assert_allclose(eyes.mean(0), np.array(EYES_MIDDLE) * SIDE, atol=0.01)
        assert np.linalg.norm(eyes[1] - eyes[0]) == pytest.approx(EYE_SHARE * SIDE, rel=0.01)
        skin = learnt["mask"][0].numpy() > 0
        if number < 3:  # without a mask, what the landmarks enclose
            across, down = learnt["landmarks_px"].numpy()[8].astype(int)
            assert skin[down - 2, across] and not skin[down + 2 :].any() and not skin[:, -1].any()
    masked = target(source.record(3, target.fields))["mask"][0].numpy() > 0
    assert masked[:, :20].all() and not masked[:, 40:].any()
    assert source.key() == opened(tree).key()


def test_photos_know_no_face_models_codes(tree: Path) -> None:
    """Nor do they in the mirror, where a face model's symmetry is asked for."""
    target = SkinTarget(SIDE, "default")
    batches = Batches([opened(tree)], [1.0], target, PlacementConfig(mirror=1.0), 4, 0, shots=2)
    batch = batches(0)
    assert batch["identity"].shape == (4, len(load("default").identity_basis)) and batch["identity"].isnan().all()
    assert batch["landmarks_px"].isfinite().all()


def test_what_is_amiss_is_said_in_one_sentence(tree: Path) -> None:
    (tree / "ann/b.npy").unlink()
    with pytest.raises(UserError, match=r"b\.jpg has no landmarks beside it"):
        opened(tree)
    np.savetxt(tree / "ann/b.txt", np.zeros((5, 2)))
    with pytest.raises(UserError, match="holds 5x2 numbers, not 68 landmarks"):
        opened(tree)
    (tree / "ann/b.txt").write_text("no numbers")
    with pytest.raises(UserError, match="holds no landmarks"):
        opened(tree)
    (tree / "ann/b.txt").unlink()
    (tree / "ann/b.jpg").unlink()
    (tree / "bob/a.jpg").unlink()
    with pytest.raises(UserError, match="holds one photo a person"):
        opened(tree)
    Image.new("RGB", (30, 28)).save(tree / "bob/b.skin.png")
    with pytest.raises(UserError, match="is 30x28 px, its photo 300x280"):
        opened(tree)
