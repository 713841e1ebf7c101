"""What is drawn of the skin, and which expression moves which zone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from recon.people.skin.wrinkles import ZONES, activities, draw_skin


def test_both_models_names_are_understood() -> None:
    smile = list(ZONES).index("nasolabial")
    for names in (("mouthSmileLeft", "mouthSmileRight"), ("mouthSmile_L", "mouthSmile_R")):
        assert activities(names, torch.tensor([0.2, 0.7]))[smile] == pytest.approx(0.7)
    assert max(activities(("jawOpen",), torch.ones(1))) == 0


def test_drawn_skins_are_physical() -> None:
    skins = [draw_skin(np.random.default_rng(seed)) for seed in range(300)]
    assert min(s.age for s in skins) >= 18 and max(s.age for s in skins) <= 85
    assert np.std([s.age for s in skins]) > 12
    assert all(0.005 < s.pores_mm < 0.1 and 0.002 < s.lines_mm < 0.1 for s in skins)
    assert draw_skin(np.random.default_rng(4)) == skins[4]
