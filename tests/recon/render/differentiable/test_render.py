from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from recon.faces import load
from recon.geometry.surfaces import vertex_normals
from recon.render.differentiable.camera import in_pixels, orthographic
from recon.render.differentiable.light import polynomials, shading
from recon.render.differentiable.render import Rendered, Surface, render
from recon.render.differentiable.uv_map import UvMap, relief_of
from recon.render.harmonics import polynomials as numpy_polynomials

pytestmark = pytest.mark.usefixtures("one_thread")
AMBIENT = torch.tensor([1.0, 1, 1, *[0.0] * 24])


def bump() -> tuple[Surface, Tensor]:
    """A square of 5 x 5 vertices, 100 mm wide, bulging toward the viewer; its uv are the square."""
    line = torch.linspace(0, 1, 5)
    v, u = torch.meshgrid(line, line, indexing="ij")
    uv = torch.stack([u, v], -1).view(-1, 2)
    height = 20 * (1 - (2 * uv - 1).square().sum(1, keepdim=True) / 2)
    corner = (torch.arange(4)[:, None] * 5 + torch.arange(4)).view(-1)
    low, high = [torch.stack(part, 1) for part in ([corner, corner + 1, corner + 6], [corner, corner + 6, corner + 5])]
    triangles = torch.cat([low, high]).int()
    return Surface(triangles, uv[triangles.long()]), torch.cat([uv * 100 - 50, height], 1)


def test_the_camera_is_the_papers() -> None:
    """s Pi(M) + t, worked by hand."""
    places = orthographic(torch.tensor([[[50.0, 20.0, 10.0]]]), torch.tensor([[0.8, 0.1, -0.2]]))
    torch.testing.assert_close(places, torch.tensor([[[0.5, -0.36, 0.08]]]))
    torch.testing.assert_close(in_pixels(places, 100), torch.tensor([[[75.0, 32.0, 4.0]]]))


def test_harmonics_are_those_of_the_rendered_labels() -> None:
    normals = torch.nn.functional.normalize(torch.randn(1, 7, 3, generator=torch.Generator().manual_seed(0)), dim=-1)
    assert np.allclose(polynomials(normals)[0].numpy(), numpy_polynomials(normals[0].numpy()), atol=1e-6)
    light = torch.zeros(1, 27)
    light[0, :3], light[0, 6] = 0.5, 0.25  # all around, and red from the front
    up_and_front = torch.tensor([[[0.0, 1, 0], [0.0, 0, 1]]])
    torch.testing.assert_close(shading(up_and_front, light)[0], torch.tensor([[0.5, 0.5, 0.5], [0.75, 0.5, 0.5]]))


def test_gradients_to_shape_camera_light_albedo_and_normals() -> None:
    """In double precision against finite differences, of two pictures at once."""
    surface, places = bump()
    surface = Surface(surface.triangles, surface.uv.double())
    generator = torch.Generator().manual_seed(1)

    def draw(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, dtype=torch.float64)

    vertices = places.double().expand(2, -1, -1) + draw(2, len(places), 3)
    camera = torch.tensor([[1.1, 0.03, -0.02], [0.9, -0.01, 0.04]], dtype=torch.float64)
    given = [vertices, camera, draw(2, 3, 6, 6), draw(2, 27)]
    uv_relief = 0.2 * draw(2, 3, 6, 6)
    weight = draw(2, 3, 12, 12)

    def loss(vertices: Tensor, camera: Tensor, albedo: Tensor, light: Tensor, uv_relief: Tensor) -> Tensor:
        smooth = render(surface, vertices, camera, albedo, light, 12)
        fine = render(surface, vertices, camera, albedo, light, 12, uv_relief)
        return torch.stack([(one.rgb * weight).sum() for one in (smooth, fine)])

    inputs = [one.clone().requires_grad_() for one in (*given, uv_relief)]
    assert torch.autograd.gradcheck(loss, inputs, eps=1e-6, atol=1e-5)


