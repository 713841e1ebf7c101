"""From a photo folder's statistics to a `SceneConfig` whose draws show the same ones.

By simulated moments: draw renders from a config, measure them by the very code that measured the photos, and move each
knob by the difference of the two. What the measurement gets wrong on both sides alike cancels. A few rounds settle what
the knobs do to each other (a darker skin is a darker picture).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from recon.errors import UserError
from recon.faces.model import FaceModel
from recon.methods.base import Reconstructor
from recon.progress import tracked
from recon.render.lighting import KeyLight
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from synth2real.match.statistics import Statistics, drawn_statistics, measure

SMILE_STRENGTH, OPENING = 0.575, 0.18  # mean of the smile unit where drawn, and of the jaw's opening, less its closing
MOST_SMILES = 0.85  # the others are calm in `draw_expression`
PALEST = 0.05  # melanin
TAILS, NORMAL_WITHOUT_TAILS = 0.02, 0.965  # what is drawn in at each end, and the deviation that a unit normal keeps
SLOPES = (0.2, 2.0)  # bounds on how far a measurement is believed to follow the truth
LEAST_CORRELATION = 0.5  # of a measurement with the truth, to act on it
DISPLAY_GAMMA = 2.2
FEWEST = 8  # images with a face


@dataclass(frozen=True)
class Drawn:
    """Renders of one config: as measured, and as drawn."""

    measured: Statistics
    truth: Statistics


def whole_faces(statistics: Statistics) -> int:
    """How many images show everything that is measured."""
    return int(np.isfinite(np.stack(list(statistics.values()))).all(0).sum())


def centre(values: np.ndarray) -> float:
    return float(np.nanmedian(values))


def spread(values: np.ndarray) -> float:
    """Standard deviation with the tails drawn in, scaled to a normal's: deaf to a few outliers."""
    low, high = np.nanquantile(values, (TAILS, 1 - TAILS))
    return float(np.nanstd(values.clip(low, high)) / NORMAL_WITHOUT_TAILS)


def untold(drawn: Drawn) -> tuple[str, ...]:
    """The expressions that the measurement hardly follows: their knobs are left alone."""
    return tuple(name for name in ("smile", "open_mouth") if correlation(drawn, name) < LEAST_CORRELATION)


def correlation(drawn: Drawn, name: str) -> float:
    seen = np.isfinite(drawn.measured[name])
    measured, truth = drawn.measured[name][seen], drawn.truth[name][seen]
    return float(np.corrcoef(measured, truth)[0, 1]) if min(np.std(measured), np.std(truth)) > 0 else 0.0


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
    images = np.stack([render_record(model, scene, size).rgb for scene in tracked(scenes, "renders")])
    measured = measure(network, images, model)
    if (seen := whole_faces(measured)) < FEWEST:
        raise UserError(f"the network sees {seen} faces in {count} renders: give another --network or --scene")
    return Drawn(measured, drawn_statistics(model, scenes))


def match(
    photos: Statistics, start: SceneConfig, draw: Callable[[SceneConfig], Drawn], rounds: int = 3
) -> tuple[SceneConfig, Drawn]:
    """The config reached from `start` after some rounds of drawing, measuring and moving toward the photos.

    Answered with the draws of `start`. The measurement's slopes are told from them too: the later ones may vary little.
    """
    first = draw(start)
    told = first.truth.keys() - set(untold(first))
    slopes = {name: slope(first.measured[name], first.truth[name]) for name in told}
    config = moved_toward(start, photos, first, slopes)
    for _ in range(rounds - 1):
        config = moved_toward(config, photos, draw(config), slopes)
    return config, first


