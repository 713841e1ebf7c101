"""Facial expressions: activations of a model's units, drawn."""

from __future__ import annotations

import numpy as np

from recon.faces.model import FaceModel

SMILE = ("mouthSmileLeft", "mouthSmileRight")
GRIN_UNITS = {  # least and greatest activation
    "mouthSmile": (0.6, 1.3),
    "mouthStretch": (0.0, 0.8),
    "mouthDimple": (0.0, 0.5),
    "mouthUpperUp": (0.2, 0.7),
    "mouthLowerDown": (0.1, 0.6),
    "cheekSquint": (0.0, 0.7),
    "jawOpen": (0.03, 0.35),
}
NEVER_ALONE = ("mouthClose", "jawOpen")


def draw_expression(model: FaceModel, rng: np.random.Generator, smile: float, open_mouth: float = 0.3) -> np.ndarray:
    """(e,) float32 activations in [0, 1]: neutral, a few units, or a smile; left and right nearly alike; a gaze."""
    names = list(model.expression_names)
    place = {name: k for k, name in enumerate(names)}
    active = np.zeros(len(names))

    def put(name: str, amount: float) -> None:
        """Sets a unit; a sided one together with its twin, slightly apart."""
        for twin in twins(name):
            if twin in place:
                active[place[twin]] = np.clip(amount * (1 + rng.normal(0, 0.12)), 0, 1)

    kind = rng.random()
    choices = [n for n in names if not n.startswith("eyeLook") and n not in (*NEVER_ALONE, "tongueOut")]
    if kind >= 0.15:
        for name in rng.choice(choices, size=int(rng.integers(0, 4)), replace=False):
            put(str(name), rng.beta(1.3, 2.4))
        if rng.random() < open_mouth:
            opening = rng.beta(1.2, 3.0)
            put("jawOpen", opening)
            put("mouthClose", opening * rng.beta(1, 3))
    if kind > 1 - smile:
        strength = rng.uniform(0.25, 0.9)
        for name in SMILE[:1] + ("mouthSmile_L",):
            put(name, strength)
        for name, share in (("cheekSquintLeft", 0.5), ("cheekSquint_L", 0.5), ("mouthDimpleLeft", 0.3)):
            put(name, strength * share * rng.random())
        if rng.random() < 0.65:  # teeth show
            for name in ("mouthUpperUpLeft", "mouthUpperUp_L"):
                put(name, rng.uniform(0.15, 0.55))
            for name in ("mouthLowerDownLeft", "mouthLowerDown_L"):
                put(name, rng.uniform(0.1, 0.45))
            put("jawOpen", rng.uniform(0.02, 0.2))
    sideways, upward = rng.normal(0, 0.18, 2)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        looks = {
            "Out": max(sideways * sign, 0),
            "In": max(-sideways * sign, 0),
            "Up": max(upward, 0),
            "Down": max(-upward, 0),
        }
        for word, amount in looks.items():
            for name in (f"eyeLook{word}{side}", f"eyeLook{word}_{side[0]}"):
                if name in place:
                    active[place[name]] = amount
    return active.astype(np.float32)


def twins(name: str) -> list[str]:
    """A unit's name, and that of its other side where it has one."""
    for here, there in (("Left", "Right"), ("Right", "Left"), ("_L", "_R"), ("_R", "_L")):
        if name.endswith(here):
            return [name, name[: -len(here)] + there]
    return [name]


def grinning(model: FaceModel, expression: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(e,) float32: another expression (e,) with the mouth of a grin or a laugh, some units beyond 1.

    Photos show mouths a quarter wider than a smile of 1 makes them. The gaze and the brows stay.
    """
    place = {name: k for k, name in enumerate(model.expression_names)}
    active = expression.copy()
    active[[k for name, k in place.items() if name.startswith(("mouth", "jaw", "tongue", "cheekPuff"))]] = 0
    for name, (low, high) in GRIN_UNITS.items():
        amount = rng.uniform(low, high)
        for side in (name, name + "Left", name + "Right", name + "_L", name + "_R"):
            if side in place:
                active[place[side]] = amount * (1 + rng.normal(0, 0.08))
    return active.clip(0, 1.4)
