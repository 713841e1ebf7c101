from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from recon.errors import UserError
from recon.evaluate.person_settings import VerificationSettings
from recon.evaluate.protocols.verification import run

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


class Means(nn.Module):
    """Colours tell people apart."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image.mean((2, 3)) - 0.5


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Five people of a colour each, three photos of each; photos of one more, of which there is one."""
    rng = np.random.default_rng(0)
    table = ["file,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_l_x,mouth_l_y,mouth_r_x,mouth_r_y"]
    for who, colour in enumerate([(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0), (0, 250, 250), (9, 9, 9)]):
        for shot in range(3 if who < 5 else 1):
            name = f"p{who}/{shot}.png"
            (tmp_path / f"p{who}").mkdir(exist_ok=True)
            noise = rng.integers(0, 6, (40, 40, 3))
            Image.fromarray((np.array(colour) + noise).clip(0, 255).astype(np.uint8)).save(tmp_path / name)
            table.append(f"{name},14,18,26,18,20,24,16,28,24,28")
    (tmp_path / "faces.csv").write_text("\n".join(table))
    return tmp_path


def test_an_embedder_that_tells_all_apart_is_told_right(tree: Path, tmp_path: Path) -> None:
    torch.jit.script(Means()).save(tmp_path / "means.pt")
    result = run(VerificationSettings(tmp_path / "means.pt", photos=tree, size=32))
    figures = {figure.name: figure for figure in result.figures}
    assert figures["right"].value == 100 and figures["right"].n == 5  # who has one photo is in no same pair
    assert figures["same"].value > 0.99 > figures["different"].value
    assert "16 pictures of 6 people, 15 pairs" in result.notes[0]


def test_two_sources_are_one_too_many(tree: Path) -> None:
    with pytest.raises(UserError, match="give one of them"):
        run(VerificationSettings(tree / "no.pt", photos=tree, dataset=tree))
