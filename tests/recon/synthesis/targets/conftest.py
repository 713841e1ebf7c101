from __future__ import annotations

import pytest

from recon.faces import load
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene


@pytest.fixture(scope="session")
def record() -> Record:
    """One of 64 px."""
    model = load("default")
    return render_record(model, draw_scene(model, 3, 1, SceneConfig()), 64)
