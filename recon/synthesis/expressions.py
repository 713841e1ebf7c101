"""Facial expressions: activations of a model's units, drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recon.faces.model import LOOKS, FaceModel

GRIN_UNITS = {  # least and greatest activation
    "mouthSmile": (0.6, 1.3),
    "mouthStretch": (0.0, 0.8),
    "mouthDimple": (0.0, 0.5),
    "mouthUpperUp": (0.2, 0.7),
    "mouthLowerDown": (0.1, 0.6),
    "cheekSquint": (0.0, 0.7),
    "jawOpen": (0.03, 0.35),
}
NEVER_ALONE = ("mouthClose", "jawOpen", "tongueOut")
MOUTH = ("mouth", "jaw", "tongue", "cheekPuff")  # how the names of units begin that a grin replaces


def draw_expression(model: FaceModel, rng: np.random.Generator, smile: float, open_mouth: float = 0.3) -> np.ndarray:
    """(e,) float32, units active in [0, 1]: neutral, a few of them, or a smile; both sides nearly alike; a gaze."""
    active: dict[str, float] = {}

    def put(name: str, amount: float) -> None:
        """Sets a unit; a sided one together with its twin, slightly apart."""
        for twin in twins(name):
            if twin in model.expression_names:
                active[twin] = np.clip(amount * (1 + rng.normal(0, 0.12)), 0, 1)

    kind = rng.random()
    alone = [n for n in model.expression_names if not n.startswith("eyeLook") and n not in NEVER_ALONE]
    if kind >= 0.15:
        for name in rng.choice(alone, size=min(int(rng.integers(0, 4)), len(alone)), replace=False):
            put(str(name), rng.beta(1.3, 2.4))
        if rng.random() < open_mouth:
            opening = rng.beta(1.2, 3.0)
            put("jawOpen", opening)
            put("mouthClose", opening * rng.beta(1, 3))
    if kind > 1 - smile:
        strength = rng.uniform(0.25, 0.9)
        put("mouthSmileLeft", strength)
        put("cheekSquintLeft", strength * 0.5 * rng.random())
        rng.random()  # spent on nothing, here and below: what the seeds draw stays as it was
        put("mouthDimpleLeft", strength * 0.3 * rng.random())
        if rng.random() < 0.65:  # teeth show
            for name, low, high in (("mouthUpperUpLeft", 0.15, 0.55), ("mouthLowerDownLeft", 0.1, 0.45)):
                put(name, rng.uniform(low, high))
                rng.random()
            put("jawOpen", rng.uniform(0.02, 0.2))
    active.update(gaze(*rng.normal(0, 0.18, 2)))
    return model.coefficients(known(active, model)).numpy()


def gaze(sideways: float, upward: float) -> dict[str, float]:
    """Look units of both eyes for a gaze toward the model's left and upward, 1 as far as eyes turn."""
    active = {}
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        outward = sideways * sign
        amounts = (max(outward, 0), max(-outward, 0), max(upward, 0), max(-upward, 0))
        active.update({f"eyeLook{way}{side}": amount for way, amount in zip(LOOKS, amounts, strict=True)})
    return active


def twins(name: str) -> list[str]:
    """A unit's name, and that of its other side where it has one."""
    for here, there in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(here):
            return [name, name[: -len(here)] + there]
    return [name]


def known(active: Mapping[str, float], model: FaceModel) -> dict[str, float]:
    """Those of the units that the model has."""
    return {name: amount for name, amount in active.items() if name in model.expression_names}


def grinning(model: FaceModel, expression: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(e,) float32: another expression (e,) with the mouth of a grin or a laugh, some units beyond 1.

    Photos show mouths a quarter wider than a smile of 1 makes them. The gaze and the brows stay.
    """
    rest = model.activations(expression)
    active = {name: amount for name, amount in rest.items() if not name.startswith(MOUTH)}
    for unit, (low, high) in GRIN_UNITS.items():
        amount = rng.uniform(low, high)
        for name in (unit, unit + "Left", unit + "Right"):
            if name in model.expression_names:
                active[name] = np.clip(amount * (1 + rng.normal(0, 0.08)), 0, 1.4)
    return model.coefficients(active).numpy()
