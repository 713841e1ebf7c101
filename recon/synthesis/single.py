"""One scene by itself: a person, a pose, a light, drawn from (seed, index) alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recon.faces.model import FaceModel
from recon.geometry.cameras import Camera
from recon.people.appearance import Appearance, draw_appearance
from recon.people.eyes.paint import Eyes, draw_eyes
from recon.people.mouth.paint import Mouth, draw_mouth
from recon.people.skin.texture import SkinTexture, draw_texture
from recon.people.skin.wrinkles import Skin, draw_skin
from recon.people.wardrobe import Dress, draw_dress, painted_under
from recon.render.lighting import Lighting, draw_even_lighting, draw_lighting
from recon.render.surroundings import draw_surroundings
from recon.synthesis.config import SceneConfig
from recon.synthesis.expressions import draw_expression, extreme, grinning
from recon.synthesis.on_canvas_scene import CANVAS, seat_of
from recon.synthesis.pose import head_rotation
from recon.synthesis.response import Response, draw_response

IDENTITY_LIMIT = 2.2
TEXTURE = 12  # a random stream's name, beside those below
DRESS, SKIN, EYES, MOUTH, ENVIRONMENT, VARIATION, GRIN, METER, EXTREME = range(1, 10)  # the random streams' names


@dataclass(frozen=True)
class Scene:
    """Everything that decides one record, but for its size in pixels.

    Attributes:
        seed, index: where it was drawn from. person, shot: whose picture it is, and which of theirs.
        identity: (k,) float32; expression: (e,) float32; rotation: (3, 3) float32, head to camera.
        yaw_deg, pitch_deg, roll_deg: what `rotation` was made of (roll first, then pitch, then yaw).
        fov_deg: field of view. eye_share, eye_u, eye_v: framing, shares of the side.
        appearance, dress, skin, lighting, response: see their rooms; skin None: smooth.
        background_seed, backgrounds, calm: for the background.
        eyes, mouth: None for plain ones.
        variation_seed: of the field that varies the shape; None without.
        canvases, canvas: the folder of canvases and the name in it of the one that the face is drawn on; None: on none.
        skin_texture: of photos' skin; None: painted.
    """

    seed: int
    index: int
    identity: np.ndarray
    expression: np.ndarray
    rotation: np.ndarray
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    fov_deg: float
    eye_share: float
    eye_u: float
    eye_v: float
    appearance: Appearance
    dress: Dress
    skin: Skin | None
    lighting: Lighting
    response: Response
    background_seed: int
    backgrounds: str | None
    calm: float
    eyes: Eyes | None = None
    mouth: Mouth | None = None
    variation_seed: int | None = None
    skin_texture: SkinTexture | None = None
    person: int = 0
    shot: int = 0
    canvases: str | None = None
    canvas: str | None = None

    def camera(self, size: int) -> Camera:
        return Camera.from_fov(self.fov_deg, size)

    def translation_mm(self, eye_distance_mm: float, size: int) -> np.ndarray:
        """(3,) float32 camera-frame place of the model's origin (between the eyes) that gives the drawn framing."""
        camera = self.camera(size)
        distance = camera.focal_px * eye_distance_mm / (self.eye_share * size)
        u, v = self.eye_u * size - camera.centre_px[0], self.eye_v * size - camera.centre_px[1]
        return np.array([u, -v, -camera.focal_px], np.float32) * np.float32(distance / camera.focal_px)


def draw_single(model: FaceModel, seed: int, index: int, config: SceneConfig) -> Scene:
    """Scene `index` of `seed`, of a person who is seen once and whom no balance asks for."""
    rng = np.random.default_rng([seed, index])
    identity = np.clip(rng.standard_normal(len(model.identity_basis)), -IDENTITY_LIMIT, IDENTITY_LIMIT)
    turn = np.clip(rng.normal(0, config.yaw_max_deg / 2), -config.yaw_max_deg, config.yaw_max_deg)
    yaw = float(np.clip(config.yaw_mean_deg + turn, -90, 90))
    nod, most = rng.normal(config.pitch_mean_deg, config.pitch_sd_deg), config.pitch_max_deg
    pitch = float(np.clip(nod, -most, most))
    roll = float(np.clip(rng.normal(0, config.roll_sd_deg), -20, 20))
    jitter = config.framing_jitter
    place_jitter = jitter / 2 if config.place_jitter is None else config.place_jitter
    drawn = Scene(
        seed=seed,
        index=index,
        identity=identity.astype(np.float32),
        expression=draw_expression(model, rng, config.smile, config.open_mouth),
        rotation=head_rotation(yaw, pitch, roll),
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        fov_deg=float(rng.uniform(config.fov_min_deg, config.fov_max_deg)),
        eye_share=float(config.eye_share * np.exp(rng.normal(0, jitter))),
        eye_u=float(0.5 + rng.normal(0, place_jitter)),
        eye_v=float(config.eye_level + rng.normal(0, place_jitter)),
        appearance=draw_appearance(rng, config.melanin_scale, config.melanin_power),
        dress=Dress(),
        skin=None,
        lighting=draw_lighting(rng, config.key),
        response=draw_response(rng, config.exposure, config.exposure_sd, config.contrast),
        background_seed=int(rng.integers(2**31)),
        backgrounds=config.backgrounds,
        calm=config.calm,
    )
    # From generators of its own: with everything off, scenes are what they were before there was any.
    dress = draw_dress((seed, index, DRESS), config.dress, drawn.appearance)
    parts = (SKIN, EYES, MOUTH, ENVIRONMENT, VARIATION, GRIN, METER, EXTREME)
    skin, eyes, mouth, light, shape, grin, meter, far = (np.random.default_rng([seed, index, part]) for part in parts)
    lighting = drawn.lighting
    if light.random() < config.environment:
        lighting = draw_surroundings(light, config.key, config.calm)
    elif light.random() < config.even:
        lighting = draw_even_lighting(light)
    expression = grinning(model, drawn.expression, grin) if grin.random() < config.grin else drawn.expression
    scene = replace(
        drawn,
        expression=extreme(model, expression, far) if far.random() < config.extreme else expression,
        appearance=painted_under(drawn.appearance, dress),
        dress=dress,
        skin=draw_skin(skin) if skin.random() < config.skin else None,
        eyes=draw_eyes(eyes) if eyes.random() < config.eyes else None,
        mouth=draw_mouth(mouth) if mouth.random() < config.mouth else None,
        lighting=lighting,
        response=replace(drawn.response, meters=bool(meter.random() < config.metered)),
        variation_seed=int(shape.integers(2**31)) if shape.random() < config.variation else None,
        skin_texture=draw_texture(config.skin_texture, (seed, index, TEXTURE)),
        person=index,
    )
    if config.canvas.folder is None:
        return scene
    rng = np.random.default_rng([seed, index, CANVAS])
    person = scene.identity, scene.expression, scene.appearance, scene.dress, scene.eyes, scene.skin
    return replace(scene, **seat_of(model, rng, config.canvas, *person))
