"""A drawn scene to one rendered sample: head placed, dressed, seen, labelled, lit, photographed."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import cv2
import numpy as np
import torch
from torch import Tensor

from recon.faces.model import FaceModel
from recon.geometry.occlusion import lit, softly_lit
from recon.people.skin.furrows import creases, skin_gloss
from recon.people.skin.relief import relief_of
from recon.people.skin.texture import laid_texture
from recon.people.skin.wrinkles import Skin
from recon.people.wardrobe import parts_of
from recon.render.config import Renderer
from recon.render.eye_shading import eye_pair
from recon.render.labels import label_maps
from recon.render.lighting import Lighting
from recon.render.mouth_shading import mouth_look
from recon.render.portrait import Portrait, head_light
from recon.render.scenery import Scenery, Seen, panes_of, scenery_of, seen_by
from recon.render.second import second_light
from recon.render.skin_light import SkinSeen, relief_maps
from recon.synthesis.backdrop import draw_backdrop
from recon.synthesis.background import draw_background
from recon.synthesis.head import Head, paint_values, placed_head, prepared
from recon.synthesis.labels import landmark_labels, map_labels
from recon.synthesis.on_canvas import DEEPER, on_canvas
from recon.synthesis.quantize import snap_places
from recon.synthesis.record import Record
from recon.synthesis.response import degrade, develop, metered
from recon.synthesis.scene import Scene

RENDERER_VERSION = 6  # rises whenever the same scene gives another record, so that stored ones are not taken for new
SUPERSAMPLING, FINE_SUPERSAMPLING = 2, 4  # along a pixel; the finer where a photo's camera is to be met
SHADOW_BIAS_MM, SHADOW_MAP_PX = 3.0, 256
APART = ("identity", "expression", "rotation", "seed", "index", "person", "shot")  # of a scene, what a row holds apart


def render_record(model: FaceModel, scene: Scene, size: int, renderer: Renderer = "own") -> Record:
    """Render a drawn scene at `size` pixels a side with all its labels; `renderer` draws `rgb` alone."""
    ready = prepared(model)
    head = placed_head(model, scene, size)
    parts = parts_of(model, head.shape, scene.dress)
    scenery = scenery_of(model, head.vertices, parts, *head.pose, scene.dress.hides)
    panes = panes_of(parts, *head.pose)
    seen = seen_by(scene.camera(size), scenery, SUPERSAMPLING if scene.canvas is None else FINE_SUPERSAMPLING)

    places = scenery.vertices - head.origin
    maps = label_maps(model, scenery, seen.labelled, seen.points_px, places)
    hidden = hidden_maps(model, scenery, seen, places)
    slow = paint_values(model, scene)
    skin = None if scene.skin is None else skin_seen(model, scene.skin, head, slow, scenery, seen, maps["normals"])
    labels = map_labels(maps, hidden, skin) | landmark_labels(model, scenery, seen, places)

    portrait = Portrait(
        scenery=scenery,
        seen=seen,
        panes=panes,
        lighting=scene.lighting,
        arriving=first_lamp(scenery, scene.lighting),
        appearance=scene.appearance,
        slow=slow,
        occlusion=ready.occlusion if scene.canvas is None else ready.occlusion**DEEPER,
        eyes=eye_pair(ready.sockets, head.shape, head.expression, *head.pose, scene.appearance, scene.eyes),
        mouth=mouth_look(model, ready.teeth, head.shape, *head.pose, scene.appearance, scene.mouth),
        skin=skin,
        texture=None if scene.skin_texture is None else laid_texture(model, scene.skin_texture),
    )
    light, cover = head_light(portrait) if renderer == "own" else second_light(portrait)
    if scene.canvas is None:
        rgb = photographed(light.numpy(), cover.numpy(), labels["mask"], scene)
    else:
        rgb, labels = on_canvas(scene, light.numpy(), labels)
    return Record(
        seed=scene.seed,
        index=scene.index,
        model=model.name,
        rgb=rgb,
        **labels,
        vertices_mm=snap_places(places[: scenery.head_vertices].numpy()),
        identity=scene.identity,
        expression=scene.expression,
        rotation=scene.rotation,
        translation_mm=head.translation.numpy(),
        focal_px=float(seen.camera.focal_px),
        centre_px=np.array(seen.camera.centre_px, np.float32),
        origin_mm=head.origin.numpy(),
        scene=drawn_json(scene),
    )


def hidden_maps(model: FaceModel, scenery: Scenery, seen: Seen, places: Tensor) -> dict[str, Tensor] | None:
    """`label_maps` of the head where parts hide it from the labels, empty elsewhere; None where no parts do."""
    if scenery.labelled == scenery.head_triangles:
        return None
    ids = seen.head.where(seen.head != seen.labelled, -1)
    return label_maps(model, scenery, ids, seen.points_px, places)


def skin_seen(
    model: FaceModel, skin: Skin, head: Head, slow: Tensor, scenery: Scenery, seen: Seen, normals: Tensor
) -> SkinSeen:
    """Skin up close at pixel centres; slow: from `paint_values`; normals: (S, S, 3) of `label_maps`."""
    ready = prepared(model)
    rows = creases(ready.furrows, slow, skin, model.activations(head.expression), head.pixel_mm)
    relief = relief_of(skin, head.vertices, ready.template.place_mm, rows, head.pixel_mm)
    heights, raised = relief_maps(normals, scenery, seen, relief)
    return SkinSeen(skin_gloss(ready.furrows, skin), heights, raised)


def first_lamp(scenery: Scenery, lighting: Lighting) -> Tensor:
    """(n,) float32 share of the first directional light that arrives at each vertex past what shadows it."""
    toward = torch.tensor(lighting.directions[0])
    if not lighting.spreads:
        return lit(scenery.vertices, scenery.triangles, toward, SHADOW_MAP_PX, SHADOW_BIAS_MM)
    normals = scenery.normals[: scenery.head_vertices]
    shadow_map = scenery.triangles, toward, SHADOW_MAP_PX, SHADOW_BIAS_MM
    return softly_lit(scenery.vertices, normals, *shadow_map, lighting.spreads[0])


def photographed(light: np.ndarray, cover: np.ndarray, face: np.ndarray, scene: Scene) -> np.ndarray:
    """(S, S, 3) uint8 of the scene's camera: light (S, S, 3) and cover (S, S) of the head; it meters `face` (S, S)."""
    return composite(light, cover, replace(scene, response=metered(scene.response, light[face])))


def composite(light: np.ndarray, cover: np.ndarray, scene: Scene) -> np.ndarray:
    """Develop the head's light, lay it over the background, degrade: (S, S, 3) uint8."""
    size, environment = len(light), scene.lighting.environment
    if environment is not None and scene.backgrounds is None:  # one light for all: they mix before they are developed
        behind = draw_backdrop(environment, scene.fov_deg, size)
        return degrade(develop(behind + cv2.merge([cover] * 3) * (light - behind), scene.response), scene.response)
    shown = develop(light, scene.response)
    background = draw_background(np.random.default_rng(scene.background_seed), size, scene.backgrounds, scene.calm)
    return degrade(background + cv2.merge([cover] * 3) * (shown - background), scene.response)


def drawn_json(scene: Scene) -> str:
    """What was drawn, but for what a record holds in fields of its own, and what only some scenes have."""
    drawn = {name: value for name, value in asdict(scene).items() if name not in APART}
    if scene.canvas is None:
        drawn = {name: value for name, value in drawn.items() if name not in ("canvas", "canvases")}
        drawn["lighting"].pop("irradiance")
    if scene.skin_texture is None:
        drawn.pop("skin_texture")
    return json.dumps(drawn, sort_keys=True)