def test_a_picture_of_known_colour() -> None:
    """All around white light shows the albedo, texels where they belong; nothing beyond the mesh."""
    surface, places = bump()
    line = (torch.arange(32) + 0.5) / 32
    albedo = torch.stack([line.expand(32, 32), line[:, None].expand(32, 32), torch.full((32, 32), 0.5)])[None]
    seen = render(surface, places[None], torch.tensor([[1.0, 0, 0]]), albedo, AMBIENT[None], 40)
    assert seen.mask.sum() == 20 * 20 and seen.mask[0, 0, 10:30, 10:30].all()
    row, column = 14, 25
    share = [(column - 10 + 0.5) / 20, (row - 10 + 0.5) / 20, 0.5]  # of the square's way
    torch.testing.assert_close(seen.rgb[0, :, row, column], torch.tensor(share), atol=1e-4, rtol=0)
    assert not seen.rgb[0, :, :10].any() and torch.equal(
        seen.over(torch.ones(1, 3, 40, 40))[0, 0, 0, 0], torch.ones(())
    )


def test_what_is_nearer_hides_what_is_behind_and_backs_are_not_seen() -> None:
    near = torch.tensor([[-50.0, -50, 10], [50, -50, 10], [50, 50, 10], [-50, 50, 10]])
    both = torch.cat([near, near * torch.tensor([1, 1, -1])])
    square = torch.tensor([[0, 1, 2], [0, 2, 3]], dtype=torch.int32)
    triangles = torch.cat([square + 4, square])
    uv = torch.tensor([0.25, 0.25, 0.75, 0.75])[:, None, None].expand(4, 3, 2)  # behind: left half of the texture
    albedo = torch.zeros(1, 3, 8, 8)
    albedo[..., :4] = 1.0

    def picture(faces: Tensor) -> Rendered:
        return render(Surface(faces, uv), both[None], torch.tensor([[1.0, 0, 0]]), albedo, AMBIENT[None], 16)

    assert picture(triangles).mask.sum() == 64 and not picture(triangles).rgb.any()
    assert not picture(triangles.flip(1)).mask.any()


def test_a_uv_map_carries_a_linear_value_exactly_and_fills_what_it_does_not_show() -> None:
    model = load("default")
    triangles = model.triangles[model.face]
    uv = model.uv[triangles.long()]
    found = UvMap.of(triangles, uv, 64)
    values = torch.nan_to_num(model.uv)[None]
    centres = (torch.arange(64) + 0.5) / 64
    spread = found.spread(values)[0]
    across = torch.stack([centres.expand(64, 64), (1 - centres)[:, None].expand(64, 64)])
    assert 0.5 < found.mask.float().mean() < 1
    assert float((spread - across)[:, found.mask].abs().max()) < 1e-4
    assert spread.isfinite().all()


def test_a_displacement_of_none_adds_nothing_to_the_normals_and_a_ramp_tilts_them() -> None:
    surface, places = bump()
    flat = places * torch.tensor([1.0, 1, 0])
    grid = UvMap.of(surface.triangles, surface.uv, 50)
    for vertices in (flat, places):
        smooth = vertex_normals(vertices[None], surface.triangles)
        spread = grid.spread(vertices[None]), grid.spread(smooth)
        assert not relief_of(*spread, torch.zeros(1, 1, 50, 50)).any()
    slope = 0.1
    smooth = grid.spread(vertex_normals(flat[None], surface.triangles))
    ramp = grid.spread(flat[None])[:, :1] * slope  # D grows by .1 mm a mm rightward
    added = relief_of(grid.spread(flat[None]), smooth, ramp)
    wanted = torch.tensor([-slope, 0, 1]) / (1 + slope**2) ** 0.5
    torch.testing.assert_close(added[0, :, 25, 25] + torch.tensor([0.0, 0, 1]), wanted, atol=1e-4, rtol=0)


def test_relief_over_another_atlas_lies_where_that_says() -> None:
    surface, places = bump()
    flat = (places * torch.tensor([1.0, 1, 0]))[None]
    mirrored = Surface(surface.triangles, surface.uv, surface.uv * torch.tensor([-1.0, 1]) + torch.tensor([1.0, 0]))
    relief, albedo = torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)
    relief[..., :4] = torch.tensor([2.0, 0, 0])[:, None, None]  # the atlas's left half looks more to the side
    camera = torch.tensor([[1.0, 0, 0]])
    own, other = (render(one, flat, camera, albedo, AMBIENT[None], 40, relief) for one in (surface, mirrored))
    torch.testing.assert_close(own.normals, other.normals.flip(3))
    assert float(own.normals[0, 0, 20, 12]) > 0.8 and float(own.normals[0, 0, 20, 28].abs()) < 0.3
