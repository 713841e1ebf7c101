import torch

from recon.faces.default import load_default
from recon.geometry.cameras import Camera
from recon.geometry.rasterize import (
    interpolate,
    nearest_distance,
    rasterize,
    rasterize_layers,
    rasterize_supersampled,
)

SIZE = 32
CAMERA = Camera.from_fov(30.0, SIZE)
PLANE = torch.tensor([[-400.0, -400.0, 0.0], [400.0, -400.0, 0.0], [400.0, 400.0, 0.0], [-400.0, 400.0, 0.0]])
TRIANGLES = torch.tensor([[0, 1, 2], [0, 2, 3]], dtype=torch.int32)


def tilted(slope):
    return PLANE + torch.tensor([0.0, 0.0, -900.0]) + PLANE[:, :1] * torch.tensor([0.0, 0.0, slope])


def test_depth_of_a_tilted_plane_is_exact():
    vertices = tilted(0.5)
    points = CAMERA.project_with_distance(vertices)
    ids = rasterize(points, TRIANGLES, SIZE, SIZE)
    assert (ids >= 0).all()
    seen = interpolate(ids, points, TRIANGLES, vertices)
    # z = -900 + x / 2 along the ray of each pixel: x = -z (u - c) / f.
    ray = (torch.arange(SIZE) + 0.5 - SIZE / 2) / CAMERA.focal_px
    assert torch.allclose(seen[0, :, 2], -900 / (1 + 0.5 * ray), atol=1e-2)
    assert torch.allclose(CAMERA.unproject(seen[..., 2]), seen, atol=1e-2)
    assert torch.allclose(nearest_distance(points, TRIANGLES, SIZE, SIZE), -seen[..., 2], atol=1e-2)


def test_the_nearer_surface_wins_whatever_the_order():
    near, far = tilted(0.0) + torch.tensor([0.0, 0.0, 100.0]), tilted(0.0)
    points = CAMERA.project_with_distance(torch.cat([far, near]))
    triangles = torch.cat([TRIANGLES, TRIANGLES + 4])
    assert (rasterize(points, triangles, SIZE, SIZE) >= 2).all()
    assert (rasterize(points, triangles.flip(0), SIZE, SIZE) < 2).all()


def test_winding_does_not_matter_and_behind_the_camera_is_dropped():
    points = CAMERA.project_with_distance(tilted(0.2))
    turned = TRIANGLES[:, [0, 2, 1]].contiguous()
    assert torch.equal(rasterize(points, TRIANGLES, SIZE, SIZE), rasterize(points, turned, SIZE, SIZE))
    behind = CAMERA.project_with_distance(-tilted(0.2))
    assert (rasterize(behind, TRIANGLES, SIZE, SIZE) == -1).all()
    assert nearest_distance(behind, TRIANGLES, SIZE, SIZE).isinf().all()


def test_slanted_strips_cover_just_the_centres_inside_them():
    torch.manual_seed(0)
    corners = 40 * torch.rand(300, 3, 2) - 4
    corners[:, 2] = corners[:, 1] + torch.randn(300, 2)
    corners[::10, 0, 1] = corners[::10, 1, 1]  # some with a level edge
    line = torch.arange(SIZE) + 0.5
    place = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).double()
    for strip in corners:
        a, b, c = (strip.double() - place[..., None, :]).unbind(-2)
        turns = [p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0] for p, q in ((a, b), (b, c), (c, a))]
        least, most = torch.stack(turns).amin(0), torch.stack(turns).amax(0)
        seen = rasterize(torch.cat([strip, torch.full((3, 1), 500.0)], 1), TRIANGLES[:1], SIZE, SIZE) == 0
        assert torch.equal(seen, (least >= 0) | (most <= 0))


def test_layers_are_what_is_seen_without_each_other():
    model = load_default(0)
    body = model.mean + torch.tensor([0.0, 0.0, -600.0])
    before = tilted(0.0) * 0.2 + torch.tensor([50.0, 0.0, -300.0])
    points = CAMERA.project_with_distance(torch.cat([body, before, before + 30.0]))
    count = len(body)
    triangles = torch.cat([model.triangles, TRIANGLES + count, TRIANGLES + count + 4])
    closed = len(model.triangles)
    bare, seen, fine = rasterize_layers(points, triangles, SIZE, SIZE, 2, closed, closed + 2)
    assert torch.equal(bare, rasterize(points, model.triangles, SIZE, SIZE))
    assert torch.equal(seen, rasterize(points, triangles[: closed + 2], SIZE, SIZE))
    assert torch.equal(fine, rasterize_supersampled(points, triangles, SIZE, SIZE, 2)[1])
    assert (bare != seen).any() and (fine >= closed + 2).any()


def test_interpolation_has_exact_gradients():
    torch.manual_seed(0)
    vertices = tilted(0.3).double() + torch.randn(4, 3, dtype=torch.float64)
    points = CAMERA.project_with_distance(vertices)
    ids = rasterize(points.float(), TRIANGLES, 6, 6)
    colours = torch.rand(4, 2, dtype=torch.float64, requires_grad=True)
    places = points.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda p, c: interpolate(ids, p, TRIANGLES, c), (places, colours))


def test_interpolation_without_gradients_is_the_same():
    vertices = tilted(0.4)
    points = CAMERA.project_with_distance(vertices) * torch.tensor([0.6, 0.6, 1.0])  # a part stays empty
    ids = rasterize(points, TRIANGLES, SIZE, SIZE)
    attributes = torch.randn(4, 5)
    plain = interpolate(ids, points, TRIANGLES, attributes)
    assert torch.allclose(plain, interpolate(ids, points, TRIANGLES, attributes.requires_grad_()), atol=1e-5)
    assert (plain[ids < 0] == 0).all() and 0 < (ids < 0).sum() < SIZE * SIZE


def test_a_finer_grid_in_the_same_go_sees_what_it_sees_alone():
    model = load_default(0)
    places = model.mean + torch.tensor([0.0, 0.0, -600.0])
    points, fine_points = (camera.project_with_distance(places) for camera in (CAMERA, CAMERA.scaled(2)))
    coarse, fine = rasterize_supersampled(points, model.triangles, SIZE, SIZE, 2)
    assert torch.equal(coarse, rasterize(points, model.triangles, SIZE, SIZE))
    assert torch.equal(fine, rasterize(fine_points, model.triangles, 2 * SIZE, 2 * SIZE))


def test_leaving_out_what_faces_away_changes_nothing_on_a_closed_body():
    model = load_default(0)
    points = CAMERA.project_with_distance(model.mean + torch.tensor([0.0, 0.0, -600.0]))
    whole = rasterize(points, model.triangles, SIZE, SIZE)
    assert (whole >= 0).any()
    assert torch.equal(whole, rasterize(points, model.triangles, SIZE, SIZE, closed=len(model.triangles)))
    turned = TRIANGLES[:, [0, 2, 1]].contiguous()
    plane = CAMERA.project_with_distance(tilted(0.0))
    sides = {int(rasterize(plane, faces, SIZE, SIZE, closed=2).max()) for faces in (TRIANGLES, turned)}
    assert sides == {-1, 1}
