"""What is drawn of the skin, and which expression moves which zone."""

from __future__ import annotations

import numpy as np

from recon.people.skin.wrinkles import ZONES, activities, draw_skin


def test_the_strongest_unit_of_a_zone_moves_it() -> None:
    smile = list(ZONES).index("nasolabial")
    assert activities({"mouthSmileLeft": 0.2, "mouthSmileRight": 0.7, "jawOpen": 1.0})[smile] == 0.7
    assert activities({"mouthSmileLeft": 1.4})[smile] == 1
    assert max(activities({"jawOpen": 1.0})) == 0


def test_drawn_skins_are_physical() -> None:
    skins = [draw_skin(np.random.default_rng(seed)) for seed in range(300)]
    assert min(s.age for s in skins) >= 18 and max(s.age for s in skins) <= 85
    assert np.std([s.age for s in skins]) > 12
    assert all(0.005 < s.pores_mm < 0.1 and 0.002 < s.lines_mm < 0.1 for s in skins)
    assert draw_skin(np.random.default_rng(4)) == skins[4]
