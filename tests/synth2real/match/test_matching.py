"""Matching against photos that are made up from a known config: scenes are drawn, and measured in closed form."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from recon.faces import load
from recon.render.lighting import KeyLight
from recon.synthesis.scene import SceneConfig, draw_scene
from synth2real.match.histograms import write_histograms
from synth2real.match.matching import Drawn, match, spread, untold, whole_faces
from synth2real.match.statistics import QUANTITIES, drawn_statistics

SLOPE, BIAS, NOISE = 0.7, 0.3, 0.1  # of the made-up measurement, the latter two in standard deviations of the draws
TARGET = SceneConfig(
    yaw_mean_deg=6,
    yaw_max_deg=16,
    pitch_mean_deg=-4,
    pitch_sd_deg=4,
    roll_sd_deg=1.5,
    eye_share=0.31,
    eye_level=0.43,
    framing_jitter=0.08,
    place_jitter=0.006,
    smile=0.75,
    melanin_scale=0.8,
    melanin_power=0.6,
    key=KeyLight(yaw_mean_deg=-15, yaw_sd_deg=20, pitch_mean_deg=15, pitch_sd_deg=12),
    exposure=0.8,
    exposure_sd=0.12,
    contrast=1.15,
)
SCALES = {"eye_share": 0.01, "eye_u": 0.02, "eye_v": 0.02, "smile": 0.3, "open_mouth": 0.1, "melanin": 0.0}


@pytest.fixture(scope="module")
def model():
    return load("default")


def drawn(model, config, seed, count=300):
    scenes = [draw_scene(model, seed, index, config) for index in range(count)]
    truth, random = drawn_statistics(model, scenes), np.random.default_rng(seed)
    measured = {
        name: (1.0 if name == "eye_share" else SLOPE) * values
        + SCALES.get(name, 5.0) * (BIAS * (name != "eye_share") + NOISE * random.standard_normal(count))
        for name, values in truth.items()
    }
    exposure = np.array([scene.response.exposure for scene in scenes])
    measured["brightness"] = 0.6 * np.exp(-0.3 * truth["melanin"]) * exposure ** (1 / 2.2)
    strength = (config.key.strength / TARGET.key.strength) ** 0.5
    measured["contrast"] = 0.25 * strength * np.array([scene.response.contrast for scene in scenes])
    return Drawn(measured, truth)


@pytest.fixture(scope="module")
def matched(model):
    photos = drawn(model, TARGET, seed=1).measured
    config, first = match(photos, SceneConfig(calm=0.3), lambda config: drawn(model, config, seed=2))
    return photos, config, first


def test_the_config_behind_the_photos_is_found(matched):
    _, config, _ = matched
    assert config.calm == 0.3  # what can't be measured stays
    near = {
        "yaw_mean_deg": 1.5,
        "yaw_max_deg": 2.5,
        "pitch_mean_deg": 1,
        "pitch_sd_deg": 1,
        "roll_sd_deg": 0.4,
        "eye_share": 0.006,
        "eye_level": 0.003,
        "framing_jitter": 0.015,
        "place_jitter": 0.003,
        "smile": 0.12,
        "melanin_power": 0.12,
        "exposure": 0.12,
        "exposure_sd": 0.04,
    }
    for name, tolerance in near.items():
        assert abs(getattr(config, name) - getattr(TARGET, name)) < tolerance, (name, getattr(config, name))
    assert abs(config.key.yaw_mean_deg + 15) < 5 and abs(config.key.pitch_mean_deg - 15) < 4
    assert abs(config.key.yaw_sd_deg - 20) < 5 and abs(config.key.pitch_sd_deg - 12) < 3


def test_new_draws_show_the_photos_statistics(model, matched):
    photos, config, first = matched
    after = drawn(model, config, seed=3).measured
    for name in ("yaw_deg", "pitch_deg", "roll_deg", "eye_share", "melanin", "light_yaw_deg", "brightness", "contrast"):
        wanted = spread(photos[name])
        assert abs(spread(after[name]) / wanted - 1) < 0.25, name
        assert abs(np.median(after[name]) - np.median(photos[name])) < 0.3 * wanted, name
    gap = [abs(np.mean(seen["smile"]) - np.mean(photos["smile"])) for seen in (first.measured, after)]
    assert gap[1] < 0.5 * gap[0]


def test_what_is_not_told_is_left_alone(model, matched):
    photos, _, first = matched
    assert untold(first) == ()
    random = np.random.default_rng(0)

    def blurred(config):
        seen = drawn(model, config, seed=2, count=60)
        return Drawn(seen.measured | {"smile": random.standard_normal(60)}, seen.truth)

    start = SceneConfig(smile=0.33)
    config, first = match(photos, start, blurred, 1)
    assert untold(first) == ("smile",)
    assert config.smile == 0.33 and config.yaw_max_deg != start.yaw_max_deg


def test_photos_like_the_renders_change_little(model):
    start = replace(TARGET, smile=0.4)
    config, _ = match(drawn(model, start, seed=4).measured, start, lambda config: drawn(model, config, seed=4), 1)
    assert config.yaw_mean_deg == pytest.approx(start.yaw_mean_deg, abs=1.0)  # of the draws, not of the config
    assert config.smile == pytest.approx(0.4) and config.exposure == pytest.approx(0.8)
    assert config.melanin_scale == pytest.approx(0.8) and config.melanin_power == pytest.approx(0.6)


def test_spread_is_a_normals_deviation_and_deaf_to_outliers():
    values = np.random.default_rng(0).normal(3, 2, 4000)
    assert spread(values) == pytest.approx(2, rel=0.05)
    values[:40] = 1e4
    values[40:50] = np.nan
    assert spread(values) == pytest.approx(2, rel=0.1)


def test_histograms_and_whole_faces(matched, tmp_path):
    photos, _, first = matched
    holed = {name: np.append(values, np.nan) for name, values in photos.items()}
    assert whole_faces(holed) == whole_faces(photos) == 300
    write_histograms({"photos": holed, "before": first.measured}, tmp_path / "picture.png")
    picture = np.asarray(Image.open(tmp_path / "picture.png"))
    assert picture.ndim == 3 and (picture != 255).mean() > 0.02
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]
    assert set(QUANTITIES) == set(photos)
