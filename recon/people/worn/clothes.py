"""Clothes on a drawn bust: shells that follow it, with hems that have thickness, folds, patterns, and collars."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.people.noise import solid_noise
from recon.people.part import Part
from recon.people.worn.bust import ALONG_MM, AZIMUTH, COLUMNS, Bust, bust_of, bust_places
from recon.people.worn.clothes_style import KINDS, Clothes, draw_clothes
from recon.people.worn.collars import JACKET_MM, hood, lapels, polo_neck, shirt_collar, tie
from recon.people.worn.solids import Body, as_part, body, lattice

__all__ = ["KINDS", "Clothes", "clothes_part", "draw_clothes", "raised"]

HEM_MM = (
    (5.0, 0.0),
    (0.0, 0.0),
    (-1.2, 0.6),
)  # from inside over the edge: down from it, share of the stuff's thickness
UNDER_MM = 0.3  # what is inside a hem lies so far off the skin
PLACKET_MM = 15.0  # beside the middle, where a shirt overlaps
COLLAR_MM = 50.0  # so far down a collar lies on the stuff
SHIRT_MM = 1.8  # a shirt under something
INSIDE_REACH_MM = 8.0  # so far before a model's skin ends there is cloth


def clothes_part(model: FaceModel, vertices: Tensor, worn: Clothes) -> Part:
    """The clothes on a drawn head, vertices (n, 3) float32 mm in its own frame."""
    bust = bust_of(model, vertices)
    opening = shirt_opening(bust, worn)
    if worn.kind == "suit":
        bodies = [shell(bust, worn, opening, SHIRT_MM, worn.shirt, rows=12), *shirt_collar(bust, worn, worn.shirt)]
        edge = np.minimum(worn.neckline(AZIMUTH), ALONG_MM[-1] - 10)
        bodies += [shell(bust, worn, edge, JACKET_MM, worn.colour), lapels(bust, worn)]
        if worn.tie:
            bodies += tie(bust, worn)
    elif worn.kind == "shirt":
        bodies = [shell(bust, worn, opening, worn.thick, worn.colour), *shirt_collar(bust, worn, worn.colour)]
    else:
        edge = worn.neckline(AZIMUTH)
        edge = edge * min(1.0, (bust.reach.min() - INSIDE_REACH_MM) / edge.max())
        bodies = [shell(bust, worn, edge, worn.thick, worn.colour)]
        if worn.kind == "polo_neck":
            bodies.append(polo_neck(bust, worn))
        elif worn.kind == "hoodie":
            bodies += hood(bust, worn)
        elif worn.kind == "jumper" and worn.collar:
            bodies += [shell(bust, worn, opening, SHIRT_MM, worn.shirt, rows=12), *shirt_collar(bust, worn, worn.shirt)]
    return as_part(REGIONS.index("clothes"), bodies, worn.gloss, worn.roughness)


def raised(model: FaceModel, vertices: Tensor, worn: Clothes) -> Tensor:
    """The drawn head (n, 3) with its bust lifted to the outside of the clothes, for what hangs over them."""
    ids, along, azimuth, outward = bust_places(model)
    collar = worn.kind in ("suit", "shirt", "polo_neck") or (worn.kind == "jumper" and worn.collar)
    edge = np.full(len(along), -worn.stand) if collar else worn.neckline(azimuth)
    height = (JACKET_MM + 6.0 if worn.kind == "suit" else worn.thick + worn.fold + 4.0) * np.clip(
        (along - edge) / 8.0, 0, 1
    )
    lift = torch.from_numpy((outward * height[:, None]).astype(np.float32))
    return vertices.index_add(0, ids, lift)


def shirt_opening(bust: Bust, worn: Clothes) -> np.ndarray:
    """(COLUMNS,) mm down to the edge of a shirt under its collar: round, or open in front."""
    turn = np.abs((AZIMUTH + np.pi) % (2 * np.pi) - np.pi)
    ahead = np.clip(1 - turn / np.radians(40), 0, 1) ** 1.3
    return 1.0 + min(worn.open, bust.reach.min() - INSIDE_REACH_MM) * ahead


@lru_cache(maxsize=8)
def shares(rows: int) -> np.ndarray:
    """(rows, 1) of the way from a hem downward, closer at its upper end."""
    return (np.linspace(0, 1, rows + 1)[1:, None]) ** 1.6


def shell(
    bust: Bust, worn: Clothes, edge: np.ndarray, thick: float, colour: tuple[float, float, float], rows: int = 26
) -> Body:
    """The stuff from its neckline `edge` (COLUMNS,) mm down, `thick` mm off the skin."""
    hem = np.array(HEM_MM)
    along = np.concatenate([edge + hem[:, :1], edge + (ALONG_MM[-1] - edge) * shares(rows)])
    spots = bust.at(along, AZIMUTH)
    below, place = along - edge, spots.place
    lift = np.full(along.shape, thick)
    lift[: len(hem)] = UNDER_MM + thick * hem[:, 1:]
    lift += spots.hollow * np.clip(below / 10.0, 0, 1)
    tone = (0.35 + 0.65 * spots.openness) * (1 + 0.05 * cloth_noise(place, worn, 5.0))
    tone[: len(hem)] *= 0.8
    folded = worn.kind in ("suit", "shirt")  # with something that lies on it
    if thick > SHIRT_MM:  # what is under something lies flat
        ripple = np.abs(cloth_noise(place, worn, (34.0, 22.0, 34.0)))
        lift += worn.fold * np.clip((below - (COLLAR_MM if folded else 0.0)) / 50.0, 0, 1) * ripple
    if folded and thick < JACKET_MM:
        tone *= 1 - 0.3 * np.exp(-(((place[..., 0] - PLACKET_MM) / 1.6) ** 2)) * (np.cos(AZIMUTH) > 0)
    dyed = patterned(worn, colour, along, place) if colour is worn.colour else np.asarray(colour)
    return body(
        spots.lifted(lift).reshape(-1, 3),
        lattice(len(along), COLUMNS, True),
        (dyed * tone[..., None]).reshape(-1, 3),
        True,
    )


def patterned(worn: Clothes, colour: tuple[float, float, float], along: np.ndarray, place: np.ndarray) -> np.ndarray:
    """(..., 3) colour of the stuff with its pattern, which fades where the lattice is too coarse for it."""
    if worn.pattern == "plain":
        return np.asarray(colour)
    cell = np.linalg.norm(np.roll(place, -1, 1) - place, axis=-1)
    fine = np.clip(2.2 - 6.0 * cell / worn.period, 0, 1)
    across = band(place[..., 0], worn.period) * fine
    down = band(along, worn.period)
    share = {
        "stripes": down,
        "bars": across,
        "checks": 0.5 * (across + down),
        "print": np.clip(3.0 * cloth_noise(place, worn, worn.period / 2) - 1.5, 0, 1) * fine,
    }[worn.pattern]
    return np.asarray(colour) + (np.asarray(worn.second) - np.asarray(colour)) * share[..., None]


def band(places: np.ndarray, period: float) -> np.ndarray:
    """Soft-edged bands in [0, 1]."""
    return np.clip(0.5 + 2.0 * np.sin(2 * np.pi * places / period) - 1.0, 0, 1)


def cloth_noise(places: np.ndarray, worn: Clothes, cell: float | tuple[float, float, float]) -> np.ndarray:
    """(...) of places (..., 3)."""
    flat = torch.from_numpy(np.ascontiguousarray(places.reshape(-1, 3).T))
    return solid_noise(flat, cell, worn.offset)[0].numpy().reshape(places.shape[:-1])
