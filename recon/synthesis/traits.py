"""What rows are looked for by, in plain words and numbers, told once from the drawn scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recon.faces.model import FaceModel
from recon.synthesis.single import Scene

PAINTED, NONE, PHOTO = "painted", "none", "photo"


@dataclass(frozen=True)
class Traits:
    """A drawn person and pose, flat; what was drawn, whether the image shows it or not.

    Attributes:
        person, shot: whose picture it is, and which of theirs.
        yaw_deg: positive turns to the image's right. pitch_deg: positive looks down. roll_deg: positive is
            counter-clockwise in the image.
        age: years; NaN where the skin is smooth and shows none. melanin: of the skin, about .03 (pale) to 2 (dark).
        smile: of the mouth's corners, 0 none to 1 (a grin goes on to 1.4). open_mouth: of jaw and lips, 0 shut to 1.
        hair: the cut, "bald", or "painted". beard: its kind, "painted", or "none".
        glasses: the outline of their lenses. headwear, thing: their kind; "none" for each.
        canvas: the name of the canvas, "" without one. What is on the head there is the photo's: hair, beard, glasses,
            headwear and thing are "photo", whether it shows any or not.
    """

    person: int
    shot: int
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    age: float
    melanin: float
    smile: float
    open_mouth: float
    hair: str
    beard: str
    glasses: str
    headwear: str
    thing: str
    canvas: str = ""


def traits_of(model: FaceModel, scene: Scene) -> Traits:
    """The traits of a scene that was drawn for `model`."""
    look, dress = scene.appearance, scene.dress
    worn = dict.fromkeys(("hair", "beard", "glasses", "headwear", "thing"), PHOTO)
    if scene.canvas is None:
        worn = {
            "hair": dress.hair.cut if dress.hair else PAINTED if look.hair_cover else "bald",
            "beard": dress.facial_hair.kind if dress.facial_hair else PAINTED if look.beard else NONE,
            "glasses": dress.glasses.family if dress.glasses else NONE,
            "headwear": dress.headwear.kind if dress.headwear else NONE,
            "thing": dress.thing.kind if dress.thing else NONE,
        }
    active = model.activations(scene.expression)
    corners = [active.get(name, 0.0) for name in model.expression_names if name.startswith("mouthSmile")]
    return Traits(
        person=scene.person,
        shot=scene.shot,
        yaw_deg=scene.yaw_deg,
        pitch_deg=scene.pitch_deg,
        roll_deg=scene.roll_deg,
        age=scene.skin.age if scene.skin else float("nan"),
        melanin=look.melanin,
        smile=float(np.mean(corners)) if corners else 0.0,
        open_mouth=max(0.0, active.get("jawOpen", 0.0) - active.get("mouthClose", 0.0)),
        canvas=scene.canvas or "",
        **worn,
    )
