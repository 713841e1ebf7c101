"""The protocol on proportions: landmarks of drawn faces at rest beside hand-placed points of people.

A network that learnt on a face model's shapes sees photos through them, so that what the model lacks it lacks in photos
as well; hands don't. Drawn faces are looked at from the front with exact landmarks and nothing is rendered.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from recon.configuration import read_config, to_plain
from recon.evaluate.person_settings import ProportionsSettings as Settings
from recon.evaluate.results import Figure, Measure, Result, figures_of
from recon.evaluate.webmorph import POINTS, load_framed
from recon.faces import load
from recon.faces.model import FaceModel
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE = 256  # px of the photos, of which only the points count
EYES = ((36, 39), (42, 45))  # image left and right; landmarks of the 68
UNIT = "% of the eyes' distance"

Points = dict[int, np.ndarray]  # landmark -> (2,) right and down


def run(settings: Settings) -> Result:
    """Measure the photos' points and as many drawn faces as asked for."""
    model, scene = load("default"), read_config(SceneConfig, settings.scene)
    photos = [upright(photo.points) for photo in load_framed(settings.folder, SIZE)]
    drawn = [upright(points_at_rest(model, scene, settings.seed, index)) for index in range(settings.count)]
    figures: list[Figure] = []
    for name, measured in PROPORTIONS.items():
        for kind, faces in (("photos", photos), ("drawn", drawn)):
            values = [{kind: 100 * measured(face)} for face in faces]
            figures += figures_of(values, {kind: Measure(kind, UNIT)}, name)
    return Result(
        title="Proportions of drawn faces beside those of people",
        protocol="proportions",
        settings=to_plain(settings),
        figures=tuple(figures),
        notes=(
            f"{len(photos)} frontal photos with hand-placed points and {len(drawn)} drawn people at rest, seen from the"
            " front. The unit is the distance between the middles of both eyes, each midway between its corners;"
            " heights are told from the line through them.",
            "The two markups do not define the ends of brows and the base of the nose alike.",
        ),
    )


def points_at_rest(model: FaceModel, scene: SceneConfig, seed: int, index: int) -> Points:
    """Landmarks in mm of the person of a scene, seen from the front."""
    identity = torch.from_numpy(draw_scene(model, seed, index, scene).identity)
    places = model.vertices(identity, identity.new_zeros(len(model.expression_basis)))[model.landmarks]
    return {point: places[point, :2].double().numpy() * (1, -1) for point in POINTS}


def upright(face: Points) -> Points:
    """The points with the eyes level, a unit apart, and the origin between them."""
    left, right = ((face[one] + face[other]) / 2 for one, other in EYES)
    along = (right - left) / np.linalg.norm(right - left) ** 2
    turn = np.array([along, (-along[1], along[0])])
    return {point: turn @ (place - (left + right) / 2) for point, place in face.items()}


def between(first: int, second: int) -> Callable[[Points], float]:
    return lambda face: float(np.linalg.norm(face[first] - face[second]))


def below(*points: int) -> Callable[[Points], float]:
    return lambda face: float(np.mean([face[point][1] for point in points]))


PROPORTIONS: dict[str, Callable[[Points], float]] = {
    "length of the eyes": lambda face: (between(36, 39)(face) + between(42, 45)(face)) / 2,
    "between the inner corners of the eyes": between(39, 42),
    "outer ends of the brows over the eyes": lambda face: -below(17, 26)(face),
    "inner ends of the brows over the eyes": lambda face: -below(21, 22)(face),
    "base of the nose below the eyes": below(33),
    "mouth below the eyes": below(48, 54),
    "width of the mouth": between(48, 54),
    "height of the lips": between(51, 57),
    "chin below the eyes": below(8),
}
