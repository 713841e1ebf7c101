"""A drawn head: its shape placed before the camera, and the values that its paint varies with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from recon.faces.model import NASION, REGIONS, FaceModel
from recon.faces.variation import varied
from recon.geometry.occlusion import ambient_occlusion
from recon.geometry.surfaces import vertex_normals
from recon.people.hair.paint import paint_under
from recon.people.mouth.teeth import Teeth, teeth_of
from recon.people.skin.furrows import Furrows, furrows_of
from recon.people.skin.texture import evened, places_on
from recon.people.template import Slow, Template, hair_lift, slow_values, template_of
from recon.render.eye_shading import EyeSockets, eye_sockets
from recon.render.shading import colour_occlusion
from recon.synthesis.scene import Scene

NO_BROW_MM = 20.0
# The mean's mouth is closed: teeth and tongue would stay black when it opens.
TEETH_OPENNESS, MOUTH_OPENNESS = 0.55, 0.12


@dataclass(frozen=True)
class Prepared:
    """What is computed once for a face model of n vertices.

    Attributes:
        template: of its paint. occlusion: (n, 3) float32, ambient light of each colour that arrives, 0 to 1.
        outward: (n, 3) float32 unit, the mean's normals. hairy: (n,) bool, where painted hair lifts the surface.
        sockets, teeth, furrows: places of eyes, teeth and furrows.
    """

    template: Template
    occlusion: Tensor
    outward: Tensor
    hairy: Tensor
    sockets: EyeSockets
    teeth: Teeth
    furrows: Furrows


@lru_cache(maxsize=4)
def prepared(model: FaceModel) -> Prepared:
    template = template_of(model)
    openness = ambient_occlusion(model.mean, model.triangles)
    openness[model.region == REGIONS.index("teeth")] = TEETH_OPENNESS
    inside = model.region == REGIONS.index("mouth_inside")
    openness[inside] = openness[inside].clamp(min=MOUTH_OPENNESS)
    return Prepared(
        template=template,
        occlusion=colour_occlusion(openness),
        outward=vertex_normals(model.mean, model.triangles),
        hairy=torch.isin(model.region, torch.tensor([REGIONS.index(name) for name in ("scalp", "skin", "neck")])),
        sockets=eye_sockets(model),
        teeth=teeth_of(model),
        furrows=furrows_of(model, template),
    )


@dataclass(frozen=True)
class Head:
    """A drawn head in its place; n vertices.

    Attributes:
        expression: (e,) float32. shape: (n, 3) float32 mm, in the head's own frame. vertices: the same, camera frame.
        rotation: (3, 3), translation: (3,) float32: vertices = shape @ rotation.T + translation.
        origin: (3,) camera-frame place of the nasion. pixel_mm: size of a pixel on the face.
    """

    expression: Tensor
    shape: Tensor
    vertices: Tensor
    rotation: Tensor
    translation: Tensor
    origin: Tensor
    pixel_mm: float

    @property
    def pose(self) -> tuple[Tensor, Tensor]:
        """Rotation and translation."""
        return self.rotation, self.translation


def placed_head(model: FaceModel, scene: Scene, size: int) -> Head:
    """The head of a scene as an image of `size` pixels a side frames it."""
    identity, expression = torch.from_numpy(scene.identity), torch.from_numpy(scene.expression)
    shape = model.vertices(identity, expression)
    if scene.variation_seed is not None:
        shape = varied(shape, scene.variation_seed)
    if scene.appearance.hair_mm:
        ready = prepared(model)
        lift = hair_lift(ready.template, scene.appearance) * ready.hairy
        shape = shape + lift[:, None] * ready.outward
    eyes_mm = eye_distance(model, shape)
    rotation = torch.from_numpy(scene.rotation)
    translation = torch.from_numpy(scene.translation_mm(eyes_mm, size))
    vertices = shape @ rotation.T + translation
    origin, pixel_mm = vertices[model.landmarks[NASION]], eyes_mm / (scene.eye_share * size)
    return Head(expression, shape, vertices, rotation, translation, origin, pixel_mm)


def eye_distance(model: FaceModel, shape: Tensor) -> float:
    """Distance in mm between the middles of the eye openings (landmarks 36 to 41 and 42 to 47)."""
    marks = shape[model.landmarks]
    return float((marks[42:48].mean(0) - marks[36:42].mean(0)).norm())


def paint_values(model: FaceModel, scene: Scene) -> Tensor:
    """(n, len(Slow)) `slow_values` of a scene's person, with what strands and clothes need beneath them."""
    dress, template = scene.dress, prepared(model).template
    slow = slow_values(template, scene.appearance)
    if scene.skin_texture is not None:
        slow = evened(template, scene.appearance, slow, places_on(model, scene.skin_texture.file))
    if dress.hair or dress.facial_hair:
        slow = paint_under(model, slow, dress.hair, dress.facial_hair)
    if dress.brows:  # far from brows their field jumps to the other side: paint would follow where it crosses 0
        slow[slow[:, Slow.BROW_MM].abs() > NO_BROW_MM, Slow.BROW_ALONG] = -1
    if dress.clothes:
        slow[:, Slow.CLOTHES] = 0
    return slow
