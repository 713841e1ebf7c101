# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
"""The light of an eye: iris lit through the cornea, wet sclera under the lids' shadow, sharp reflections of lamps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import warp as wp
from torch import Tensor

from recon.faces.model import Eyeball, FaceModel, gaze_rotation
from recon.faces.openings import KNOTS, lid_edges, resampled, within
from recon.people.appearance import Appearance
from recon.people.eyes.paint import PINK, Eyes, Iris, cornea_normal, iris_colour, sclera_colour, seen_on_iris
from recon.people.noise import noise_at
from recon.render.shading import Lights, sky_irradiance

F0 = wp.constant(0.025)  # of the cornea's film of tears
LID_MM = wp.constant(1.6)  # thickness of the upper lid with its lashes, which shades the eyeball under it
LASHES_MM = wp.constant(1.7)  # under the upper lid, what lashes and the lid's rim darken in a photo
EDGES = wp.constant(2 + 2 * KNOTS)  # numbers of one eye's lids
PIMPLES_MM = wp.constant(wp.vec3(0.9, 0.9, 0.9))

wp.set_module_options({"enable_backward": False})


@wp.struct
class EyePair:
    """Both eyes as posed, and how they are painted; `on` 0: eyes are shaded as any surface.

    centres: camera frame, mm, right eye first. frames: rows are toward the nose, up, optical axis, camera frame.
    head: rows are the head's axes. lids: two `resampled` openings, in radii of the eyeball, x
    toward the model's left. melanin: of the skin about. radius: of the eyeballs, mm. The rest: see `Eyes`.
    """

    on: int
    centres: wp.array(dtype=wp.vec3)
    frames: wp.array(dtype=wp.mat33)
    head: wp.mat33
    lids: wp.array(dtype=wp.float32)
    radius: float
    melanin: float
    sclera: float
    iris: Iris
    veins: float
    redness: float
    wet: float
    lamp: float
    squareness: float
    lash_line: float
    window: wp.vec3
    window_gain: float
    offset: wp.vec3


@wp.func
def shade_eye(
    eyes: EyePair, point: wp.vec3, view: wp.vec3, arriving: float, light: Lights, noise: wp.array(dtype=wp.vec2)
) -> wp.vec3:
    """Linear radiance of a point (camera frame, mm) of an eyeball; arriving: share of the first light."""
    k = wp.where(wp.length_sq(point - eyes.centres[0]) < wp.length_sq(point - eyes.centres[1]), 0, 1)
    outward = wp.normalize(point - eyes.centres[k])
    frame = eyes.frames[k]
    place, toward_us = frame * outward, frame * view
    ahead = eyes.head * outward
    gap = within(eyes.lids, k * EDGES, ahead[0], ahead[1]) * eyes.radius
    under, over = wp.max(gap[0], 0.0), wp.max(gap[1], 0.0)
    inner = wp.where(k == 0, eyes.lids[1] - ahead[0], ahead[0] - eyes.lids[EDGES]) * eyes.radius

    half = eyes.iris.half
    bulge = cornea_normal(place, half)
    angle = wp.acos(wp.clamp(place[2], -1.0, 1.0))
    coloured = wp.smoothstep(1.07 * half, 0.95 * half, angle)
    offset = eyes.offset + wp.vec3(11.0, 5.0, 23.0) * float(k)
    albedo, lit_normal = wp.vec3(), outward
    if coloured < 1.0:
        albedo = sclera_colour(eyes.sclera, eyes.veins, eyes.redness, place, half, offset, noise)
    if coloured > 0.0:
        seen = seen_on_iris(place, bulge, toward_us, half)
        albedo = wp.lerp(albedo, iris_colour(eyes.iris, seen, offset, noise), coloured)
        # The iris is a shallow bowl: what lies away from the light faces it.
        bowl = wp.transpose(frame) * wp.vec3(-0.5 * seen[0], -0.5 * seen[1], 1.0)
        lit_normal = wp.normalize(wp.lerp(outward, wp.normalize(bowl), coloured))

    # The pink corner by the nose, and the lower lid's wet rim.
    flesh = wp.smoothstep(3.0, 1.8, inner + 0.05 * (under - over) * (under - over))
    film = wp.smoothstep(1.1, 0.2, over)
    grain = wp.vec2(0.0, 0.0)
    if flesh > 0.0:
        grain = noise_at(outward * eyes.radius, PIMPLES_MM, offset, noise)
    pink = PINK * (wp.exp(-0.3 * eyes.melanin) * (1.0 + 0.15 * grain[0]))
    albedo = wp.lerp(albedo, pink, wp.max(flesh, 0.45 * wp.smoothstep(0.7, 0.1, over)))
    outside = wp.smoothstep(0.4, 1.2, -wp.min(gap[0], gap[1]))  # where an eyeball pokes through its lids
    albedo = wp.lerp(albedo, pink, outside)
    albedo = albedo * (1.0 - eyes.lash_line * wp.smoothstep(LASHES_MM, 0.3, under))
    up = wp.vec3(eyes.head[1, 0], eyes.head[1, 1], eyes.head[1, 2])
    normal = wp.transpose(frame) * bulge
    normal = wp.normalize(normal + (0.9 * film) * up + 0.25 * flesh * wp.vec3(grain[0], grain[1], 0.0))

    open_sky = (1.0 - 0.8 * wp.exp(-under / 2.2)) * (1.0 - 0.35 * wp.exp(-over / 1.0))
    diffuse = sky_irradiance(light, lit_normal) * (0.85 * wp.max(open_sky, 0.7 * outside))
    facing = wp.max(wp.dot(normal, view), 0.0)
    grazing = 1.0 - facing
    fresnel = F0 + 0.6 * grazing * grazing * grazing * grazing * grazing
    mirrored = 2.0 * facing * normal - view
    # Brows and lashes hide the sky overhead; near the lids a reflection shows them.
    shaded = 1.0 - 0.8 * wp.smoothstep(0.65, 0.95, wp.dot(mirrored, up))
    lids = wp.smoothstep(0.0, 1.2, under)
    soft = wp.smoothstep(0.93, 0.985, wp.dot(mirrored, eyes.window))
    reflected = (sky_irradiance(light, mirrored) * 0.45 + light.sky * (eyes.window_gain * soft)) * (shaded * lids)
    for i in range(light.directions.shape[0]):
        toward = light.directions[i]
        strength = wp.where(i == 0, arriving, 1.0) * light.colours[i]
        shadow = LID_MM * wp.max(wp.dot(up, toward), 0.0) / wp.max(wp.dot(outward, toward), 0.25)
        strength = strength * wp.smoothstep(shadow - 1.0, shadow + 1.2, under)
        diffuse += strength * wp.max((wp.dot(lit_normal, toward) + 0.15) / 1.15, 0.0)
        across = wp.normalize(wp.cross(wp.vec3(0.0, 1.0, 0.001), toward))
        a, b = wp.abs(wp.dot(mirrored, across)), wp.abs(wp.dot(mirrored, wp.cross(toward, across)))
        if wp.dot(mirrored, toward) > 0.5:
            off = wp.lerp(wp.sqrt(a * a + b * b), 1.1 * wp.max(a, b), eyes.squareness)
            lamp = wp.smoothstep(eyes.lamp + 0.02, eyes.lamp - 0.02, off)
            reflected += strength * (lamp / (eyes.lamp * eyes.lamp))
    reflected = reflected * (1.0 + film * eyes.wet)
    return wp.cw_mul(albedo, diffuse) + fresnel * reflected


@dataclass(frozen=True)
class EyeSockets:
    """What is fixed of a model's eyes, the right one first; empty where it has no eyeballs that turn.

    Attributes:
        eyes: its eyeballs. middles: (3,) mm from the mean of an eyeball's vertices to its centre. lids: vertex ids
            along the upper and the lower lid, see `lid_edges`. radius_mm: of the eyeballs.
    """

    eyes: tuple[Eyeball, ...]
    middles: tuple[np.ndarray, ...]
    lids: tuple[tuple[np.ndarray, np.ndarray], ...]
    radius_mm: float


def eye_sockets(model: FaceModel) -> EyeSockets:
    eyes = tuple(sorted(model.eyeballs, key=lambda eye: eye.outward))
    balls = [model.mean[eye.vertices] for eye in eyes]
    middles = tuple(((ball.amax(0) + ball.amin(0)) / 2 - ball.mean(0)).numpy() for ball in balls)
    radii = [
        (ball - ball.mean(0) - middle).norm(dim=1).median()
        for ball, middle in zip(balls, map(torch.from_numpy, middles), strict=True)
    ]
    lids = tuple(lid_edges(model, side) for side in range(len(eyes)))
    return EyeSockets(eyes, middles, lids, float(sum(radii) / max(len(radii), 1)))


def eye_pair(
    sockets: EyeSockets,
    shape: Tensor,
    expression: Tensor,
    rotation: Tensor,
    translation: Tensor,
    appearance: Appearance,
    eyes: Eyes | None,
) -> EyePair:
    """Pose a head's eyes; shape: (n, 3) mm in the head's frame; rotation, translation: to the camera's."""
    pair = EyePair()
    if eyes is None or not sockets.eyes:
        return pair
    centres, frames, openings = [], [], []
    turned, moved = rotation.numpy(), translation.numpy()
    places = shape.numpy()
    for eye, offset, lids in zip(sockets.eyes, sockets.middles, sockets.lids, strict=True):
        turn = gaze_rotation(eye, expression).numpy()
        centre = shape[eye.vertices].mean(0).numpy() + turn @ offset
        centres.append(turned @ centre + moved)
        frames.append(turn.T * np.array([[-eye.outward], [1.0], [1.0]]) @ turned.T)
        rays = [places[ids] - centre for ids in lids]
        openings.append(resampled(*(ray[:, :2] / np.linalg.norm(ray, axis=1, keepdims=True) for ray in rays)))
    device = str(shape.device)
    pair.on = 1
    pair.centres = wp.array(np.array(centres, np.float32), dtype=wp.vec3, device=device)
    pair.frames = wp.array(np.array(frames, np.float32), dtype=wp.mat33, device=device)
    pair.head = wp.mat33(*rotation.T.flatten().tolist())
    pair.lids = wp.from_numpy(np.concatenate(openings), dtype=wp.float32, device=device)
    pair.radius = sockets.radius_mm
    pair.melanin, pair.sclera = appearance.melanin, appearance.sclera
    for name in ("veins", "redness", "wet", "squareness", "lash_line"):
        setattr(pair, name, getattr(eyes, name))
    pair.lamp = math.sin(math.radians(eyes.lamp_deg))
    yaw, pitch = math.radians(eyes.window_yaw_deg), math.radians(eyes.window_pitch_deg)
    pair.window = wp.vec3(math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch))
    pair.window_gain = eyes.window
    pair.offset = wp.vec3(*eyes.offset)
    iris = Iris()
    iris.colour = wp.vec3(*appearance.iris)
    iris.half, iris.pupil = math.radians(appearance.iris_half_deg), math.radians(appearance.pupil_half_deg)
    for name in ("fibres", "inner", "collarette", "limbal"):
        setattr(iris, name, getattr(eyes, name))
    pair.iris = iris
    return pair
