"""Paint of the eyeball: the cornea's shape and refraction in closed form, rings of the iris, redder corners."""

from __future__ import annotations

import math

import numpy as np
import warp as wp

from recon.people.eyes.paint import Iris, cornea_normal, draw_eyes, iris_colour, sclera_colour, seen_on_iris
from recon.people.noise import volume

HALF = math.radians(26.0)


@wp.kernel
def cornea(
    places: wp.array(dtype=wp.vec3), view: wp.vec3, half: float,
    normals: wp.array(dtype=wp.vec3), seen: wp.array(dtype=wp.vec2),
):  # fmt: skip
    p = wp.tid()
    normals[p] = cornea_normal(places[p], half)
    seen[p] = seen_on_iris(places[p], normals[p], view, half)


@wp.kernel
def colours(
    iris: Iris, at: wp.array(dtype=wp.vec2), places: wp.array(dtype=wp.vec3), noise: wp.array(dtype=wp.vec2),
    of_iris: wp.array(dtype=wp.vec3), of_sclera: wp.array(dtype=wp.vec3),
):  # fmt: skip
    p = wp.tid()
    offset = wp.vec3(3.0, 1.0, 7.0)
    of_iris[p] = iris_colour(iris, at[p], offset, noise)
    of_sclera[p] = sclera_colour(0.65, 0.5, 0.3, places[p], iris.half, offset, noise)


def around(angle_deg, azimuth):
    angle, azimuth = np.broadcast_arrays(np.radians(angle_deg), azimuth)
    return np.stack([np.sin(angle) * np.cos(azimuth), np.sin(angle) * np.sin(azimuth), np.cos(angle)], -1)


def look(places: np.ndarray, view=(0.0, 0.0, 1.0)) -> tuple[np.ndarray, np.ndarray]:
    at = wp.array(places.astype(np.float32), dtype=wp.vec3, device="cpu")
    normals, seen = (wp.zeros(len(places), dtype=kind, device="cpu") for kind in (wp.vec3, wp.vec2))
    wp.launch(cornea, len(places), [at, wp.vec3(*view), HALF, normals, seen], device="cpu")
    return normals.numpy(), seen.numpy()


def paint(at: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    iris = Iris()
    iris.colour = wp.vec3(0.10, 0.16, 0.22)
    iris.half, iris.pupil = HALF, math.radians(10.0)
    iris.fibres, iris.inner, iris.collarette, iris.limbal = 0.5, 0.3, 0.3, 0.7
    found = [wp.zeros(len(at), dtype=wp.vec3, device="cpu") for _ in range(2)]
    inputs = [
        wp.array(at.astype(np.float32), dtype=wp.vec2, device="cpu"),
        wp.array(places.astype(np.float32), dtype=wp.vec3, device="cpu"),
        wp.from_torch(volume(), dtype=wp.vec2),
    ]
    wp.launch(colours, len(at), [iris, *inputs, *found], device="cpu")
    return found[0].numpy(), found[1].numpy()


def test_the_cornea_bulges_over_the_iris_alone():
    azimuth = np.linspace(0, 2 * np.pi, 40)
    for angle, expected in ((0.0, 0.0), (8.0, 1.9 * 8.0), (19.0, 1.9 * 19.0), (32.0, 32.0), (70.0, 70.0)):
        normals, _ = look(around(angle, azimuth))
        assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
        assert np.allclose(normals, around(expected, azimuth), atol=1e-4)


def test_the_iris_behind_it_is_seen_refracted():
    azimuth = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    straight = [look(around(angle, azimuth))[1] for angle in (0.0, 6.0, 12.0, 18.0, 24.0)]
    radii = np.array([np.linalg.norm(one, axis=1) for one in straight])
    assert np.allclose(radii[0], 0, atol=1e-5) and np.allclose(radii, radii[:, :1], atol=1e-4)  # round
    bare = np.sin(np.radians([6.0, 12.0, 18.0])) / math.sin(HALF)
    assert (np.diff(radii[:, 0]) > 0).all() and (radii[1:4, 0] < bare).all()  # a magnifying glass
    aside = look(around(0.0, azimuth[:1]), around(30.0, 0.0))[1][0]
    assert aside[0] < -0.05 and abs(aside[1]) < 1e-5  # from the right, what lies behind moves to the left
    mirrored = look(around(12.0, np.pi - azimuth), around(30.0, np.pi))[1] * [-1, 1]
    assert np.allclose(mirrored, look(around(12.0, azimuth), around(30.0, 0.0))[1], atol=1e-4)


def test_rings_of_the_iris():
    azimuth = np.linspace(0, 2 * np.pi, 400, endpoint=False)

    def ring(radius):
        at = radius * np.stack([np.cos(azimuth), np.sin(azimuth)], 1)
        return paint(at, around(50.0, azimuth))[0]

    pupil, iris, limbal = ring(0.2), ring(0.7), ring(0.97)
    assert np.allclose(pupil, 0.003, atol=1e-4)
    assert limbal.mean() < 0.6 * iris.mean() and pupil.mean() < 0.3 * limbal.mean()
    assert iris.mean(1).std() > 0.1 * iris.mean()  # fibres
    assert ring(0.5)[:, 0].mean() / ring(0.5)[:, 2].mean() > iris[:, 0].mean() / iris[:, 2].mean()  # warmer within
    for one in (pupil, iris, limbal, ring(1.4), ring(0.0)):
        assert np.isfinite(one).all() and one.min() >= 0 and one.max() < 0.9


def test_the_sclera_reddens_to_the_corners():
    azimuth = np.linspace(-0.5, 0.5, 200)
    near, corner = (paint(np.zeros((200, 2)), around(angle, azimuth))[1] for angle in (30.0, 62.0))
    assert corner[:, 1].mean() / corner[:, 0].mean() < 0.97 * near[:, 1].mean() / near[:, 0].mean()
    assert corner.mean() < near.mean() < 0.7
    assert np.isfinite(corner).all() and corner.min() > 0 and corner.max() < 0.7


def test_eyes_are_drawn_from_their_generator_alone():
    assert draw_eyes(np.random.default_rng(1)) == draw_eyes(np.random.default_rng(1))
    assert draw_eyes(np.random.default_rng(1)) != draw_eyes(np.random.default_rng(2))
