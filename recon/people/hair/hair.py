# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
"""Hair on the scalp: strands that follow a style over the mean head, kept outside it and carried to the drawn one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import warp as wp
from torch import Tensor

from recon.faces.model import REGIONS, FaceModel
from recon.geometry.launch import launch
from recon.people.hair.hair_style import HairStyle
from recon.people.hair.head_field import SKULL_CENTRE, HeadField, distance_at, head_field, move_at, see
from recon.people.hair.short_strands import draw_widths, strand_colours
from recon.people.hair.strands import Roots, even_roots, ribbons
from recon.people.noise import solid_noise
from recon.people.part import Part
from recon.people.template import smoothstep, template_of

ROOTS = 4600  # on all the scalp and below the hairline, as far as it may be drawn
LOCKS = 420
SEGMENTS = 20_000  # of all strands together; where roots would need more, some stay bare
STRAY_SHARE = 0.4  # breadth of a stray hair beside that of a lock
BELOW_MM = -14.0  # roots lie this far under the mean hairline
# The mean hairline: heights in mm over the eyes by azimuth from the front: forehead, temple, sideburn, ear, nape.
AZIMUTH = (0.0, 0.35, 0.65, 0.85, 1.0, 1.12, 1.25, 1.35, 1.5, 1.8, 2.2, 3.15)
HAIRLINE_MM = (65.0, 66.5, 64.0, 52.0, 31.0, 14.0, -4.0, -24.0, -30.0, -40.0, -70.0, -80.0)
WHORL = wp.constant(wp.vec3(0.12, 0.72, -0.68))  # direction of the crown from the middle of the skull
EYES_TO_CENTRE = wp.constant(20.0)

wp.set_module_options({"enable_backward": False})


@wp.struct
class Comb:
    """What the kernel reads of a `HairStyle`, under the same names."""

    length: float
    side_length: float
    volume: float
    side_volume: float
    quiff: float
    stand: float
    lie: float
    part: float
    parted: float
    forward: float
    away: float
    fringe: float
    hang: float
    curtain: float
    flare: float
    tuck: float
    over_ears: float
    tie: wp.vec2
    curl: float
    curl_wave: float
    frizz: float
    clumping: float


def hair_part(model: FaceModel, vertices: Tensor, style: HairStyle, seed: int) -> Part | None:
    """Hair on a drawn head.

    Args:
        model: any face model.
        vertices: (n, 3) float32 mm, the drawn head in its own frame.
        style: see `HairStyle`.
        seed: decides the strands; the same arguments give the same part.

    Returns:
        The part, or None where no root carries a strand.
    """
    rng = np.random.default_rng(seed)
    roots, places = scalp_roots(model)
    cover = scalp_cover(places, style, tuple(rng.uniform(0, 47, 3)))
    kept = torch.from_numpy(rng.random(ROOTS, np.float32)) < cover * style.density
    if not bool(kept.any()):
        return None
    points = points_of(style)
    share = SEGMENTS / (float(kept.sum()) * (points - 1))
    kept &= torch.from_numpy(rng.random(ROOTS, np.float32)) < share
    roots = roots.chosen(kept)
    count = len(roots.place)
    lines, outward, depth = grow(roots, model, vertices, style, points, int(rng.integers(2**31)))
    width = draw_widths(rng, style.width, count) * torch.where(depth > 1, STRAY_SHARE, 1.0)
    return ribbons(
        REGIONS.index("hair"),
        lines,
        outward,
        width,
        hair_colours(rng, style, roots.lock, depth),
        torch.from_numpy(0.5 * rng.standard_normal(count, np.float32)),
        taper=0.3 + 0.5 * style.stand,
        gloss=1.0,
        roughness=0.4,
    )


@dataclass(frozen=True)
class ScalpPlaces:
    """Places (m, 3) on the template in mm, their height (m,) over the mean hairline, azimuth (m,) from the front."""

    place: Tensor
    height: Tensor
    azimuth: Tensor


def scalp_places(place: Tensor) -> ScalpPlaces:
    """Where places (m, 3) on the template lie about the mean hairline."""
    azimuth = torch.atan2(place[:, 0].abs(), place[:, 2] + 70.0)
    line = np.interp(azimuth.numpy(), AZIMUTH, HAIRLINE_MM).astype(np.float32)
    return ScalpPlaces(place, place[:, 1] - torch.from_numpy(line), azimuth)


@lru_cache(maxsize=4)
def scalp_roots(model: FaceModel) -> tuple[Roots, ScalpPlaces]:
    """Roots of all hair that may be drawn, and where they are on the template."""
    template = template_of(model)
    skin = torch.isin(model.region, torch.tensor([REGIONS.index(n) for n in ("skin", "scalp", "neck")]))
    hairy = (skin & (scalp_places(template.place_mm).height > BELOW_MM) & (template.fields["ears"] < 0.02)).float()
    roots = even_roots(model, hairy, ROOTS, LOCKS)
    return roots, scalp_places(roots.carried(template.place_mm))


def scalp_cover(places: ScalpPlaces, style: HairStyle, offset: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Tensor:
    """Share of the skin that hair covers: (m,) in [0, 1]; offset: of its raggedness."""
    if style.density == 0:
        return torch.zeros(len(places.height))
    height, azimuth = places.height, places.azimuth
    y, z = places.place[:, 1], places.place[:, 2]
    front = smoothstep(1.3, 1.0, azimuth)
    temples = torch.exp(-(((azimuth - 0.62) / 0.3) ** 2))
    back = min(style.receding, 0.6) * (62.0 * temples + 14.0) * smoothstep(1.3, 0.9, azimuth)
    ragged = solid_noise(places.place.T.contiguous(), 9.0, offset)
    sideburn = torch.exp(-(((azimuth - 1.3) / 0.14) ** 2))
    height = height - style.hairline * front - back - style.sideburn * sideburn + 3.5 * ragged[0]
    edge = smoothstep(-3.0, 9.0, height)
    thin = max(style.receding - 0.55, 0.0) / 0.45
    crown = smoothstep(40.0, 82.0, y + 9.0 * ragged[1] + 0.12 * (z + 80.0))
    return edge * (1 - min(1.6 * thin, 1.0) * crown)


def points_of(style: HairStyle) -> int:
    """Places along a strand: more where it is long, and where it curls."""
    if style.hang or style.tie[1]:
        return 15 if style.curl > 3 else 11
    return 9 if style.curl else 7


def hair_colours(rng: np.random.Generator, style: HairStyle, lock: Tensor, depth: Tensor) -> Tensor:
    """(m, 2, 3) linear RGB at roots and tips; depth (m,): 0 innermost to 1 outermost, for light that hair keeps off."""
    brightness = 0.6 * rng.standard_normal(LOCKS)[lock.numpy()] + 0.8 * rng.standard_normal(len(lock))
    ends = strand_colours(rng, style.colour, style.grey, style.variation, brightness, style.dark_roots)
    return ends * (0.55 + 0.45 * depth.clamp(max=1))[:, None, None]


def grow(
    roots: Roots, model: FaceModel, vertices: Tensor, style: HairStyle, points: int, seed: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Centre lines (m, points, 3) mm on the drawn head, directions away from it (the same shape), depths (m,): 0
    innermost to 1 outermost, above 1 for stray hairs."""
    field: HeadField = head_field(model)
    comb = Comb()
    for name in Comb.vars:
        setattr(comb, name, getattr(style, name))
    count = len(roots.place)
    lines, outward = torch.empty(count, points, 3), torch.empty(count, points, 3)
    depth = torch.empty(count)
    moved = field.moved(vertices)
    landed = roots.carried(vertices)
    inputs = [
        wp.from_torch(roots.place, dtype=wp.vec3),
        wp.from_torch(landed, dtype=wp.vec3),
        wp.from_torch(roots.lock),
        comb,
        seed,
        wp.from_torch(field.bare),
        wp.from_torch(field.eared),
        wp.from_torch(moved, dtype=wp.vec3),
        wp.from_torch(lines, dtype=wp.vec3),
        wp.from_torch(outward, dtype=wp.vec3),
        wp.from_torch(depth),
    ]
    launch(grow_strands, count, inputs, lines.device)
    return lines, outward, depth