def moved_toward(config: SceneConfig, photos: Statistics, drawn: Drawn, slopes: dict[str, float]) -> SceneConfig:
    """One round: each knob set so that the measured differences of photos and renders, divided by the measurement's
    slope, would vanish."""
    seen, truth = drawn.measured, drawn.truth

    def goal(name: str, of: Callable[[np.ndarray], float] = centre) -> float:
        """Where the drawn values' centre should be."""
        return of(truth[name]) + (of(photos[name]) - of(seen[name])) / slopes[name]

    def goal_spread(name: str) -> float:
        gained = (spread(photos[name]) ** 2 - spread(seen[name]) ** 2) / slopes[name] ** 2
        return float(np.sqrt(max(spread(truth[name]) ** 2 + gained, 0.0)))

    def ratio(name: str) -> float:
        return bounded(centre(photos[name]) / max(centre(seen[name]), 1e-3), 0.5, 2.0)

    def ratio_of_spreads(name: str) -> float:
        return bounded(spread(photos[name]) / max(spread(seen[name]), 1e-6), 0.5, 2.0)

    def share(name: str, now: float, amount: float, most: float) -> float:
        if name not in slopes:
            return now
        return bounded(now + (goal(name, np.nanmean) - truth[name].mean()) / amount, 0, most)

    places = (goal_spread("eye_u"), goal_spread("eye_v"))
    scale, power = moved_skin(config, photos["melanin"], drawn)
    return replace(
        config,
        yaw_mean_deg=bounded(goal("yaw_deg"), -60, 60),
        yaw_max_deg=bounded(2 * goal_spread("yaw_deg"), 2, 90),
        pitch_mean_deg=bounded(goal("pitch_deg"), -25, 25),
        pitch_sd_deg=bounded(goal_spread("pitch_deg"), 1, 20),
        roll_sd_deg=bounded(goal_spread("roll_deg"), 0.5, 15),
        eye_share=bounded(config.eye_share * ratio("eye_share"), 0.08, 0.6),
        eye_level=bounded(goal("eye_v"), 0.2, 0.8),
        framing_jitter=bounded(goal_spread("eye_share") / centre(truth["eye_share"]), 0.005, 0.2),
        place_jitter=bounded(float(np.mean(places)), 0.003, 0.1),
        smile=share("smile", config.smile, SMILE_STRENGTH, MOST_SMILES),
        open_mouth=share("open_mouth", config.open_mouth, OPENING, 1),
        melanin_scale=scale,
        melanin_power=power,
        key=KeyLight(
            yaw_mean_deg=bounded(goal("light_yaw_deg"), -60, 60),
            yaw_sd_deg=bounded(config.key.yaw_sd_deg * ratio_of_spreads("light_yaw_deg"), 10, 60),
            pitch_mean_deg=bounded(goal("light_pitch_deg"), 0, 60),
            pitch_sd_deg=bounded(config.key.pitch_sd_deg * ratio_of_spreads("light_pitch_deg"), 8, 30),
            strength=bounded(config.key.strength * ratio("contrast"), 0.5, 2.5),
        ),
        exposure=bounded(config.exposure * ratio("brightness") ** DISPLAY_GAMMA, 0.3, 3),
        exposure_sd=bounded(config.exposure_sd * ratio_of_spreads("brightness"), 0.05, 0.6),
        contrast=bounded(config.contrast * ratio("contrast") ** 0.5, 0.75, 1.33),
    )


def moved_skin(config: SceneConfig, photos: np.ndarray, drawn: Drawn) -> tuple[float, float]:
    """(melanin_scale, melanin_power) that bring centre and relative spread of the measured melanin to the photos'."""
    seen = drawn.measured["melanin"]
    darker = max(centre(photos), PALEST) / max(centre(seen), PALEST)
    wider = spread(photos) / max(spread(seen), 1e-3) / darker
    power = bounded(config.melanin_power * bounded(wider, 0.5, 2), 0.1, 1.5)
    now = centre(drawn.truth["melanin"])
    raw = (now / config.melanin_scale) ** (1 / config.melanin_power)  # of the mix before the two knobs
    goal = bounded(now * darker, PALEST, 1.5)
    return float(goal / raw**power), power
