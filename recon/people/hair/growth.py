# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
"""How strands grow: combed over the mean head, kept outside it, and carried to the drawn one."""

from __future__ import annotations

import torch
import warp as wp
from torch import Tensor

from recon.faces.model import FaceModel
from recon.geometry.launch import launch
from recon.people.hair.cuts import HairStyle
from recon.people.hair.head_field import SKULL_CENTRE, HeadField, distance_at, head_field, move_at, see
from recon.people.hair.strands import Roots

WHORL = wp.constant(wp.vec3(0.12, 0.72, -0.68))  # direction of the crown from the middle of the skull

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


@wp.struct
class Strand:
    """What sets one strand apart, drawn in part with its whole lock.

    root: on the mean head, mm. top: 0 on the sides to 1 on top. side: of the parting, -1 or 1. fringed: 1 in the
    fringe. layer: 0 innermost to 1 outermost, above for stray hairs, which are `loose` 1. length, and height `end` that
    it does not fall below: mm. jitter, wobble: normal. phase, wave: of its curl, radians and mm.
    """

    root: wp.vec3
    top: float
    side: float
    fringed: float
    layer: float
    loose: float
    length: float
    end: float
    jitter: wp.vec3
    wobble: float
    phase: float
    wave: float


@wp.func
def draw_strand(comb: Comb, root: wp.vec3, lock: int, seed: int, i: int) -> Strand:
    """The i-th strand, of a lock, that grows from `root`."""
    own = wp.rand_init(seed, i)
    shared = wp.rand_init(seed, 1000000 + lock)
    mix = comb.clumping
    q = wp.normalize(root - SKULL_CENTRE)
    strand = Strand()
    strand.root = root
    strand.layer = wp.sqrt(wp.lerp(wp.randf(own), wp.randf(shared), 0.5 * mix))
    strand.jitter = wp.vec3(
        wp.lerp(wp.randn(own), wp.randn(shared), mix),
        wp.lerp(wp.randn(own), wp.randn(shared), mix),
        wp.lerp(wp.randn(own), wp.randn(shared), mix),
    )
    length_share = wp.exp(0.12 * wp.randn(own) + 0.1 * wp.randn(shared))
    strand.phase = 6.2832 * wp.lerp(wp.randf(own), wp.randf(shared), mix)
    strand.wave = comb.curl_wave * (0.8 + 0.4 * wp.randf(shared))
    if wp.randf(own) < 0.025:  # a stray hair
        strand.loose = 1.0
        strand.layer = 1.05 + 0.25 * wp.randf(own)
    level_jitter = wp.lerp(wp.randn(own), wp.randn(shared), 0.5)
    strand.wobble = wp.randn(own)

    strand.side = wp.where(root[0] + 4.0 * strand.jitter[0] > comb.part, 1.0, -1.0)
    strand.top = smooth(0.15, 0.55, q[1])
    if comb.fringe > 0.0 and root[1] > 46.0 and root[2] > -75.0 + 10.0 * strand.jitter[1]:
        strand.fringed = wp.where(wp.abs(root[0]) < 52.0, 1.0, 0.0)

    strand.length = wp.lerp(comb.side_length, comb.length, strand.top) * length_share
    strand.end = -1000.0
    if comb.hang > 0.0:
        strand.end = -comb.hang + 6.0 * level_jitter + 0.12 * comb.hang * (1.0 - strand.layer)
        strand.length = wp.max(root[1] - strand.end + 75.0 * smooth(-0.2, 1.0, q[1]), 8.0)
    if strand.fringed > 0.0:
        slant = 0.06 * wp.abs(root[0]) * wp.where(comb.hang > 0.0, -3.0, -1.0)
        strand.end = comb.fringe + 2.5 * level_jitter + slant
        strand.length = wp.max((root[1] - strand.end) * 1.1 + 0.75 * wp.max(20.0 - root[2], 0.0), 6.0)
    return strand


@wp.func
def heading_at(comb: Comb, strand: Strand, p: wp.vec3, q: wp.vec3, s: float, free: float, tie: wp.vec3) -> wp.vec3:
    """Direction of growth at p, of any length, a share s along a strand; free: 1 where it hangs; q: see `flow`."""
    along = flow(comb, p, q, strand.side, strand.fringed, tie, comb.tie[1])
    spread = comb.flare - comb.tuck * smooth(strand.end + 45.0, strand.end, p[1])
    down = wp.vec3(spread * wp.sign(p[0]), -1.0, -0.8 * smooth(-75.0, -25.0, p[2]))
    along = wp.normalize(along + 1.0e-4 * strand.jitter)
    along = wp.lerp(along, down, free)
    lifted = comb.stand * wp.lerp(0.4 + 0.6 * comb.stand, 1.0, strand.top) * (1.0 - 0.5 * s * (1.0 - comb.stand))
    if comb.stand == 1.0:  # an afro's strands part near their ends
        along = tangential(strand.jitter, q)
        lifted = 1.0 - smooth(0.3, 1.0, s) * 0.75
    return along * (1.0 - lifted) + q * lifted + (comb.frizz + 0.1 * strand.loose) * strand.jitter


