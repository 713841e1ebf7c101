from dataclasses import replace

import torch
import warp as wp

from recon.geometry.launch import launch
from recon.geometry.occlusion import ambient_occlusion, lit, softly_lit
from recon.people.skin.paint import Surface
from recon.render.harmonics import polynomials
from recon.render.lighting import Lighting
from recon.render.shading import Lights, colour_occlusion, lights_of, shade

TOWARD = (0.0, 0.0, 1.0)


def lighting(sky=0.0, key=0.0):
    grey = (sky,) * 3
    return Lighting(grey, grey, (0.0,) * 3, TOWARD, (TOWARD,), ((key,) * 3,))


@wp.kernel
def shade_points(
    normals: wp.array(dtype=wp.vec3),
    occlusion: wp.array(dtype=wp.vec3),
    arriving: float,
    light: Lights,
    found: wp.array(dtype=wp.vec3),
):
    i = wp.tid()
    matt = Surface()
    matt.albedo = wp.vec3(0.5, 0.5, 0.5)
    matt.roughness = 0.4
    matt.hair = 1.0
    found[i] = shade(matt, normals[i], wp.vec3(0.0, 0.0, 1.0), occlusion[i], arriving, light)


def shaded(normals, light, occlusion=1.0, shadow=1.0):
    """(3, P) unit normals -> (3, P) radiance of a matt grey surface."""
    found = torch.empty(normals.shape[1], 3)
    closed = colour_occlusion(torch.full((len(found),), occlusion))
    normals, closed, out = (wp.from_torch(part, dtype=wp.vec3) for part in (normals.T.contiguous(), closed, found))
    inputs = [normals, closed, shadow, lights_of(light, found.device), out]
    launch(shade_points, len(found), inputs, found.device)
    return found.T


def test_lambert_s_law_and_shadows():
    angle = torch.linspace(0, 3, 20)
    normals = torch.stack([torch.sin(angle), torch.zeros(20), torch.cos(angle)])
    expected = 0.5 * torch.cos(angle).clamp(min=0)
    assert torch.allclose(shaded(normals, lighting(key=1.0))[1], expected, atol=1e-6)
    assert shaded(normals, lighting(key=1.0), shadow=0.0).max() == 0


def test_an_even_sky_lights_evenly_and_occlusion_darkens_blue_before_red():
    normals = torch.nn.functional.normalize(torch.randn(3, 30), dim=0)
    assert torch.allclose(shaded(normals, lighting(sky=0.8)), torch.full((3, 30), 0.4), atol=1e-6)
    closed = shaded(normals, lighting(sky=0.8), occlusion=0.3)
    assert (closed[0] > closed[2]).all()


def test_a_roof_shadows_the_floor_below_it_only():
    square = torch.tensor([[-1.0, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]])
    steps = torch.linspace(-60, 60, 25)
    floor = torch.stack([torch.tensor([x, 0.0, z]) for x in steps for z in steps])
    cells = torch.tensor([[r * 25 + c, (r + 1) * 25 + c, r * 25 + c + 1] for r in range(24) for c in range(24)])
    other = torch.tensor(
        [[(r + 1) * 25 + c + 1, r * 25 + c + 1, (r + 1) * 25 + c] for r in range(24) for c in range(24)]
    )
    roof = square * 20 + torch.tensor([0.0, 40.0, 0.0])
    vertices = torch.cat([floor, roof])
    triangles = torch.cat([cells, other, torch.tensor([[625, 626, 627], [625, 627, 628]])]).int()
    arriving = lit(vertices, triangles, torch.tensor([0.0, 1.0, 0.0]), 128, bias_mm=2.0)[:625]
    under = floor.abs().amax(1) < 18
    away = floor.abs().amax(1) > 23
    assert arriving[under].max() < 0.05 and arriving[away].min() > 0.95
    above = torch.tensor([0.0, 1.0, 0.0])
    soft = softly_lit(vertices, above.expand(625, 3), triangles, above, 128, bias_mm=2.0, spread=0.25)
    edge = (floor[:, 0].abs() < 5) & ((floor[:, 2] - 20).abs() < 3)
    middle = floor.abs().amax(1) < 6
    assert 0.2 < soft[:625][edge].mean() < 0.8 and soft[:625][middle].max() < 0.05
    assert soft[:625][floor.abs().amax(1) > 35].min() > 0.95


def test_a_slope_casts_no_shadow_on_itself():
    steps = torch.linspace(-80, 80, 41)
    slope = torch.stack([torch.tensor([x, 0.0, z]) for x in steps for z in steps])
    slope[:, 1] = 3 * slope[:, 0]
    cells = torch.tensor([[r * 41 + c, (r + 1) * 41 + c, r * 41 + c + 1] for r in range(40) for c in range(40)])
    triangles = torch.cat([cells, cells + torch.tensor([41, 0, 0]) + torch.tensor([1, 1, 0])]).int()
    normals = torch.nn.functional.normalize(torch.tensor([-3.0, 1.0, 0.0]), dim=0).expand(len(slope), 3)
    up = torch.tensor([0.0, 1.0, 0.0])
    arriving = softly_lit(slope, normals, triangles, up, 48, bias_mm=0.5, spread=0.1)
    inner = (slope[:, [0, 2]].abs().amax(1)) < 60
    assert arriving[inner].min() == 1


def test_a_convex_body_sees_half_the_sky_s_cosine_everywhere():
    golden = torch.pi * (3 - 5**0.5)
    k = torch.arange(400.0)
    y = 1 - 2 * (k + 0.5) / 400
    ball = (
        torch.stack([(1 - y**2).sqrt() * torch.cos(golden * k), y, (1 - y**2).sqrt() * torch.sin(golden * k)], 1) * 80
    )
    from scipy.spatial import ConvexHull

    hull = torch.from_numpy(ConvexHull(ball.numpy()).simplices).int()
    a, b, c = (ball[hull[:, i].long()] for i in range(3))
    inward = ((b - a).cross(c - a, dim=1) * (a + b + c)).sum(1) < 0
    hull[inward] = hull[inward][:, [0, 2, 1]]
    assert ambient_occlusion(ball, hull).min() > 0.85


def test_a_photo_s_irradiance_is_shaded_as_its_harmonics_say():
    rows = torch.randn(9, 3, generator=torch.Generator().manual_seed(0)) * 0.1
    rows[0] = 1
    light = replace(lighting(), irradiance=tuple(map(tuple, rows.tolist())))
    normals = torch.nn.functional.normalize(torch.randn(3, 30, generator=torch.Generator().manual_seed(1)), dim=0)
    expected = 0.5 * torch.from_numpy(polynomials(normals.T.numpy())).float() @ rows
    assert torch.allclose(shaded(normals, light).T, expected.clamp(min=0), atol=1e-5)
