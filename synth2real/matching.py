"""From a photo folder's statistics to a `SceneConfig` whose draws show the same ones.

By simulated moments: draw renders from a config, measure them by the very code that measured the photos, and move each
knob by the difference of the two. What the measurement gets wrong on both sides alike cancels. A few rounds settle what
the knobs do to each other (a darker skin is a darker picture).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from recon.faces.model import FaceModel
from recon.nets.base import Reconstructor
from recon.render.shading import KeyLight
from recon.synthesis.records import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from synth2real.statistics import Statistics, drawn_statistics, measure

SMILE_STRENGTH, OPENING = 0.575, 0.18  # mean of the smile unit where drawn, and of the jaw's opening, less its closing
SLOPES = (0.2, 2.0)  # bounds on how far a measurement is believed to follow the truth
DISPLAY_GAMMA = 2.2
FEWEST = 8  # images with a face


@dataclass(frozen=True)
class Drawn:
    """Renders of one config: as measured, and as drawn."""

    measured: Statistics
    truth: Statistics


def centre(values: np.ndarray) -> float:
    return float(np.nanmedian(values))


def spread(values: np.ndarray) -> float:
    """Half the distance between the 16th and 84th percentile: a normal's standard deviation, deaf to outliers."""
    low, high = np.nanquantile(values, (0.16, 0.84))
    return float(high - low) / 2


def slope(measured: np.ndarray, truth: np.ndarray) -> float:
    """How far the measurement moves for a unit of truth, within SLOPES; 1 where there is nothing to tell it from."""
    seen = np.isfinite(measured)
    if seen.sum() < FEWEST or np.std(truth[seen]) < 1e-9:
        return 1.0
    return bounded(np.polyfit(truth[seen], measured[seen], 1)[0], *SLOPES)


def bounded(value: float, low: float, high: float) -> float:
    return float(np.clip(value, low, high))


def draw_and_measure(
    network: Reconstructor, model: FaceModel, config: SceneConfig, count: int, size: int, seed: int
) -> Drawn:
    """`count` renders of `config` at `size` px from `seed`, measured by the network."""
    scenes = [draw_scene(model, seed, index, config) for index in range(count)]
    images = np.stack([render_record(model, scene, size).rgb for scene in scenes])
    return Drawn(measure(network, images, model), drawn_statistics(model, scenes))


def match(photos: Statistics, start: SceneConfig, draw: Callable[[SceneConfig], Drawn], rounds: int = 3) -> SceneConfig:
    """The config reached from `start` after some rounds of drawing, measuring and moving toward the photos."""
    config, slopes = start, None
    for _ in range(rounds):
        drawn = draw(config)
        slopes = slopes or {name: slope(drawn.measured[name], true) for name, true in drawn.truth.items()}
        config = moved_toward(config, photos, drawn, slopes)
    return config


def moved_toward(config: SceneConfig, photos: Statistics, drawn: Drawn, slopes: dict[str, float]) -> SceneConfig:
    """One round: each knob moved by what photos and renders differ in, divided by the measurement's slope."""
    seen = drawn.measured

    def shift(name: str, of: Callable[[np.ndarray], float] = centre) -> float:
        return (of(photos[name]) - of(seen[name])) / slopes[name]

    def spread_of(name: str, now: float, least: float, most: float) -> float:
        gained = (spread(photos[name]) ** 2 - spread(seen[name]) ** 2) / slopes[name] ** 2
        return bounded(np.sqrt(max(now**2 + gained, 0.0)), least, most)

    def ratio(name: str) -> float:
        return bounded(centre(photos[name]) / max(centre(seen[name]), 1e-3), 0.5, 2.0)

    key = config.key
    share = centre(photos["eye_share"])
    jitter = spread(photos["eye_share"]) ** 2 - spread(seen["eye_share"]) ** 2
    scale, power = moved_skin(config, photos["melanin"], drawn)
    return replace(
        config,
        yaw_mean_deg=bounded(config.yaw_mean_deg + shift("yaw_deg"), -60, 60),
        yaw_max_deg=2 * spread_of("yaw_deg", config.yaw_max_deg / 2, 1, 45),
        pitch_mean_deg=bounded(config.pitch_mean_deg + shift("pitch_deg"), -25, 25),
        pitch_sd_deg=spread_of("pitch_deg", config.pitch_sd_deg, 1, 20),
        roll_sd_deg=spread_of("roll_deg", config.roll_sd_deg, 0.5, 15),
        eye_share=bounded(config.eye_share * ratio("eye_share"), 0.08, 0.6),
        eye_level=bounded(config.eye_level + centre(photos["eye_v"]) - centre(seen["eye_v"]), 0.2, 0.8),
        framing_jitter=bounded(np.sqrt(max(config.framing_jitter**2 + jitter / share**2, 0.0)), 0.005, 0.2),
        smile=bounded(config.smile + shift("smile", np.nanmean) / SMILE_STRENGTH, 0, 0.85),
        open_mouth=bounded(config.open_mouth + shift("open_mouth", np.nanmean) / OPENING, 0, 1),
        melanin_scale=scale,
        melanin_power=power,
        key=KeyLight(
            yaw_mean_deg=bounded(key.yaw_mean_deg + shift("light_yaw_deg"), -60, 60),
            yaw_sd_deg=spread_of("light_yaw_deg", key.yaw_sd_deg, 5, 60),
            pitch_mean_deg=bounded(key.pitch_mean_deg + shift("light_pitch_deg"), -20, 70),
            pitch_sd_deg=spread_of("light_pitch_deg", key.pitch_sd_deg, 3, 40),
        ),
        exposure=bounded(config.exposure * ratio("brightness") ** DISPLAY_GAMMA, 0.3, 3),
        contrast=bounded(config.contrast * ratio("contrast"), 0.6, 1.6),
    )


def moved_skin(config: SceneConfig, photos: np.ndarray, drawn: Drawn) -> tuple[float, float]:
    """(melanin_scale, melanin_power) that bring centre and relative spread of the measured melanin to the photos'."""
    wide, seen = (np.log(values.clip(0.05)) for values in (photos, drawn.measured["melanin"]))
    power = bounded(config.melanin_power * bounded(spread(wide) / max(spread(seen), 1e-3), 0.6, 1.6), 0.1, 1.5)
    now = np.median(drawn.truth["melanin"])
    raw = (now / config.melanin_scale) ** (1 / config.melanin_power)  # of the mix before the two knobs
    goal = bounded(now * np.exp(centre(wide) - centre(seen)), 0.06, 1.5)
    return float(goal / raw**power), power
