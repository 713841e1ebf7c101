import numpy as np
import trimesh
from PIL import Image

from recon.geometry.cameras import Camera
from recon.reconstruction.views import around, picture, picture_by, turntable, write_gif
from recon.render.second import second_picture

BALL = trimesh.creation.icosphere(subdivisions=3, radius=50.0)


def test_a_ball_is_a_disc_of_its_size_brightest_towards_the_light():
    shown = picture(BALL.vertices + [0, 0, -1000.0], BALL.faces, Camera(1000.0, (64.0, 64.0), 128))
    inside = (shown < 255).any(-1)
    radius = 1000.0 * 50 / np.sqrt(1000.0**2 - 50**2)
    assert abs(inside.sum() / (np.pi * radius**2) - 1) < 0.03
    assert shown[45, 45].mean() > shown[64, 64].mean() > shown[85, 90].mean()


def test_colours_are_shown_as_they_are():
    red = np.tile([1.0, 0.0, 0.0], (len(BALL.vertices), 1))
    shown = picture(BALL.vertices + [0, 0, -1000.0], BALL.faces, Camera(1000.0, (64.0, 64.0), 128), red)
    assert shown[64, 64].tolist() == [255, 0, 0] and shown[2, 2].tolist() == [255, 255, 255]


def test_the_other_renderer_draws_turntables_too():
    drawn: list[int] = []

    def draw(vertices, triangles, camera, colours):
        drawn.append(camera.size_px)
        return picture(vertices, triangles, camera, colours)

    assert len(turntable(BALL.vertices, BALL.faces, None, size=48, frames=4, draw=draw)) == len(drawn) == 4
    assert picture_by("own") is picture and picture_by("pyrender") is second_picture


def test_turned_meshes_stay_in_the_picture():
    places, camera = around(BALL.vertices + [300.0, 20.0, -2000.0], 40.0, 10.0, 96)
    pixels = camera.centre_px[0] + camera.focal_px * places[:, :2] / -places[:, 2:]
    assert pixels.min() > 0 and pixels.max() < 96
    frames = turntable(BALL.vertices, BALL.faces, None, size=48, frames=4)
    assert len(frames) == 4 and frames[0].shape == (48, 48, 3)


def test_an_animation_keeps_its_frames_and_their_colours(tmp_path):
    colours = np.clip(BALL.vertices / 100 + 0.5, 0, 1)
    frames = turntable(BALL.vertices, BALL.faces, colours, size=48, frames=8)
    write_gif(tmp_path / "ball.gif", frames, 12.5)
    with Image.open(tmp_path / "ball.gif") as read:
        assert read.n_frames == 8 and read.info["duration"] == 80
        for number, frame in enumerate(frames):
            read.seek(number)
            off = np.abs(np.asarray(read.convert("RGB"), int) - frame)
            assert off.mean() < 7  # 22 from the next frame; a rainbow in 256 colours