@wp.func
def smooth(low: float, high: float, x: float) -> float:
    t = wp.clamp((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


@wp.func
def tangential(v: wp.vec3, q: wp.vec3) -> wp.vec3:
    return v - wp.dot(v, q) * q


@wp.func
def flow(comb: Comb, p: wp.vec3, q: wp.vec3, side: float, fringed: float, tie: wp.vec3, tied: float) -> wp.vec3:
    """Direction in which hair is combed at p, seen from the skull's middle along q; side: of the parting, -1 or 1."""
    top = smooth(0.1, 0.55, q[1])
    front = smooth(-0.5, 0.3, q[2])
    away = tangential(-WHORL, q)
    away = away / wp.max(wp.length(away), 0.25)
    combed = wp.vec3(side * comb.parted, 0.0, comb.forward) * top * front
    combed += comb.away * away * (1.0 - 0.5 * top * front)
    back = wp.lerp(0.35, 0.7 * smooth(-80.0, -40.0, p[2]), comb.over_ears)  # hair that hangs, from face to ears
    down = wp.vec3(0.0, -1.0, -back) * (1.0 - top)
    if fringed > 0.0:
        combed = wp.vec3(side * 0.2 * comb.parted + 0.009 * p[0] * top, -0.2, 1.0)
    if tied > 0.0:
        combed = wp.normalize(tie - p)
        down = wp.vec3()
    return tangential(combed + down, q)


@wp.kernel
def grow_strands(
    places: wp.array(dtype=wp.vec3),
    landed: wp.array(dtype=wp.vec3),
    lock: wp.array(dtype=wp.int32),
    comb: Comb,
    seed: int,
    bare: wp.array(dtype=float),
    eared: wp.array(dtype=float),
    moved: wp.array(dtype=wp.vec3),
    lines: wp.array2d(dtype=wp.vec3),
    outward: wp.array2d(dtype=wp.vec3),
    depth: wp.array(dtype=float),
):
    i = wp.tid()
    own = wp.rand_init(seed, i)
    shared = wp.rand_init(seed, 1000000 + lock[i])
    mix = comb.clumping
    root = places[i]
    p = wp.vec3(root)
    q = wp.normalize(p - SKULL_CENTRE)
    at = see(root)
    correction = landed[i] - p - move_at(at, moved)  # the root lies on the drawn surface exactly, tips follow the field

    layer = wp.sqrt(wp.lerp(wp.randf(own), wp.randf(shared), 0.5 * mix))
    jitter = wp.vec3(
        wp.lerp(wp.randn(own), wp.randn(shared), mix),
        wp.lerp(wp.randn(own), wp.randn(shared), mix),
        wp.lerp(wp.randn(own), wp.randn(shared), mix),
    )
    length_share = wp.exp(0.12 * wp.randn(own) + 0.1 * wp.randn(shared))
    phase = 6.2832 * wp.lerp(wp.randf(own), wp.randf(shared), mix)
    wave = comb.curl_wave * (0.8 + 0.4 * wp.randf(shared))
    loose = wp.float32(0.0)
    if wp.randf(own) < 0.025:  # a stray hair
        loose = 1.0
        layer = 1.05 + 0.25 * wp.randf(own)
    level_jitter = wp.lerp(wp.randn(own), wp.randn(shared), 0.5)
    wobble = wp.randn(own)

    # Which strands: of the fringe, beside the parting, gathered in the knot.
    side = wp.where(root[0] + 4.0 * jitter[0] > comb.part, 1.0, -1.0)
    top = smooth(0.15, 0.55, q[1])
    fringed = wp.float32(0.0)
    if comb.fringe > 0.0 and root[1] > 46.0 and root[2] > -75.0 + 10.0 * jitter[1]:
        fringed = wp.where(wp.abs(root[0]) < 52.0, 1.0, 0.0)
    tie = wp.vec3(0.0, comb.tie[0], -195.0)

    length = wp.lerp(comb.side_length, comb.length, top) * length_share
    end = wp.float32(-1000.0)
    if comb.hang > 0.0:
        end = -comb.hang + 6.0 * level_jitter + 0.12 * comb.hang * (1.0 - layer)
        length = wp.max(root[1] - end + 75.0 * smooth(-0.2, 1.0, q[1]), 8.0)
    if fringed > 0.0:
        end = comb.fringe + 2.5 * level_jitter + 0.06 * wp.abs(root[0]) * wp.where(comb.hang > 0.0, -3.0, -1.0)
        length = wp.max((root[1] - end) * 1.1 + 0.75 * wp.max(20.0 - root[2], 0.0), 6.0)
    last = lines.shape[1] - 1
    step = length / float(last)
    if comb.stand < 1.0:  # fewer places than that in a turn draw a zigzag, which only an afro may be
        wave = wp.max(wave, 5.0 * step)
    rise = wp.max(0.25 * wp.min(length, 60.0), 3.0)
    gathered = wp.float32(0.0)
    before = wp.vec3()

    for k in range(lines.shape[1]):
        s = float(k) / float(last)
        walked = s * length
        if k > 0 and p[1] > end:
            along = flow(comb, p, q, side, fringed, tie, comb.tie[1])
            free = wp.float32(0.0)
            if comb.hang > 0.0 and fringed == 0.0:
                free = smooth(0.25, -0.2, q[1])
            spread = comb.flare - comb.tuck * smooth(end + 45.0, end, p[1])
            down = wp.vec3(spread * wp.sign(p[0]), -1.0, -0.8 * smooth(-75.0, -25.0, p[2]))
            along = wp.normalize(along + 1.0e-4 * jitter)
            along = wp.lerp(along, down, free)
            lifted = comb.stand * wp.lerp(0.4 + 0.6 * comb.stand, 1.0, top) * (1.0 - 0.5 * s * (1.0 - comb.stand))
            if comb.stand == 1.0:  # an afro's strands part near their ends
                along = tangential(jitter, q)
                lifted = 1.0 - smooth(0.3, 1.0, s) * 0.75
            heading = along * (1.0 - lifted) + q * lifted + (comb.frizz + 0.1 * loose) * jitter
            cling = comb.lie * (1.0 - 0.85 * free) * (1.0 - 0.3 * loose)
            if comb.tie[1] > 0.0:
                if wp.length(p - tie) < 24.0 + step * 0.5:
                    gathered = 1.0
                if gathered > 0.0:
                    heading = wp.vec3(0.15 * jitter[0], -1.0, -0.25 + 0.15 * jitter[2] + 0.2 * s)
                    cling = 0.0
            if k > 1:
                heading = wp.lerp(wp.normalize(heading), before, 0.25)
            before = wp.normalize(heading)
            p += wp.min(step, wp.max(p[1] - end, step * 0.5)) * before

            # Hanging hair leaves the face free.
            if comb.hang > 0.0 and fringed == 0.0 and p[1] < 66.0:
                zone = smooth(-85.0, -25.0, p[2]) * smooth(66.0, 10.0, p[1])
                least = (comb.curtain + 2.0 * wobble) * zone
                if wp.abs(p[0]) < least:
                    p[0] = wp.where(p[0] == 0.0, side, wp.sign(p[0])) * least
            at = see(p)
            surface = distance_at(at, bare)
            if comb.over_ears > 0.0:
                surface = wp.lerp(surface, distance_at(at, eared), comb.over_ears * smooth(6.0, 30.0, walked))
            q = wp.normalize(p - SKULL_CENTRE)
            high = wp.lerp(comb.side_volume, comb.volume, smooth(-0.1, 0.6, q[1]))
            high += comb.quiff * smooth(0.35, 0.7, q[2]) * smooth(0.2, 0.45, q[1])
            height = 0.6 + layer * high * (1.0 - wp.exp(-walked / rise)) * (1.0 - comb.stand)
            if fringed > 0.0:
                height = 1.5 + layer * wp.lerp(high, 5.0, smooth(0.6, 0.3, q[1])) * (1.0 - wp.exp(-walked / rise))
            radius = wp.lerp(at.radius, surface + height, cling)
            p = at.axis + wp.max(radius, surface + height * wp.lerp(0.35, 1.0, cling)) * at.out
            q = wp.normalize(p - SKULL_CENTRE)

        # Curls turn about the centre line.
        shown = p
        if comb.curl > 0.0 and k > 0:
            angle = phase + 6.2832 * walked / wave
            about = wp.cross(q, before)
            turn = wp.cos(angle) * about + wp.sin(angle) * q
            shown = p + comb.curl * smooth(0.0, 2.0 * comb.curl, walked) * turn
            at = see(shown)
            shown = at.axis + wp.max(at.radius, distance_at(at, bare) + 0.5) * at.out
        kept = 1.0 - smooth(0.0, 30.0, walked)
        lines[i, k] = shown + move_at(at, moved) + kept * correction
        outward[i, k] = at.out
    depth[i] = layer
