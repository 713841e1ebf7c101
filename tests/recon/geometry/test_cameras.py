import torch

from recon.geometry.cameras import Camera


def test_projecting_what_was_unprojected_gives_the_pixel_centres():
    camera = Camera(310.0, (30.5, 33.0), 64)
    z = -torch.rand(64, 64, dtype=torch.float64) * 400 - 300
    places = camera.unproject(z)
    columns, rows = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="xy")
    expected = torch.stack([columns + 0.5, rows + 0.5], -1).double()
    assert torch.allclose(camera.project(places), expected, atol=1e-9)
    assert torch.equal(places[..., 2], z)


def test_axes_point_right_up_and_toward_the_viewer():
    camera = Camera.from_fov(20.0, 100)
    ahead = torch.tensor([0.0, 0.0, -500.0])
    assert torch.allclose(camera.project(ahead), torch.tensor([50.0, 50.0]))
    assert camera.project(ahead + torch.tensor([10.0, 0.0, 0.0]))[0] > 50
    assert camera.project(ahead + torch.tensor([0.0, 10.0, 0.0]))[1] < 50
    nearer = camera.project(ahead + torch.tensor([10.0, 0.0, 100.0]))
    assert nearer[0] > camera.project(ahead + torch.tensor([10.0, 0.0, 0.0]))[0]


def test_the_field_of_view_spans_the_image():
    camera = Camera.from_fov(40.0, 256)
    edge = 700.0 * torch.tan(torch.deg2rad(torch.tensor(20.0)))
    assert torch.allclose(camera.project(torch.tensor([edge, 0.0, -700.0]))[0], torch.tensor(256.0), atol=1e-3)


def test_a_finer_grid_sees_the_same_view():
    camera = Camera.from_fov(25.0, 64)
    points = torch.randn(50, 3) * 40 - torch.tensor([0.0, 0.0, 600.0])
    assert torch.allclose(camera.scaled(2).project(points), 2 * camera.project(points), atol=1e-3)
