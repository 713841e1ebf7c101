"""Hands made of rounded boxes and tubes: open, or around something upright, with a forearm and a sleeve."""

from __future__ import annotations

import numpy as np

from recon.people.worn.solids import Body, rounded_box, tube

Colour = tuple[float, float, float]
FINGERS = ((-28.0, 66.0, 8.5), (-9.5, 76.0, 8.8), (9.5, 71.0, 8.4), (27.0, 55.0, 7.4))  # across, length, radius; mm


def finger(path: np.ndarray, radius: float, skin: Colour) -> Body:
    """A tapered tube with a round tip."""
    t = np.linspace(0, 1, len(path))
    fine = 1 - (1 - np.linspace(0, 1, 18)) ** 1.5  # close at the tip, where it is round
    path = np.stack([np.interp(fine, t, path[:, k]) for k in range(3)], 1)
    girth = radius * (1.04 - 0.16 * fine) * np.sqrt(np.clip(1 - np.clip((fine - 0.86) / 0.14, 0, 1) ** 2, 0.01, 1))
    return tube(path, np.stack([girth, girth], 1), np.array([0.3, 0.2, 1.0]), skin, exponent=2.0)


def open_hand(size: float, side: float, curl: float, skin: Colour, sleeve: Colour) -> list[Body]:
    """Palm to the back (-z), fingers up; curl: how far they bend, [0, 1]; side: +1 for the hand on the head's left."""
    s = size
    bodies = [rounded_box(np.array([0.0, -48.0, 0.0]) * s, np.diag([40.0, 50.0, 14.0]) * s, skin, 2.8, 2.4, 14, 20)]
    bend = np.cumsum([0.12, 0.25, 0.45, 0.6, 0.6, 0.5, 0.4, 0.25, 0.1, 0.0, 0.0]) * 0.36 * curl
    for across, length, radius in FINGERS:
        spread = across / 28.0 * 0.10
        step = np.stack([np.sin(spread) * np.cos(bend), np.cos(bend), -np.sin(bend)], 1) * (length + 12.0) / len(bend)
        start = np.array([-side * across * 1.02, -14.0 - 0.006 * across**2, 1.0])
        step[:, 0] *= -side
        path = start + np.concatenate([np.zeros((1, 3)), np.cumsum(step, 0)])
        bodies.append(finger(path * s, radius * s, skin))
    t = np.linspace(0, 1, 12)[:, None]
    base, knuckle, tip = np.array([[-24.0, -74, -4], [-60.0, -46, -6], [-58.0, -4, -8]]) * (-side * -1.0, 1, 1)
    thumb = (1 - t) ** 2 * base + 2 * t * (1 - t) * knuckle + t**2 * tip
    bodies.append(finger(thumb * s, 10.5 * s, skin))
    return bodies + forearm(np.array([0.0, -88.0, 0.0]) * s, np.array([0.1 * side, -1.0, -0.02]), skin, sleeve)


def grip(
    wide: float,
    deep: float,
    height: float,
    side: float,
    skin: Colour,
    sleeve: Colour,
) -> list[Body]:
    """A fist around an upright thing of half extents `wide` and `deep`, in the middle at `height`: palm at the side
    that the hand comes from, fingers in front of the thing, the thumb across its near edge."""
    bodies = []
    angle = np.linspace(-0.35, 2.3, 14)  # from the palm over the front
    for k, (_, length, radius) in enumerate(FINGERS):
        reach = min(1.0, length * 1.45 / (0.5 * np.pi * (wide + deep) / 2 + 22.0) / 1.7)
        a = angle[0] + (angle - angle[0]) * reach
        path = np.stack(
            [
                side * (wide + radius * 0.8) * np.cos(a),
                np.full_like(a, height + 27 - 17.5 * k),
                (deep + radius * 0.85) * np.sin(a),
            ],
            1,
        )
        bodies.append(finger(path, radius, skin))
    palm = np.array([side * (wide + 14.0), height - 2.0, -4.0])
    bodies.append(rounded_box(palm, np.diag([14.0, 42.0, 24.0]), skin, 2.6, rows=10, columns=16))
    t = np.linspace(0, 1, 12)[:, None]
    corner = np.array([side * (wide + 10.0), height + 44.0, deep * 0.3])
    tip = np.array([side * wide * 0.35, height + 50.0, deep + 9.0])
    thumb = (1 - t) ** 2 * (palm + (0, 24.0, 8.0)) + 2 * t * (1 - t) * corner + t**2 * tip
    bodies.append(finger(thumb, 10.0, skin))
    return bodies + forearm(palm - (0.0, 30.0, 0.0), np.array([0.45 * side, -1.0, 0.05]), skin, sleeve)


def forearm(wrist: np.ndarray, down: np.ndarray, skin: Colour, sleeve: Colour) -> list[Body]:
    """From the wrist out of the picture; a sleeve from a little below it."""
    down = down / np.linalg.norm(down)
    t = np.linspace(-20, 75, 6)[:, None]
    arm = tube(
        wrist + t * down,
        np.linspace([25.0, 17.0], [30.0, 25.0], 6),
        np.array([1.0, 0, 0]),
        skin,
        exponent=2.2,
        section=12,
    )
    t = np.linspace(45, 330, 8)[:, None]
    cloth = tube(
        wrist + t * down,
        np.linspace([37.0, 32.0], [58.0, 55.0], 8),
        np.array([1.0, 0, 0]),
        sleeve,
        exponent=2.0,
        section=14,
    )
    return [arm, cloth]
