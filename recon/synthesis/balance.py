"""A scene of the groups that `balance` wants, a function of (seed, index) alone as every scene is.

For each trait a group is drawn by its wanted share; scenes of the same settings are drawn until one is of that group,
and what decides the trait is taken from there. So each trait's shares are met on average whatever the number of scenes,
traits stay independent, and everything else of the scene is what it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from recon.errors import UserError
from recon.faces.model import FaceModel
from recon.synthesis.config import SceneConfig
from recon.synthesis.groups import Group, groups_of
from recon.synthesis.pose import head_rotation
from recon.synthesis.single import Scene, draw_single
from recon.synthesis.traits import Traits, traits_of

BALANCE = 10  # the random stream's name, after those of `single`
TRIES = 2000  # scenes until one is of the group; each takes about 2 ms


def balanced(model: FaceModel, seed: int, index: int, config: SceneConfig) -> Scene:
    """Scene `index` of `seed` with what the balance of `config` wants.

    Raises UserError where none of TRIES scenes is of a wanted group.
    """
    scene = draw_single(model, seed, index, config)
    groups = groups_of(config.balance)
    if config.canvas.folder is not None and groups:  # pose, tone and light hang together there: one donor has them all
        rng = np.random.default_rng([seed, index, BALANCE])
        wanted = {trait: _drawn(choices, rng) for trait, choices in groups.items()}
        return replace(_donor(model, rng, config, wanted), seed=seed, index=index, person=index)
    for number, (traits, take) in enumerate(PARTS):
        asked = [trait for trait in traits if trait in groups]
        if asked:
            rng = np.random.default_rng([seed, index, BALANCE, number])
            wanted = {trait: _drawn(groups[trait], rng) for trait in asked}
            scene = take(scene, _donor(model, rng, config, wanted))
    return scene


def _drawn(groups: list[Group], rng: np.random.Generator) -> Group:
    return groups[int(rng.choice(len(groups), p=[group.share for group in groups]))]


def _donor(model: FaceModel, rng: np.random.Generator, config: SceneConfig, wanted: dict[str, Group]) -> Scene:
    """A scene that is of all the wanted groups."""
    for _ in range(TRIES):
        scene = draw_single(model, int(rng.integers(2**31)), int(rng.integers(2**31)), config)
        traits: Traits = traits_of(model, scene)
        if all(group.holds(getattr(traits, trait)) for trait, group in wanted.items()):
            return scene
    names = " and ".join(f"{trait} {group.name}" for trait, group in wanted.items())
    raise UserError(
        f"balance asks for {names}, and none of {TRIES} scenes of these settings has it: change one of them"
    )


def _turned(scene: Scene, yaw_deg: float, pitch_deg: float) -> Scene:
    rotation = head_rotation(yaw_deg, pitch_deg, scene.roll_deg)
    return replace(scene, yaw_deg=yaw_deg, pitch_deg=pitch_deg, rotation=rotation)


def _hair(scene: Scene, donor: Scene) -> Scene:
    names = ("hair", "hair_cover", "hairline_mm", "hair_mm", "brow", "beard", "moustache", "shaven")
    look = replace(scene.appearance, **{name: getattr(donor.appearance, name) for name in names})
    parts = {name: getattr(donor.dress, name) for name in ("hair", "brows", "facial_hair", "seed")}
    return replace(scene, appearance=look, dress=replace(scene.dress, **parts))


def _tone(scene: Scene, donor: Scene) -> Scene:
    return replace(scene, appearance=replace(scene.appearance, melanin=donor.appearance.melanin))


def _worn(name: str) -> Callable[[Scene, Scene], Scene]:
    return lambda scene, donor: replace(scene, dress=replace(scene.dress, **{name: getattr(donor.dress, name)}))


PARTS: tuple[tuple[tuple[str, ...], Callable[[Scene, Scene], Scene]], ...] = (
    (("yaw_deg",), lambda scene, donor: _turned(scene, donor.yaw_deg, scene.pitch_deg)),
    (("pitch_deg",), lambda scene, donor: _turned(scene, scene.yaw_deg, donor.pitch_deg)),
    (("smile", "open_mouth"), lambda scene, donor: replace(scene, expression=donor.expression)),
    (("age",), lambda scene, donor: replace(scene, skin=donor.skin)),
    (("melanin",), _tone),
    (("hair", "beard"), _hair),
    (("glasses",), _worn("glasses")),
    (("headwear",), _worn("headwear")),
    (("thing",), _worn("thing")),
)
"""Traits that one part of a scene decides, and how the part goes from a donor to the scene."""
