"""Normals and areas against spheres, planes and finite differences; closest points against known feet."""

from __future__ import annotations

import numpy as np
import torch
import trimesh

from recon.geometry.closest_points import closest_points
from recon.geometry.surfaces import normals_from_positions, triangle_areas, triangle_normals, vertex_normals


def sphere(radius: float = 80.0) -> tuple[torch.Tensor, torch.Tensor]:
    mesh = trimesh.creation.icosphere(subdivisions=4, radius=radius)
    return torch.tensor(mesh.vertices), torch.tensor(mesh.faces)


def test_sphere_normals_point_outwards_and_the_area_is_the_spheres() -> None:
    vertices, triangles = sphere()
    normals = vertex_normals(vertices, triangles)
    assert ((normals * vertices / 80).sum(-1) > np.cos(np.radians(0.5))).all()
    assert torch.allclose(
        triangle_areas(vertices, triangles).sum() / (4 * np.pi * 80**2), torch.tensor(1.0).double(), atol=3e-3
    )


def test_a_batch_answers_as_its_members_do() -> None:
    vertices, triangles = sphere()
    batch = torch.stack([vertices, vertices * 2 + 1])
    normals = vertex_normals(batch, triangles)
    assert torch.allclose(normals[0], vertex_normals(vertices, triangles))
    assert torch.allclose(normals[0], normals[1], atol=1e-9)


def test_degenerate_triangles_and_lone_vertices_have_zero_normals() -> None:
    vertices = torch.tensor([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [5, 5, 5]])
    triangles = torch.tensor([[0, 1, 2]])
    assert (triangle_normals(vertices, triangles) == 0).all()
    assert (vertex_normals(vertices, triangles) == 0).all()


def test_vertex_normals_gradient() -> None:
    vertices = torch.randn(6, 3, dtype=torch.float64, generator=torch.manual_seed(0), requires_grad=True)
    triangles = torch.tensor([[0, 1, 2], [1, 3, 2], [2, 3, 4], [3, 5, 4]])
    assert torch.autograd.gradcheck(lambda v: vertex_normals(v, triangles), vertices)


def test_position_map_of_a_plane_has_the_planes_normal_up_to_the_border() -> None:
    normal = torch.tensor([0.3, 0.2, 0.9]).double()
    normal /= normal.norm()
    row, column = torch.meshgrid(torch.arange(7.0), torch.arange(9.0), indexing="ij")
    x, y = 2.0 * column.double(), -2.0 * row.double()
    position = torch.stack([x, y, -(normal[0] * x + normal[1] * y) / normal[2]])
    normals = normals_from_positions(position)
    assert torch.allclose(normals, normal[:, None, None].expand(3, 7, 9), atol=1e-12)


def test_position_map_marks_the_neighbours_of_nothing() -> None:
    position = torch.stack([*torch.meshgrid(torch.arange(5.0), torch.arange(5.0), indexing="xy"), torch.zeros(5, 5)])
    position[1] *= -1
    position[:, 2, 2] = torch.nan
    bad = normals_from_positions(position[None]).isnan().any(1)[0]
    assert bad.sum() == 4 and bad[1, 2] and bad[3, 2] and bad[2, 1] and bad[2, 3]


def test_closest_points_on_a_sphere_lie_below_the_queries() -> None:
    vertices, triangles = (x.numpy() for x in sphere())
    queries = np.random.default_rng(0).normal(size=(200, 3))
    queries *= (80 + np.linspace(-10, 30, 200)[:, None]) / np.linalg.norm(queries, axis=1, keepdims=True)
    found = closest_points(queries, vertices, triangles)
    exact = np.array(
        [trimesh.triangles.closest_point(vertices[triangles], np.tile(q, (len(triangles), 1))) for q in queries[:5]]
    )
    for i, points in enumerate(exact):
        assert np.isclose(found.distance[i], np.linalg.norm(points - queries[i], axis=1).min(), atol=1e-9)
    np.testing.assert_allclose(found.interpolate(triangles, vertices), found.point, atol=1e-9)
    np.testing.assert_allclose(found.distance, np.abs(np.linalg.norm(queries, axis=1) - 80), atol=0.2)
    assert (found.barycentric >= 0).all()
