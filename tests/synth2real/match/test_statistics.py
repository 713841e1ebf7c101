"""What is measured against what was drawn: with exact maps for a network (the method) and with the bundled one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from recon.faces import load
from recon.methods.base import Reconstructor
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from synth2real import bundled
from synth2real.match.statistics import QUANTITIES, drawn_statistics, measure
from tests.fakes import MapsReconstructor, of_maps

SIZE, COUNT = 96, 24


class Exact(MapsReconstructor):
    """Answers with the records' own maps, in their order, the positions at half their scale."""

    def __init__(self, records):
        super().__init__()
        self.records, self.given = records, 0
        self.weight = nn.Parameter(torch.zeros(1))

    def predict(self, image):
        records = self.records[self.given : self.given + len(image)]
        self.given += len(image)

        def maps(name):
            values = np.nan_to_num(np.stack([getattr(record, name) for record in records]).astype(np.float32))
            return torch.from_numpy(values).permute(0, 3, 1, 2)

        mask = torch.from_numpy(np.stack([record.mask for record in records])).float()[:, None]
        return of_maps(mask, 0.5 * maps("position_mm"), maps("correspondence"))


@pytest.fixture(scope="module")
def model():
    return load("default")


@pytest.fixture(scope="module")
def drawn(model):
    bare = replace(SceneConfig().dress, hair=0.0, brows=0.0, facial_hair=0.0, glasses=0.0, headwear=0.0, objects=0.0)
    config = SceneConfig(yaw_max_deg=50, framing_jitter=0.12, place_jitter=0.03, smile=0.6, dress=bare)
    scenes = [draw_scene(model, 5, index, config) for index in range(COUNT)]
    return drawn_statistics(model, scenes), [render_record(model, scene, SIZE) for scene in scenes]


def agreement(measured, truth):
    """{quantity: (correlation, median absolute error)}."""
    result = {}
    for name, true in truth.items():
        seen = np.isfinite(measured[name])
        assert seen.sum() >= 0.8 * COUNT, name
        error = np.median(np.abs(measured[name] - true)[seen])
        result[name] = (np.corrcoef(measured[name][seen], true[seen])[0, 1], error)
    return result


EXACT = {  # quantity: least correlation, largest median error
    "eye_share": (0.95, 0.015),
    "eye_u": (0.95, 0.008),
    "eye_v": (0.95, 0.008),
    "yaw_deg": (0.995, 1.0),
    "pitch_deg": (0.9, 4.0),  # a person's own face tips it
    "roll_deg": (0.98, 0.5),
    "smile": (0.7, 0.25),
    "open_mouth": (0.6, 0.12),
    "melanin": (0.75, 0.2),
    "light_yaw_deg": (0.6, 40.0),
    "light_pitch_deg": (0.4, 40.0),
}


def test_exact_maps_give_what_was_drawn(model, drawn):
    truth, records = drawn
    found = agreement(measure(Exact(records), np.stack([record.rgb for record in records]), model), truth)
    for name, (correlation, error) in EXACT.items():
        assert found[name][0] > correlation and found[name][1] < error, (name, found[name])


def test_the_bundled_network_tells_pose_framing_and_skin(model, drawn):
    truth, records = drawn
    network = Reconstructor.from_pretrained(bundled.network_weights())
    found = agreement(measure(network, np.stack([record.rgb for record in records]), model), truth)
    least = {"yaw_deg": 0.97, "pitch_deg": 0.7, "eye_share": 0.85, "eye_u": 0.8, "eye_v": 0.8, "melanin": 0.7}
    for name, correlation in least.items():
        assert found[name][0] > correlation, (name, found[name])


def test_light_level_does_not_change_skin_or_light(model, drawn):
    _, records = drawn
    images = np.stack([record.rgb for record in records[:8]])
    linear = np.where(images <= 10, images / 255 / 12.92, ((images / 255 + 0.055) / 1.055) ** 2.4) * 0.5
    darker = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    darker = np.round(255 * darker).astype(np.uint8)
    before, after = measure(Exact(records), images, model), measure(Exact(records), darker, model)
    assert np.abs(after["melanin"] - before["melanin"]).max() < 0.03
    turned = (after["light_yaw_deg"] - before["light_yaw_deg"] + 180) % 360 - 180
    assert np.abs(turned).max() < 3
    assert (after["brightness"] < before["brightness"]).all()


def test_mirrored_images_turn_the_other_way(model, drawn):
    _, records = drawn
    network = Reconstructor.from_pretrained(bundled.network_weights())
    images = np.stack([record.rgb for record in records[:8]])
    before, after = measure(network, images, model), measure(network, images[:, :, ::-1].copy(), model)
    assert np.median(np.abs(before["yaw_deg"] + after["yaw_deg"])) < 2
    assert np.nanmedian(np.abs(before["eye_u"] + after["eye_u"] - 1)) < 0.02


def test_an_image_without_a_face_has_no_statistics(model):
    class Blind(Exact):
        def predict(self, image):
            zeros = torch.zeros_like(image)
            return of_maps(zeros[:, :1], zeros, zeros)

    nothing = measure(Blind([]), np.zeros((2, 64, 64, 3), np.uint8), model)
    assert set(nothing) == set(QUANTITIES)
    assert all(np.isnan(values).all() and len(values) == 2 for values in nothing.values())
