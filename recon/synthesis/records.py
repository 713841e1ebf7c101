"""One rendered sample: RGB with the camera's flaws, labels exact at pixel centres and snapped to the storage grid."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch import Tensor

from recon.faces.model import NASION, REGIONS, FaceModel
from recon.faces.variation import varied
from recon.geometry.occlusion import ambient_occlusion, lit, softly_lit
from recon.geometry.rasterize import rasterize_layers
from recon.geometry.surfaces import vertex_normals
from recon.people.hair.hair_paint import paint_under
from recon.people.mouth.paint import Teeth, teeth_of
from recon.people.skin.relief import relief_of
from recon.people.skin.wrinkles import Furrows, creases, furrows_of, skin_gloss
from recon.people.template import Slow, Template, hair_lift, slow_values, template_of
from recon.people.wardrobe import parts_of
from recon.render.eye_shading import EyeSockets, eye_pair, eye_sockets
from recon.render.labels import label_maps
from recon.render.mouth_shading import mouth_look
from recon.render.portrait import head_light
from recon.render.scenery import panes_of, scenery_of
from recon.render.shading import colour_occlusion
from recon.render.skin_light import relief_maps
from recon.synthesis.backdrop import draw_backdrop
from recon.synthesis.background import draw_background
from recon.synthesis.quantize import snap_mm, snap_signed, snap_unit
from recon.synthesis.response import degrade, develop, metered
from recon.synthesis.scene import Scene

SUPERSAMPLING = 2
SHADOW_BIAS_MM, SHADOW_MAP_PX = 3.0, 256
VISIBLE_WITHIN_MM = 2.0
NO_BROW_MM = 20.0


@dataclass(frozen=True)
class Record:
    """One sample; maps are (S, S, ...), places in mm are in the camera frame minus `origin_mm`.

    Attributes:
        seed, index: where it was drawn from. model: the face model's name.
        rgb: (S, S, 3) uint8.
        mask: (S, S) bool, visible pixels of the one face region.
        region: (S, S) uint8, index into `recon.faces.model.REGIONS`.
        position_mm: (S, S, 3) float32, NaN where nothing was rendered; the whole head and bust, not only the face.
        normals: (S, S, 3) float32 unit, camera frame, NaN where nothing was rendered.
        fine_normals: the same of the skin's relief: pores, wrinkles and folds; as `normals` where there is none.
        correspondence: (S, S, 3) float32 in [0, 1], NaN outside the mask.
        uv: (S, S, 2) float32 in [0, 1], NaN outside the mask.
        amodal_mask: (S, S) bool, what `mask` would be without hair, glasses and other parts over the face.
        amodal_position_mm, amodal_correspondence: (S, S, 3) float32, of the face itself, NaN outside that mask.
        landmarks_px: (68, 2) float32; landmarks_mm: (68, 3) float32; landmarks_visible: (68,) bool.
        vertices_mm: (n, 3) float32.
        identity: (k,) float32; expression: (e,) float32.
        rotation: (3, 3), translation_mm: (3,) float32: camera-frame place = rotation @ model place + translation.
        focal_px: float; centre_px: (2,) float32: the camera.
        origin_mm: (3,) float32, camera-frame place of the nasion (landmark 27).
        scene: JSON of everything else that was drawn.
    """

    seed: int
    index: int
    model: str
    rgb: np.ndarray
    mask: np.ndarray
    region: np.ndarray
    position_mm: np.ndarray
    normals: np.ndarray
    fine_normals: np.ndarray
    correspondence: np.ndarray
    uv: np.ndarray
    amodal_mask: np.ndarray
    amodal_position_mm: np.ndarray
    amodal_correspondence: np.ndarray
    landmarks_px: np.ndarray
    landmarks_mm: np.ndarray
    landmarks_visible: np.ndarray
    vertices_mm: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    rotation: np.ndarray
    translation_mm: np.ndarray
    focal_px: float
    centre_px: np.ndarray
    origin_mm: np.ndarray
    scene: str

    @property
    def depth_mm(self) -> np.ndarray:
        """(S, S) float32: the z of `position_mm`."""
        return self.position_mm[..., 2]


@dataclass(frozen=True)
class Prepared:
    """What is computed once for a face model: template of its paint, ambient occlusion of each colour at the vertices,
    directions of hair, places of eyes, teeth and furrows."""

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
    scalp = (model.region == REGIONS.index("scalp")) | (model.region == REGIONS.index("skin"))
    scalp |= model.region == REGIONS.index("neck")
    # The mean's mouth is closed: teeth and tongue would stay black when it opens.
    openness = ambient_occlusion(model.mean, model.triangles)
    openness[model.region == REGIONS.index("teeth")] = 0.55
    inside = model.region == REGIONS.index("mouth_inside")
    openness[inside] = openness[inside].clamp(min=0.12)
    outward = vertex_normals(model.mean, model.triangles)
    return Prepared(
        template,
        colour_occlusion(openness),
        outward,
        scalp,
        eye_sockets(model),
        teeth_of(model),
        furrows_of(model, template),
    )


def render_record(model: FaceModel, scene: Scene, size: int) -> Record:
    """Render a drawn scene at `size` pixels a side with all its labels."""
    ready = prepared(model)
    camera = scene.camera(size)
    identity, expression = torch.from_numpy(scene.identity), torch.from_numpy(scene.expression)
    shape = model.vertices(identity, expression)
    if scene.variation_seed is not None:
        shape = varied(shape, scene.variation_seed)
    if scene.appearance.hair_mm:
        lift = hair_lift(ready.template, scene.appearance) * ready.hairy
        shape = shape + lift[:, None] * ready.outward
    rotation = torch.from_numpy(scene.rotation)
    eyes_mm = eye_distance(model, shape)
    translation = torch.from_numpy(scene.translation_mm(eyes_mm, size))
    vertices = shape @ rotation.T + translation
    parts = parts_of(model, shape, scene.dress)
    scenery = scenery_of(model, vertices, parts, rotation, translation, scene.dress.hides)
    origin = vertices[model.landmarks[NASION]]

    points = camera.project_with_distance(scenery.vertices)
    bare, ids, fine = rasterize_layers(
        points, scenery.triangles, size, size, SUPERSAMPLING, scenery.head_triangles, scenery.labelled
    )
    key = torch.tensor(scene.lighting.directions[0])
    if scene.lighting.spreads:
        shadow_map = (scenery.triangles, key, SHADOW_MAP_PX, SHADOW_BIAS_MM)
        head = scenery.normals[: scenery.head_vertices]
        arriving = softly_lit(scenery.vertices, head, *shadow_map, scene.lighting.spreads[0])
    else:
        arriving = lit(scenery.vertices, scenery.triangles, key, SHADOW_MAP_PX, SHADOW_BIAS_MM)
    slow = slow_values(ready.template, scene.appearance)
    if scene.dress.hair or scene.dress.facial_hair:
        slow = paint_under(model, slow, scene.dress.hair, scene.dress.facial_hair)
    if scene.dress.brows:  # far from brows their field jumps to the other side: paint would follow where it crosses 0
        slow[slow[:, Slow.BROW_MM].abs() > NO_BROW_MM, Slow.BROW_ALONG] = -1
    if scene.dress.clothes:
        slow[:, Slow.CLOTHES] = 0
    places = scenery.vertices - origin
    maps = label_maps(model, scenery, ids, points, places)
    labels = snapped(maps)
    beneath = None
    if scenery.labelled > scenery.head_triangles:  # there are parts that hide
        beneath = label_maps(model, scenery, bare.where(bare != ids, -1), points, places)
    labels |= amodal(labels, beneath)
    labels["fine_normals"], heights, gloss = labels["normals"], None, None
    if scene.skin:
        pixel_mm = eyes_mm / (scene.eye_share * size)
        rows = creases(ready.furrows, slow, scene.skin, model.expression_names, expression, pixel_mm)
        relief = relief_of(scene.skin, scenery.vertices, ready.template.place_mm, rows, pixel_mm)
        heights, raised = relief_maps(maps["normals"], scenery, ids, points, relief)
        rough = np.flatnonzero(heights[..., 0].numpy())
        labels["fine_normals"] = labels["normals"].copy()
        labels["fine_normals"].reshape(-1, 3)[rough] = snap_signed(raised.numpy().reshape(-1, 3)[rough])
        gloss = skin_gloss(ready.furrows, scene.skin)
    light, cover = head_light(
        ids,
        fine,
        points,
        scenery,
        panes_of(parts, rotation, translation),
        slow,
        ready.occlusion,
        arriving,
        camera,
        scene.appearance,
        scene.lighting,
        eye_pair(ready.sockets, shape, expression, rotation, translation, scene.appearance, scene.eyes),
        mouth_look(model, ready.teeth, shape, rotation, translation, scene.appearance, scene.mouth),
        gloss,
        heights,
    )
    exposed = replace(scene, response=metered(scene.response, light.numpy()[labels["mask"]]))
    rgb = composite(light.numpy(), cover.numpy(), exposed, size)

    landmark_points = points[model.landmarks]
    visible = landmark_visibility(ids, points, scenery.triangles, landmark_points)
    drawn = {
        key: value
        for key, value in asdict(scene).items()
        if key not in ("identity", "expression", "rotation", "seed", "index")
    }
    return Record(
        seed=scene.seed,
        index=scene.index,
        model=model.name,
        rgb=rgb,
        **labels,
        landmarks_px=landmark_points[:, :2].numpy(),
        landmarks_mm=(vertices[model.landmarks] - origin).numpy(),
        landmarks_visible=visible,
        vertices_mm=snap_mm((vertices - origin).numpy()),
        identity=scene.identity,
        expression=scene.expression,
        rotation=scene.rotation,
        translation_mm=translation.numpy(),
        focal_px=float(camera.focal_px),
        centre_px=np.array(camera.centre_px, np.float32),
        origin_mm=origin.numpy(),
        scene=json.dumps(drawn, sort_keys=True),
    )


def eye_distance(model: FaceModel, shape: Tensor) -> float:
    """Distance in mm between the middles of the eye openings (landmarks 36 to 41 and 42 to 47)."""
    marks = shape[model.landmarks]
    return float((marks[42:48].mean(0) - marks[36:42].mean(0)).norm())


def snapped(maps: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """`label_maps` on the storage grid; see `Record` for shapes."""
    arrays = {name: values.numpy() for name, values in maps.items()}
    return arrays | {
        "position_mm": snap_mm(arrays["position_mm"]),
        "normals": snap_signed(arrays["normals"]),
        "correspondence": snap_unit(arrays["correspondence"]),
        "uv": snap_unit(arrays["uv"]),
    }


def amodal(seen: dict[str, np.ndarray], beneath: dict[str, Tensor] | None) -> dict[str, np.ndarray]:
    """The labels of the face itself: those `seen`, and of `label_maps` `beneath` what parts hide; None: nothing."""
    mask, correspondence = seen["mask"], seen["correspondence"]
    position = np.where(mask[..., None], seen["position_mm"], np.float32(np.nan))
    if beneath is not None:
        hidden = beneath["mask"].numpy()
        mask, correspondence = mask | hidden, correspondence.copy()
        position[hidden] = snap_mm(beneath["position_mm"].numpy()[hidden])
        correspondence[hidden] = snap_unit(beneath["correspondence"].numpy()[hidden])
    return {"amodal_mask": mask, "amodal_position_mm": position, "amodal_correspondence": correspondence}


def composite(light: np.ndarray, cover: np.ndarray, scene: Scene, size: int) -> np.ndarray:
    """Develop the head's light, lay it over the background, degrade: (S, S, 3) uint8."""
    environment = scene.lighting.environment
    if environment is not None and scene.backgrounds is None:  # one light for all: they mix before they are developed
        behind = draw_backdrop(environment, scene.fov_deg, size)
        return degrade(develop(behind + cv2.merge([cover] * 3) * (light - behind), scene.response), scene.response)
    shown = develop(light, scene.response)
    background = draw_background(np.random.default_rng(scene.background_seed), size, scene.backgrounds, scene.calm)
    return degrade(background + cv2.merge([cover] * 3) * (shown - background), scene.response)


def landmark_visibility(ids: Tensor, points: Tensor, triangles: Tensor, marks: Tensor) -> np.ndarray:
    """(68,) bool: inside the image and no more than 2 mm behind the surface seen at that pixel."""
    height, width = ids.shape
    column, row = marks[:, 0].floor().long(), marks[:, 1].floor().long()
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    seen = ids[row.clamp(0, height - 1), column.clamp(0, width - 1)].long()
    corner_distance = points[triangles[seen.clamp(min=0)].long()][..., 2]
    nearest = corner_distance.amax(1)
    return (inside & (seen >= 0) & (marks[:, 2] <= nearest + VISIBLE_WITHIN_MM)).numpy()