@wp.func
def height_over(comb: Comb, strand: Strand, q: wp.vec3, walked: float) -> float:
    """mm over the surface that a strand keeps to, `walked` mm from its root; q: see `flow`."""
    rise = wp.max(0.25 * wp.min(strand.length, 60.0), 3.0)
    high = wp.lerp(comb.side_volume, comb.volume, smooth(-0.1, 0.6, q[1]))
    high += comb.quiff * smooth(0.35, 0.7, q[2]) * smooth(0.2, 0.45, q[1])
    if strand.fringed > 0.0:
        low = wp.lerp(high, 5.0, smooth(0.6, 0.3, q[1]))
        return 1.5 + strand.layer * low * (1.0 - wp.exp(-walked / rise))
    return 0.6 + strand.layer * high * (1.0 - wp.exp(-walked / rise)) * (1.0 - comb.stand)


@wp.func
def parted_by_face(comb: Comb, strand: Strand, p: wp.vec3) -> wp.vec3:
    """p, moved aside where hanging hair would cover the face."""
    if comb.hang == 0.0 or strand.fringed > 0.0 or p[1] >= 66.0:
        return p
    zone = smooth(-85.0, -25.0, p[2]) * smooth(66.0, 10.0, p[1])
    least = (comb.curtain + 2.0 * strand.wobble) * zone
    if wp.abs(p[0]) >= least:
        return p
    return wp.vec3(wp.where(p[0] == 0.0, strand.side, wp.sign(p[0])) * least, p[1], p[2])


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
    strand = draw_strand(comb, places[i], lock[i], seed, i)
    p = wp.vec3(strand.root)
    q = wp.normalize(p - SKULL_CENTRE)
    at = see(p)
    correction = landed[i] - p - move_at(at, moved)  # the root lies on the drawn surface exactly, tips follow the field
    tie = wp.vec3(0.0, comb.tie[0], -195.0)
    last = lines.shape[1] - 1
    step = strand.length / float(last)
    wave = strand.wave
    if comb.stand < 1.0:  # fewer places than that in a turn draw a zigzag, which only an afro may be
        wave = wp.max(wave, 5.0 * step)
    gathered = wp.float32(0.0)
    before = wp.vec3()

    for k in range(lines.shape[1]):
        s = float(k) / float(last)
        walked = s * strand.length
        if k > 0 and p[1] > strand.end:
            free = wp.float32(0.0)
            if comb.hang > 0.0 and strand.fringed == 0.0:
                free = smooth(0.25, -0.2, q[1])
            heading = heading_at(comb, strand, p, q, s, free, tie)
            cling = comb.lie * (1.0 - 0.85 * free) * (1.0 - 0.3 * strand.loose)
            if comb.tie[1] > 0.0:
                if wp.length(p - tie) < 24.0 + step * 0.5:
                    gathered = 1.0
                if gathered > 0.0:
                    heading = wp.vec3(0.15 * strand.jitter[0], -1.0, -0.25 + 0.15 * strand.jitter[2] + 0.2 * s)
                    cling = 0.0
            if k > 1:
                heading = wp.lerp(wp.normalize(heading), before, 0.25)
            before = wp.normalize(heading)
            p = parted_by_face(comb, strand, p + wp.min(step, wp.max(p[1] - strand.end, step * 0.5)) * before)

            at = see(p)
            surface = distance_at(at, bare)
            if comb.over_ears > 0.0:
                surface = wp.lerp(surface, distance_at(at, eared), comb.over_ears * smooth(6.0, 30.0, walked))
            height = height_over(comb, strand, wp.normalize(p - SKULL_CENTRE), walked)
            radius = wp.lerp(at.radius, surface + height, cling)
            p = at.axis + wp.max(radius, surface + height * wp.lerp(0.35, 1.0, cling)) * at.out
            q = wp.normalize(p - SKULL_CENTRE)

        shown = p
        if comb.curl > 0.0 and k > 0:  # curls turn about the centre line
            angle = strand.phase + 6.2832 * walked / wave
            about = wp.cross(q, before)
            turn = wp.cos(angle) * about + wp.sin(angle) * q
            shown = p + comb.curl * smooth(0.0, 2.0 * comb.curl, walked) * turn
            at = see(shown)
            shown = at.axis + wp.max(at.radius, distance_at(at, bare) + 0.5) * at.out
        kept = 1.0 - smooth(0.0, 30.0, walked)
        lines[i, k] = shown + move_at(at, moved) + kept * correction
        outward[i, k] = at.out
    depth[i] = strand.layer
