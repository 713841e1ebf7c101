"""What a dataset can't show, told from the scene config that it was drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recon.errors import UserError
from recon.synthesis.canvas import canvases
from recon.synthesis.on_canvas_scene import folder_of

DRESS = {  # share in `DressConfig` -> what a person then has on
    "hair": "strands of hair",
    "brows": "strands of brows and lashes",
    "facial_hair": "beards of strands",
    "glasses": "glasses",
    "headwear": "headwear",
    "objects": "things such as hands or cups before the face",
    "clothes": "cut clothes",
}
WORN = {"glasses": "glasses", "headwear": "headwear", "objects": "thing"}  # what hides a part of the face: its trait
DETAIL = {"skin": "wrinkles, pores and oil", "eyes": "detailed eyes", "mouth": "detailed mouths"}


def limits_of(scene: Mapping[str, Any]) -> str:
    """The card's section on limits. scene: a `SceneConfig` as plain values, from the manifest."""
    canvas = scene.get("canvas") or {}
    return _on_canvases(canvas) if canvas.get("folder") else _in_drawn_rooms(scene)


def _on_canvases(canvas: Mapping[str, Any]) -> str:
    try:
        count = f"{len(canvases(folder_of(canvas['folder'])))} photos"
    except UserError:  # the folder has gone since
        count = "photos"
    return f"""## Limits
One face a picture, drawn into one of {count}: hair, ears, necks, clothes and rooms are the photos' own and repeat;
poses, light and tone of skin are near the photos'.
The face region leaves out ears, neck, scalp and the inside of the mouth; outside of `mask` nothing is known.

## Likeness
Each photo's own face was taken out before another was drawn, whose shape is that of the photo's person by
{canvas["shape"]:.0%}. Hair, ears and clothes are that person's, who may be known by them: the pictures say nothing of
the people in the photos, and are not for identifying anybody."""


def _in_drawn_rooms(scene: Mapping[str, Any]) -> str:
    dress = scene["dress"]
    shares = {name: dress["dressed"] * dress[name] for name in DRESS}
    drawn = [name for name, trait in WORN.items() if shares[name] and trait not in scene.get("balance", {})]
    worn = [f"{100 * shares[name]:.3g} % have {DRESS[name]}" for name in drawn]
    absent = [words for name, words in DRESS.items() if not shares[name]]
    absent += [words for name, words in DETAIL.items() if not scene[name]]
    sentences = [
        f"One face a picture, its yaw within {scene['yaw_max_deg']:g} degrees of {scene['yaw_mean_deg']:g}.",
        f"Of the faces drawn, {', '.join(worn)}." if worn else "",
        f"Nobody has {', '.join(absent)}." if absent else "",
        "The variety of heads, poses and light is that of the scene in `manifest.json`.",
        "The face region leaves out ears, neck, scalp and the inside of the mouth.",
    ]
    return "\n".join(["## Limits", *filter(None, sentences)])
