"""Light from an environment: harmonics against closed forms and integrals, maps against directions, nothing counted
twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import warp as wp

from recon.geometry.launch import launch
from recon.render.environment import Environment, Lamp, Studio, surroundings_of
from recon.render.harmonics import (
    harmonics,
    irradiance_at,
    look_up,
    map_directions,
    mirror_map,
    octahedral_directions,
    polynomials,
    seen_in,
    solid_angles,
)
from recon.render.lighting import KeyLight
from recon.render.shading import Lights, lights_of
from recon.render.surroundings import FACING, LUMINANCE, draw_surroundings


def directions(count: int, seed: int = 0) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=(count, 3))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def integrated(radiance: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(n, 3) irradiance over pi, each pixel of the map summed with its clamped cosine."""
    cosine = np.clip(normals @ map_directions(*radiance.shape[:2]).reshape(-1, 3).T, 0, None)
    return cosine * solid_angles(*radiance.shape[:2]).reshape(-1) @ radiance.reshape(-1, 3) / np.pi


@wp.kernel
def look(along: wp.array(dtype=wp.vec3), light: Lights, lit: wp.array(dtype=wp.vec3), seen: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    lit[i] = irradiance_at(light.harmonics, along[i])
    seen[i] = seen_in(light.glass, along[i])


def looked(along: np.ndarray, light: Lights) -> tuple[np.ndarray, np.ndarray]:
    """What the kernels find on these normals, and in these directions."""
    lit, seen = torch.empty(2, len(along), 3)
    arrays = [wp.from_torch(values, dtype=wp.vec3) for values in (torch.from_numpy(along), lit, seen)]
    launch(look, len(along), [arrays[0], light, *arrays[1:]], torch.device("cpu"))
    return lit.numpy(), seen.numpy()


def environment(*lamps: Lamp, taken: int = 0, level: float = 0.5) -> Environment:
    even = (level, level, level)
    return Environment(Studio(even, even, even, even, (0.0, 0.0), 0.0), lamps, taken, blur=0.0, detail=0.0, seed=0)


def test_pixels_share_the_sphere() -> None:
    assert np.isclose(solid_angles().sum(), 4 * np.pi, rtol=1e-6)
    assert np.allclose((map_directions() * solid_angles()[..., None]).sum((0, 1)), 0, atol=1e-4)


def test_an_even_surrounding_lights_evenly() -> None:
    even = np.full((32, 64, 3), [0.2, 0.7, 1.5], np.float32)
    assert np.allclose(polynomials(directions(50)) @ harmonics(even), [0.2, 0.7, 1.5], rtol=2e-3)


def test_harmonics_integrate_a_smooth_surrounding() -> None:
    toward = map_directions()
    lobe = np.exp(2 * (toward @ directions(3).T - 1)) + 0.1 * toward[..., 1:2] + 0.2  # three colours, each its own way
    normals = directions(200, seed=1)
    expected, found = integrated(lobe, normals), polynomials(normals) @ harmonics(lobe.astype(np.float32))
    assert np.abs(found / expected - 1).max() < 0.04
    assert np.ptp(expected) > 0.3


def test_kernels_see_what_arrays_hold() -> None:
    lamp = Lamp((0.6, 0.0, 0.8), 0.4, 0.3, False, (1.0, 0.8, 0.5))
    lighting = draw_surroundings(np.random.default_rng(4), KeyLight())
    lighting = replace(lighting, environment=environment(lamp, taken=1))
    along = directions(4000, seed=2)
    lit, seen = looked(along, lights_of(lighting, torch.device("cpu")))
    around = surroundings_of(lighting.environment)
    assert np.allclose(lit, polynomials(along) @ around.harmonics, atol=1e-5)
    outside = replace(lamp, half_width=0.65, half_height=0.55).shape(along, 0.01) == 0
    inside = replace(lamp, half_width=0.2, half_height=0.1).shape(along, 0.01) == 1
    assert np.allclose(seen[outside], 0.5, atol=1e-3)  # on the folds of the octahedron too
    brightness = 0.5 + np.pi / lamp.solid_angle() * np.array(lamp.colour)
    assert inside.sum() > 3 and np.allclose(seen[inside], brightness, rtol=0.02)


def test_a_mirror_map_holds_its_directions_and_a_blurred_one_their_mean() -> None:
    radiance = map_directions() * 0.3 + 0.5
    toward = octahedral_directions(17)
    sharp, blurred = mirror_map(radiance, 17), mirror_map(radiance, 17, sharpness=16.0)
    assert np.allclose(sharp, toward * 0.3 + 0.5, atol=0.02)
    # A lobe exp(k (cos - 1)) keeps coth k - 1/k of a linear function.
    assert np.allclose(blurred, toward * 0.3 * (1 / np.tanh(16) - 1 / 16) + 0.5, atol=2e-3)
    assert np.allclose(look_up(radiance, toward), sharp)


@pytest.mark.parametrize("is_round", [True, False])
def test_a_lamp_gives_its_colour_as_flux_over_pi(is_round: bool) -> None:
    for half_width, half_height in ((0.25, 0.25), (0.5, 0.3)):
        lamp = Lamp(tuple(directions(1, seed=3)[0]), half_width, half_height, is_round, (0.9, 0.6, 0.3))
        flux = (lamp.radiance(map_directions(128, 256), 0.02) * solid_angles(128, 256)[..., None]).sum((0, 1)) / np.pi
        assert np.allclose(flux, lamp.colour, rtol=0.04)


def test_lights_and_the_rest_add_up_to_the_whole() -> None:
    """On a sphere, a surface's mean irradiance is a quarter of the flux: that of the map, once."""
    normals = directions(4000, seed=5)
    for seed in range(12):
        lighting = draw_surroundings(np.random.default_rng(seed), KeyLight())
        around = lighting.environment
        assert around is not None and 1 <= len(lighting.directions) == around.taken <= 3
        rest = polynomials(normals) @ surroundings_of(around).harmonics
        cosine = np.clip(normals @ np.array(lighting.directions, np.float32).T, 0, None)
        parts = rest + cosine @ np.array(lighting.colours, np.float32)
        whole = integrated(around.radiance(map_directions(), np.pi / 32), normals)
        assert np.allclose(parts.mean(0), whole.mean(0), rtol=0.06)
        assert np.abs(parts - whole).mean() < 0.12 * whole.mean()  # point for point too, but for the terminators


def test_the_first_light_is_the_key_that_the_config_asks_for() -> None:
    where = KeyLight(yaw_mean_deg=30, yaw_sd_deg=10, pitch_mean_deg=20, pitch_sd_deg=5)
    drawn = [draw_surroundings(np.random.default_rng(seed), where) for seed in range(60)]
    toward = np.array([lighting.directions[0] for lighting in drawn])
    assert abs(np.degrees(np.arctan2(toward[:, 0], toward[:, 2])).mean() - 30) < 4
    assert abs(np.degrees(np.arcsin(toward[:, 1])).mean() - 20) < 2.5
    for seed in range(10):
        strong = draw_surroundings(np.random.default_rng(seed), replace(where, strength=2.0))
        assert np.allclose(strong.colours[0], 2 * np.array(drawn[seed].colours[0]))


def test_a_face_is_lit_as_much_as_by_the_plain_sky() -> None:
    levels = []
    for seed in range(40):
        lighting = draw_surroundings(np.random.default_rng(seed), KeyLight())
        assert lighting.environment is not None
        sky = polynomials(FACING) @ surroundings_of(lighting.environment).harmonics @ LUMINANCE
        levels.append(sky.mean())
    assert 0.4 < np.median(levels) < 0.8 and min(levels) > 0.2 and max(levels) < 1.3


def test_some_have_light_from_behind() -> None:
    drawn = [draw_surroundings(np.random.default_rng(seed), KeyLight()) for seed in range(100)]
    rim = [any(direction[2] < -0.3 for direction in lighting.directions[1:]) for lighting in drawn]
    assert 0.2 < np.mean(rim) < 0.6
