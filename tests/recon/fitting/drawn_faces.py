"""Drawn records, whose truth is known, for the tests of fits."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

from recon.faces import load
from recon.fitting.model_fit import Fit
from recon.people.wardrobe import DressConfig
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

PLAIN = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0, yaw_max_deg=30, open_mouth=1)
MODEL = load("default")
SIZE = 128


@lru_cache(maxsize=8)
def face(index: int) -> Record:
    return render_record(MODEL, draw_scene(MODEL, 5, index, PLAIN), SIZE)


def mesh_of(fit: Fit) -> np.ndarray:
    """(n, 3) mm, turned as the camera sees it, from the nasion."""
    identity, expression = (torch.from_numpy(values).float() for values in (fit.identity, fit.expression))
    turned = MODEL.vertices(identity, expression).double().numpy() @ fit.rotation.T
    return turned - turned[int(MODEL.landmarks[27])]


def degrees_apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(one @ other.T) - 1) / 2, -1, 1))))
