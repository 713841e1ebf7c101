"""Eyes and mouths in records: each switch changes its own pixels and draws, no other, and no label."""

from __future__ import annotations

from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from recon.faces.default import load_default
from recon.faces.model import REGIONS
from recon.people.wardrobe import DressConfig
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE = 96
BARE = DressConfig(dressed=0.0)


def drawn(index: int, eyes: float, mouth: float):
    return draw_scene(load_default(0), 5, index, SceneConfig(dress=BARE, eyes=eyes, mouth=mouth))


def rendered(index: int, eyes: float, mouth: float) -> Record:
    """Without the flaws of a camera, which spread over the image; smiling."""
    model = load_default(0)
    scene = drawn(index, eyes, mouth)
    expression = scene.expression.copy()
    expression[model.expression_names.index("jawOpen")] = 0.4
    return render_record(
        model,
        replace(scene, expression=expression, response=replace(scene.response, blur=0.0, noise=0.0, quality=0)),
        SIZE,
    )


def test_switches_change_their_own_draws_alone():
    for index in range(5):
        off, on = asdict(drawn(index, 0.0, 0.0)), asdict(drawn(index, 1.0, 1.0))
        assert off.pop("eyes") is None and off.pop("mouth") is None
        eyes, mouth = on.pop("eyes"), on.pop("mouth")
        assert str(off) == str(on)
        assert asdict(drawn(index, 1.0, 0.0))["eyes"] == eyes and asdict(drawn(index, 0.0, 1.0))["mouth"] == mouth
    assert len({str(drawn(index, 1.0, 1.0).eyes) for index in range(5)}) == 5
    assert 0.3 < sum(drawn(index, 0.5, 1.0).eyes is not None for index in range(60)) / 60 < 0.7


@pytest.mark.parametrize("index", [0, 1, 2])
def test_only_pixels_of_eyes_and_of_the_mouth_change(index: int):
    plain, eyes, mouth = rendered(index, 0, 0), rendered(index, 1, 0), rendered(index, 0, 1)
    for name, regions in (("eyes", ("eyes",)), ("mouth", ("teeth", "mouth_inside"))):
        changed = eyes if name == "eyes" else mouth
        for f in fields(Record):
            if f.name not in ("rgb", "scene"):
                assert np.array_equal(getattr(plain, f.name), getattr(changed, f.name), equal_nan=f.name != "model")
        differs = (plain.rgb != changed.rgb).any(-1)
        own = np.isin(plain.region, [REGIONS.index(region) for region in regions])
        near = np.zeros_like(own)  # samples of a pixel may see what its centre does not
        near[1:-1, 1:-1] = np.lib.stride_tricks.sliding_window_view(own, (3, 3)).any((2, 3))
        assert differs.sum() > 5 and not (differs & ~near).any()
