"""What a camera sees behind a head: its environment in that direction, with things in it, out of focus.

Things are painted as reflectance relative to what they stand before, so that they are lit as it is.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from recon.render.environment import Environment, Outdoors, Room

FINEST, COARSEST = 128, 48  # pixels a side that are computed; the rest is interpolated
GREEN = np.array([0.85, 1.0, 0.7])


def draw_backdrop(environment: Environment, fov_deg: float, size: int) -> np.ndarray:
    """(size, size, 3) float32 linear radiance behind the head, for a centred camera that spans `fov_deg`."""
    blur = environment.blur
    side = min(size, FINEST, max(COARSEST, round(0.8 / max(blur, 1e-6))))  # no finer than the blur leaves
    canvas = Canvas(side, environment.seed)
    across = math.tan(math.radians(fov_deg / 2))
    directions = np.stack([canvas.x * across, canvas.y * across, np.full_like(canvas.x, -1.0)], -1)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    image = environment.radiance(directions, edge=2 * across / side)
    if environment.detail > 0:
        place = environment.place
        if isinstance(place, Room):
            image *= furniture(canvas, environment.detail)
        elif isinstance(place, Outdoors):
            covered = place.covered(directions)[..., None]
            image *= 1 + covered * (greenery(canvas, environment.detail) - 1)
        else:
            image *= cloth(canvas, environment.detail)
    if blur * side > 0.3:
        image = cv2.GaussianBlur(image, (0, 0), blur * side, borderType=cv2.BORDER_REFLECT)
    if side < size:
        image = np.maximum(cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC), 0)
    return image.astype(np.float32)


class Canvas:
    """A square picture to paint reflectance on: x to the right and y up, (side, side) float32 in [-1, 1]."""

    def __init__(self, side: int, seed: int) -> None:
        line = ((np.arange(side, dtype=np.float32) + 0.5) * 2 / side) - 1
        self.side, self.rng = side, np.random.default_rng(seed)
        self.x, self.y = np.meshgrid(line, -line)

    def inside(self, distance: np.ndarray) -> np.ndarray:
        """1 where a signed distance is positive, 0 elsewhere, fading over a pixel."""
        return np.clip(distance * (self.side / 2) + 0.5, 0, 1)

    def box(self, x: float, y: float, half_width: float, half_height: float) -> np.ndarray:
        return self.inside(np.minimum(half_width - np.abs(self.x - x), half_height - np.abs(self.y - y)))

    def noise(self, cells: tuple[int, ...], fall: float) -> np.ndarray:
        """(side, side) smooth noise about 0, of so many cells a side, each times `fall` as strong as the one before."""
        total = np.zeros((self.side, self.side), np.float32)
        for k, count in enumerate(cells):
            drawn = self.rng.normal(0, fall**k, (count, count)).astype(np.float32)
            total += cv2.resize(drawn, (self.side, self.side), interpolation=cv2.INTER_CUBIC)
        return total

    def reflectance(self, spread: float) -> np.ndarray:
        """(3,) relative to what is behind: mostly darker, mostly dull."""
        return np.exp(self.rng.normal(-0.5, spread) + self.rng.normal(0, 0.3, 3) * self.rng.random())


def laid(image: np.ndarray, cover: np.ndarray, colour: np.ndarray) -> np.ndarray:
    return image + cover[..., None] * (colour.astype(np.float32) - image)


def furniture(canvas: Canvas, detail: float) -> np.ndarray:
    """(side, side, 3): pictures, doors and wardrobes, shelves of books, curtains, blinds."""
    rng = canvas.rng
    image = np.ones((canvas.side, canvas.side, 3), np.float32)
    for _ in range(int(rng.integers(0, 2 + round(5 * detail)))):
        kind, x = rng.random(), rng.uniform(-1, 1)
        if kind < 0.35:  # a picture or a poster, framed
            y, wide, high = rng.uniform(-0.3, 1), rng.uniform(0.1, 0.45), rng.uniform(0.1, 0.45)
            image = laid(image, canvas.box(x, y, wide, high), canvas.reflectance(0.7))
            image = laid(image, canvas.box(x, y, 0.88 * wide, 0.88 * high), canvas.reflectance(0.9))
        elif kind < 0.6:  # a door, a cupboard
            wide, high = rng.uniform(0.12, 0.6), rng.uniform(0.4, 2.5)
            image = laid(image, canvas.box(x, -1.0, wide, high), canvas.reflectance(0.6))
        elif kind < 0.72:  # shelves
            shelves, first, wide = int(rng.integers(2, 5)), rng.uniform(-1.2, 0), rng.uniform(0.3, 0.9)
            board = canvas.reflectance(0.5)
            for k in range(shelves):
                level, book = first + 0.45 * k, x - wide
                image = laid(image, canvas.box(x, level + 0.2, wide, 0.24), 0.5 * board)
                while book < x + wide:
                    thick, high = rng.uniform(0.015, 0.05), rng.uniform(0.12, 0.19)
                    if rng.random() < 0.85:
                        image = laid(image, canvas.box(book, level + high, thick, high), canvas.reflectance(0.8))
                    book += 2 * thick
        else:  # a curtain, or a blind
            wide, folds = rng.uniform(0.2, 0.7), rng.uniform(20, 60)
            line = canvas.x if rng.random() < 0.6 else canvas.y
            waves = canvas.reflectance(0.5) * (1 + 0.35 * np.sin(folds * line + rng.uniform(0, 6)))[..., None]
            image = laid(image, canvas.box(x, 0.0, wide, 2.0), waves)
    return image * np.exp(0.05 * detail * canvas.noise((3, 7), 0.6))[..., None]


def greenery(canvas: Canvas, detail: float) -> np.ndarray:
    """(side, side, 3): leaves or brickwork, trunks and posts, gaps through which the sky shows."""
    rng = canvas.rng
    leaves = np.exp(detail * rng.uniform(0.1, 0.45) * canvas.noise((5, 11, 23, 47), 0.8))
    hue = GREEN if rng.random() < 0.5 else np.ones(3)
    image = leaves[..., None] * (hue ** (rng.random() * np.tanh(leaves)[..., None])).astype(np.float32)
    for _ in range(int(rng.integers(0, 1 + round(4 * detail)))):  # upright things
        x, wide = rng.uniform(-1, 1), rng.uniform(0.02, 0.3)
        image = laid(image, canvas.box(x, 0.0, wide, 3.0), canvas.reflectance(0.8))
    for _ in range(int(rng.integers(0, 1 + round(16 * detail)))):  # gaps and lamps, as discs
        x, y, radius = rng.uniform(-1, 1), rng.uniform(-0.3, 1), rng.uniform(0.02, 0.09)
        disc = canvas.inside(radius - np.hypot(canvas.x - x, canvas.y - y))
        image = image + (disc * rng.uniform(0.3, 2.5))[..., None]
    return image


def cloth(canvas: Canvas, detail: float) -> np.ndarray:
    """(side, side, 3): mottled or folded cloth, at times a flag or a board at one side."""
    rng = canvas.rng
    shade = 0.15 * detail * canvas.noise((3, 6, 12), 0.6)
    if rng.random() < 0.3 * detail:
        shade = shade + rng.uniform(0.1, 0.4) * np.sin(rng.uniform(8, 30) * canvas.x + 2 * canvas.noise((3,), 1.0))
    image = np.repeat(np.exp(shade)[..., None], 3, -1)
    if rng.random() < 0.5 * detail:
        side, reach, tilt = rng.choice([-1, 1]), rng.uniform(0.3, 0.9), rng.uniform(-0.5, 0.5)
        along = side * canvas.x + tilt * canvas.y
        bands = np.sin(rng.uniform(5, 25) * (canvas.y - tilt * canvas.x) + canvas.noise((3,), 0.5)) > 0
        one, other = canvas.reflectance(0.7), canvas.reflectance(0.7)
        colours = np.where(bands[..., None] & (rng.random() < 0.6), one, other)
        image = laid(image, canvas.inside(along - reach), colours)
    return image.astype(np.float32)
