"""The rasteriser's labels against a float64 ray caster that shares nothing with it: rays, not projected triangles.

Twenty drawn heads, bare and with hair, beard, glasses, headwear and a thing before the face. A pixel lies on an edge
where moving the ray by a thousandth of a pixel changes what it sees; everywhere else the face mask must agree without
exception, and depth to 0.05 mm.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from recon.faces import load
from recon.geometry.cameras import Camera
from recon.geometry.rasterize import interpolate, rasterize
from recon.people.appearance import draw_appearance
from recon.people.wardrobe import DressConfig, draw_dress, parts_of
from recon.render.scenery import Scenery, scenery_of

SIZE = 96
HEADS = 20
EDGE_PX = 1e-3
SHIFTS = ((0.0, 0.0), (EDGE_PX, 0.0), (-EDGE_PX, 0.0), (0.0, EDGE_PX), (0.0, -EDGE_PX))
STEP_MM = 0.5  # depth that changes by more within a thousandth of a pixel belongs to two surfaces


EVERYTHING = DressConfig(glasses=1.0, headwear=1.0, objects=1.0)


def drawn_head(seed: int, dressed: bool) -> tuple[Scenery, Camera]:
    """A head in the camera frame, with everything on or nothing, and a camera that frames it."""
    rng = np.random.default_rng(seed)
    model = load("default")
    identity = torch.tensor(rng.normal(size=len(model.identity_basis)).clip(-2, 2), dtype=torch.float32)
    expression = torch.tensor(rng.random(len(model.expression_basis)) * (rng.random(len(model.expression_basis)) < 0.1))
    turn = Rotation.from_euler("yxz", rng.normal(size=3) * (35, 12, 8), degrees=True).as_matrix()
    camera = Camera.from_fov(rng.uniform(8, 40), SIZE)
    distance = camera.focal_px * 62 / (0.27 * SIZE)  # pupils about 0.27 of the side apart
    shift = np.array([*rng.normal(size=2) * 5, -distance])
    shape = model.vertices(identity, expression.float())
    vertices = (shape.double() @ torch.tensor(turn.T) + torch.tensor(shift)).float()
    parts = parts_of(model, shape, draw_dress((seed,), EVERYTHING, draw_appearance(rng))) if dressed else []
    pose = torch.tensor(turn, dtype=torch.float32), torch.tensor(shift, dtype=torch.float32)
    return scenery_of(model, vertices, parts, *pose), camera


def cast(
    vertices: np.ndarray, triangles: np.ndarray, camera: Camera, shift: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Nearest hit of the ray through each shifted pixel centre: triangle ids (H, W), -1 for none, and z (H, W) in mm.

    Moeller and Trumbore's intersection in float64, tried on every pixel of each triangle's bounding box.
    """
    corners = vertices[triangles]  # (f, 3, 3)
    u = camera.centre_px[0] + camera.focal_px * corners[..., 0] / -corners[..., 2]
    v = camera.centre_px[1] - camera.focal_px * corners[..., 1] / -corners[..., 2]
    first = [np.clip(np.floor(x.min(1) - 1).astype(int), 0, SIZE) for x in (u, v)]
    last = [np.clip(np.ceil(x.max(1) + 1).astype(int), 0, SIZE) for x in (u, v)]
    wide, high = last[0] - first[0], last[1] - first[1]
    triangle = np.repeat(np.arange(len(triangles)), wide * high)  # one row for each (triangle, pixel of its box)
    place = np.arange(len(triangle)) - np.repeat(np.cumsum(wide * high) - wide * high, wide * high)
    column, row = first[0][triangle] + place % wide[triangle], first[1][triangle] + place // wide[triangle]

    x = (column + 0.5 + shift[0] - camera.centre_px[0]) / camera.focal_px
    y = -(row + 0.5 + shift[1] - camera.centre_px[1]) / camera.focal_px
    ray = np.stack([x, y, -np.ones_like(x)], 1)  # length along it is -z
    a, b, c = corners[triangle].transpose(1, 0, 2)
    edge_b, edge_c = b - a, c - a
    p = np.cross(ray, edge_c)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / (edge_b * p).sum(1)
        beta = (-a * p).sum(1) * inverse  # the rays start at the origin
        q = np.cross(-a, edge_b)
        gamma = (ray * q).sum(1) * inverse
        distance = (edge_c * q).sum(1) * inverse
        hit = (beta >= 0) & (gamma >= 0) & (beta + gamma <= 1) & (distance > 1)

    ids, z = np.full(SIZE * SIZE, -1), np.full(SIZE * SIZE, np.nan)
    pixel = (row * SIZE + column)[hit]
    order = np.lexsort((distance[hit], pixel))
    seen, nearest = np.unique(pixel[order], return_index=True)
    ids[seen], z[seen] = triangle[hit][order][nearest], -distance[hit][order][nearest]
    return ids.reshape(SIZE, SIZE), z.reshape(SIZE, SIZE)


@pytest.mark.parametrize("dressed", [False, True], ids=["bare", "dressed"])
@pytest.mark.parametrize("seed", range(HEADS))
def test_mask_and_depth_agree_with_the_ray_caster(seed: int, dressed: bool) -> None:
    scenery, camera = drawn_head(seed, dressed)
    vertices, triangles, on_face = scenery.vertices, scenery.triangles.numpy(), scenery.face.numpy()
    assert (len(triangles) > scenery.head_triangles) == dressed

    points_px = camera.project_with_distance(vertices)
    ids = rasterize(points_px, scenery.triangles, SIZE, SIZE, closed=scenery.head_triangles)
    depth = interpolate(ids, points_px, scenery.triangles, vertices[:, 2:]).numpy()[..., 0]
    ids = ids.numpy()
    mask = (ids >= 0) & on_face[ids]

    casts = [cast(vertices.numpy().astype(np.float64), triangles, camera, shift) for shift in SHIFTS]
    hits = np.stack([found >= 0 for found, _ in casts])
    masks = np.stack([(found >= 0) & on_face[found] for found, _ in casts])
    depths = np.stack([z for _, z in casts])
    edge = (masks != masks[0]).any(0) | (hits != hits[0]).any(0)
    edge |= np.ptp(np.nan_to_num(depths), axis=0) > STEP_MM

    assert masks[0].sum() > (100 if dressed else 500), "the face must be in view"
    assert edge.mean() < 0.03, "edges must be few, or the test says little"
    assert ((mask != masks[0]) & ~edge).sum() == 0
    assert (((ids >= 0) != hits[0]) & ~edge).sum() == 0
    seen = hits[0] & ~edge
    np.testing.assert_allclose(depth[seen], depths[0][seen], atol=0.05)
