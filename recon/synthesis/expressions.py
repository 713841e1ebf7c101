"""Facial expressions: activations of a model's units, drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from recon.errors import UserError, did_you_mean
from recon.faces.model import LOOKS, REGIONS, FaceModel

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
PARTING = ("jawOpen", "mouthFunnel", "mouthUpperUp", "mouthLowerDown", "mouthShrug", "mouthClose")
MOUTH = ("mouth", "jaw", "tongue", "cheekPuff")  # how the names of units begin that a grin replaces
CLOSING = {"mouthPressLeft": 1.0, "mouthPressRight": 1.0, "mouthShrugLower": 0.7}  # what brings lips together
LIPS = (62, 66)  # landmarks: the middle of both inner rims
PARTED_MM, MEETING_MM = 1.6, -1.2  # a wider gap is meant; and that of lips at rest, which touch over some breadth


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
    active = _shut(active, model)
    return model.coefficients(known(active, model)).numpy()


def of_units(model: FaceModel, names: str) -> np.ndarray:
    """(e,) float32: units joined by "+", each active as far as a person can, a side left out for both; or "neutral".

    Raises UserError where the model has no such unit.
    """
    active = {}
    for name in () if names == "neutral" else names.split("+"):
        here = [unit for unit in (name, name + "Left", name + "Right") if unit in model.expression_names]
        if not here:
            close = did_you_mean(name, ["neutral", *model.expression_names])
            raise UserError(f"the face model has no expression '{name}'{close}")
        active |= dict.fromkeys(here, 1.0)
    return model.coefficients(active).numpy()


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


def _shut(active: Mapping[str, float], model: FaceModel) -> dict[str, float]:
    """The units without those that part the lips, of a model with no teeth or gums behind them, such as FLAME."""
    hollow = not bool((model.region == REGIONS.index("mouth_inside")).any())
    return {name: amount for name, amount in active.items() if not (hollow and name.startswith(PARTING))}


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
    return model.coefficients(_shut(active, model)).numpy()


def lips_met(model: FaceModel, identity: np.ndarray, expression: np.ndarray) -> np.ndarray:
    """(e,) float32: another expression (e,) of a person (k,) whose lips meet, where they are hardly apart.

    The model's people at rest show a slit of teeth, half a millimetre in the mean, which in a photo's light is seen.
    Units that move the lips stay as they are, but for those in CLOSING; a model without these is left alone.
    """
    if not CLOSING.keys() <= set(model.expression_names):
        return expression
    gap = lips_gap_mm(model, identity, expression)
    if not MEETING_MM < gap < PARTED_MM:
        return expression
    closing = model.coefficients(CLOSING).numpy()
    closed_by = gap - lips_gap_mm(model, identity, expression + closing)
    if closed_by <= 0:  # of lips rolled in, say
        return expression
    share = min((gap - MEETING_MM) / closed_by, 1.0)
    return (expression + share * closing).astype(np.float32)


def lips_gap_mm(model: FaceModel, identity: np.ndarray, expression: np.ndarray) -> float:
    """Height of the opening in the middle of the lips, mm; below 0 where they overlap."""
    upper, lower = model.landmarks[list(LIPS)]
    placed = model.vertices(torch.from_numpy(identity), torch.from_numpy(expression))
    return float(placed[upper, 1] - placed[lower, 1])


EXTREMES = {  # kind -> unit: least and greatest activation; a name without its side stands for both
    "jaw wide open": {"jawOpen": (0.5, 1.0), "mouthStretch": (0.0, 0.5), "eyeWide": (0.0, 0.7)},
    "pursed": {"mouthPucker": (0.4, 1.0), "mouthFunnel": (0.0, 0.6)},
    "blown cheeks": {"cheekPuff": (0.4, 1.0), "mouthPress": (0.0, 0.6)},
    "eyes shut": {"eyeBlink": (0.7, 1.0), "eyeSquint": (0.0, 0.8), "cheekSquint": (0.0, 0.7)},
    "disgust": {"noseSneer": (0.4, 1.0), "mouthUpperUp": (0.0, 0.7), "browDown": (0.2, 1.0)},
    "sad": {"mouthFrown": (0.4, 1.0), "browInnerUp": (0.3, 1.0), "mouthShrugLower": (0.0, 0.7)},
}
ONE_SIDED = {  # units of one side alone
    "smirk": {"mouthSmile": (0.4, 1.0), "mouthDimple": (0.0, 0.6), "cheekSquint": (0.0, 0.6)},
    "wink": {"eyeBlink": (0.8, 1.0), "cheekSquint": (0.2, 0.9), "mouthSmile": (0.0, 0.5)},
    "sneer": {"noseSneer": (0.4, 1.0), "mouthUpperUp": (0.2, 0.8)},
    "one brow": {"browOuterUp": (0.5, 1.0), "browDown": (0.0, 0.2)},
    "jaw aside": {"jaw": (0.4, 1.0), "mouth": (0.0, 0.6)},
}


def extreme(model: FaceModel, expression: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(e,) float32: another expression (e,) with one of EXTREMES or ONE_SIDED over half of its strength."""
    active = {name: 0.5 * amount for name, amount in model.activations(expression).items()}
    active |= {name: 2 * amount for name, amount in active.items() if name.startswith("eyeLook")}
    kinds = [(units, ("", "Left", "Right")) for units in EXTREMES.values()]
    side = str(rng.choice(["Left", "Right"]))
    kinds += [(units, (side,)) for units in ONE_SIDED.values()]
    units, sides = kinds[int(rng.integers(len(kinds)))]
    for unit, (low, high) in units.items():
        amount = rng.uniform(low, high)
        active |= {unit + one: amount * (1 + rng.normal(0, 0.08)) for one in sides}
    active = known(_shut(active, model), model)
    return model.coefficients({name: float(np.clip(x, 0, 1)) for name, x in active.items()}).numpy()
