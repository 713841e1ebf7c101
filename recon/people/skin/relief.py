# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportAttributeAccessIssue=false
"""Skin's relief at a point: furrows, fine lines and pores as a bump of the shading normal. Warp functions.

The height h (mm along the normal) is a function of what a triangle interpolates: the furrows' phase, depth and width
(`furrows.Crease`) and the place on the template, at which solid noise is looked up. By the chain rule its
derivative along each of the two edges of the triangle is known, and the tangent vector g = E (E' E)^-1 (h_1, h_2), of
the posed edges E = (e_1, e_2) in the camera frame, is the one that has these derivatives: the exact gradient on the
posed triangle, whatever pose, identity and expression did to it, without a Jacobian of theirs. The normal of the
surface raised by h is, to first order in h over the radius of curvature, n - g made unit length.

Waves too short for the pixels are left out, so one gradient a pixel is enough: that of its centre.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
import warp as wp
from torch import Tensor

from recon.people.noise import SIDE, in_volume
from recon.people.skin.furrows import LINES_MM, PORES_MM, Crease, resolved
from recon.people.skin.wrinkles import Skin

WAVE = 6.0  # cells of the grain's volume in a typical wave of it
LINE_HALF = wp.constant(0.45)  # half width of a line, in standard deviations of the grain
PORE_FROM = wp.constant(0.7)

crease_row = wp.types.vector(length=len(Crease), dtype=wp.float32)

wp.set_module_options({"enable_backward": False})


@wp.struct
class Relief:
    """One head's relief for kernels.

    vertices: (n, 3) posed, camera frame. places: (n, 3) on the template, mm. rows: of `creases`. grain: `grain_volume`.
    lines, pores: how much of either the pixels resolve, [0, 1]. offset: of the noise, in cells.
    """

    vertices: wp.array(dtype=wp.vec3)
    places: wp.array(dtype=wp.vec3)
    rows: wp.array(dtype=crease_row)
    grain: wp.array(dtype=wp.vec4)
    lines: float
    pores: float
    offset: wp.vec3


def relief_of(skin: Skin, vertices: Tensor, places: Tensor, rows: Tensor, pixel_mm: float) -> Relief:
    """Relief of a posed head; vertices: (n, 3) camera frame, the head's first; pixel_mm: a pixel's size on the face."""
    relief = Relief()
    relief.vertices = wp.from_torch(vertices, dtype=wp.vec3)
    relief.places = wp.from_torch(places, dtype=wp.vec3)
    relief.rows = wp.from_torch(rows, dtype=crease_row)
    relief.grain = wp.from_torch(grain_volume(str(vertices.device)), dtype=wp.vec4)
    relief.lines, relief.pores = resolved(LINES_MM, pixel_mm), resolved(PORES_MM, pixel_mm)
    relief.offset = wp.vec3(*skin.offset)
    return relief


@lru_cache(maxsize=4)
def grain_volume(device: str = "cpu") -> Tensor:
    """(SIDE ** 3, 4) periodic unit normal noise of waves about `WAVE` cells long with its gradient along x, y and z in
    1 / cell; laid out as `recon.people.noise.volume`."""
    period = SIDE - 1
    white = np.random.default_rng(20261121).standard_normal((period,) * 3)
    cycles = np.fft.fftfreq(period) * 2 * np.pi
    z, y, x = np.meshgrid(cycles, cycles, cycles, indexing="ij")
    length = np.sqrt(x**2 + y**2 + z**2)
    spectrum = np.fft.fftn(white) * np.exp(-0.5 * ((length - 2 * np.pi / WAVE) / 0.25) ** 2)
    fields = [np.fft.ifftn(spectrum * factor).real for factor in (1.0, 1j * x, 1j * y, 1j * z)]
    values = np.pad(np.stack(fields, -1) / fields[0].std(), ((0, 1), (0, 1), (0, 1), (0, 0)), mode="wrap")
    return torch.from_numpy(values.reshape(-1, 4).astype(np.float32)).to(device)


@wp.func
def grain_at(place: wp.vec3, cells: float, offset: wp.vec3, grain: wp.array(dtype=wp.vec4)) -> wp.vec4:
    """The grain and its gradient per mm at a place in mm; cells: of the volume in a mm."""
    found = in_volume(place * cells + offset, grain)
    return wp.vec4(found[0], cells * found[1], cells * found[2], cells * found[3])


@wp.func
def furrow(phase: float, half: float) -> wp.vec2:
    """Height of a furrow 1 deep at each whole phase, and its derivative by the phase; half: its half width in phase.

    A sharp valley with wide shoulders, -w / (1 + (d / half)^2) with d the phase from the nearest whole one and the
    window w = (1 - 4 d^2)^2 that ends it smoothly half way to the next.
    """
    d = phase - wp.round(phase)
    window = 1.0 - 4.0 * d * d
    inverse = 1.0 / (1.0 + d * d / (half * half))
    height = -window * window * inverse
    slope = window * inverse * (16.0 * d + 2.0 * window * inverse * d / (half * half))
    return wp.vec2(height, slope)


@wp.func
def lines_and_pores(place: wp.vec3, lines_mm: float, pores_mm: float, relief: Relief) -> wp.vec4:
    """Height in mm of the net of fine lines and of pores, and its gradient on the template.

    Lines run where the grain crosses zero, pores sit on the highest of its peaks.
    """
    n = grain_at(place, float(WAVE / LINES_MM), relief.offset, relief.grain)
    t = n[0] / LINE_HALF
    inverse = 1.0 / (1.0 + t * t)
    depth = relief.lines * lines_mm
    change = depth * 2.0 * t * inverse * inverse / LINE_HALF
    found = wp.vec4(-depth * inverse, change * n[1], change * n[2], change * n[3])
    if relief.pores * pores_mm > 0.0:
        n = grain_at(place, float(WAVE / PORES_MM), relief.offset, relief.grain)
        over = wp.max(n[0] - PORE_FROM, 0.0)
        depth = relief.pores * pores_mm
        change = -2.0 * depth * over
        found += wp.vec4(-depth * over * over, change * n[1], change * n[2], change * n[3])
    return found


@wp.func
def height_and_gradient(relief: Relief, a: int, b: int, c: int, weights: wp.vec3) -> wp.vec4:
    """Height in mm at a point of the triangle a, b, c of the head, and its gradient on it, camera frame."""
    u, v, w = weights[0], weights[1], weights[2]
    at_a, at_b, at_c = relief.rows[a], relief.rows[b], relief.rows[c]
    row = u * at_a + v * at_b + w * at_c
    along_b, along_c = at_b - at_a, at_c - at_a
    height, first, second = wp.float32(0.0), wp.float32(0.0), wp.float32(0.0)  # and its derivatives along the edges
    if row[Crease.DEPTH_MM] > 0.0:
        f = furrow(row[Crease.PHASE], row[Crease.HALF])
        height = row[Crease.DEPTH_MM] * f[0]
        steep = row[Crease.DEPTH_MM] * f[1]
        first = along_b[Crease.DEPTH_MM] * f[0] + steep * along_b[Crease.PHASE]
        second = along_c[Crease.DEPTH_MM] * f[0] + steep * along_c[Crease.PHASE]
    if relief.lines * row[Crease.LINES_MM] > 0.0:  # pores are finer
        p, q, r = relief.places[a], relief.places[b], relief.places[c]
        fine = lines_and_pores(u * p + v * q + w * r, row[Crease.LINES_MM], row[Crease.PORES_MM], relief)
        slope = wp.vec3(fine[1], fine[2], fine[3])
        height += fine[0]
        first += wp.dot(slope, q - p)
        second += wp.dot(slope, r - p)
    if first == 0.0 and second == 0.0:
        return wp.vec4(height, 0.0, 0.0, 0.0)

    e, f_edge = relief.vertices[b] - relief.vertices[a], relief.vertices[c] - relief.vertices[a]
    ee, ef, ff = wp.dot(e, e), wp.dot(e, f_edge), wp.dot(f_edge, f_edge)
    scale = 1.0 / wp.max(ee * ff - ef * ef, 1.0e-9)
    g = ((ff * first - ef * second) * e + (ee * second - ef * first) * f_edge) * scale
    return wp.vec4(height, g[0], g[1], g[2])


@wp.func
def raised(normal: wp.vec3, gradient: wp.vec3) -> wp.vec3:
    """The unit normal of a surface with this unit `normal` once it is raised by a height with this gradient."""
    return wp.normalize(normal - gradient + wp.dot(gradient, normal) * normal)
