from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from recon import assets
from recon.animate import actors, pictures
from recon.animate.actor import Actor, Pose, actor_from, shape_of
from recon.animate.animate import animate
from recon.animate.glb import write_glb
from recon.errors import UserError
from recon.faces import load
from recon.geometry.cameras import Camera
from recon.methods.base import Reconstructor
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.detail.config import DetailConfig
from recon.methods.deca.detail.network import DetailedDeca
from recon.people.wardrobe import DressConfig
from recon.photos.framing import whole
from recon.reconstruction.face_part import face_part
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

MODEL = load("default")
PLAIN = SceneConfig(dress=DressConfig(dressed=0), environment=0, yaw_max_deg=0, pitch_sd_deg=0, smile=0)
SIDE = 160
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def record():
    return render_record(MODEL, draw_scene(MODEL, 5, 3, PLAIN), SIDE)


@pytest.fixture(scope="module")
def actor(record) -> Actor:
    """Of a drawn face's true parameters."""
    pose = Pose(record.expression.astype(float), np.zeros(3), record.rotation.astype(float))
    camera = Camera(record.focal_px, tuple(record.centre_px.tolist()), SIDE)
    return actor_from(
        MODEL, record.identity.astype(float), pose, record.translation_mm.astype(float), camera, record.rgb
    )


def posed(actor: Actor, active: dict[str, float], jaw: float = 0.0) -> Pose:
    return Pose(MODEL.coefficients(active).double().numpy(), np.array([jaw, 0, 0]), np.eye(3))


def test_the_mesh_is_the_models_with_the_photos_relief(actor: Actor) -> None:
    pose = posed(actor, {"mouthSmileLeft": 1.0})
    smooth = replace(actor, relief=lambda *_: np.zeros(len(actor.uv))).mesh(pose)
    whole = shape_of(MODEL, actor.identity, pose)[face_part(MODEL).vertices]
    np.testing.assert_allclose(smooth, actor.parents @ whole, atol=1e-9)
    off = np.linalg.norm(actor.mesh(pose) - smooth, axis=1)
    np.testing.assert_allclose(off, np.abs(actor.relief(pose.expression, pose.jaw)), atol=1e-6)
    assert 0.01 < off.max() < 5


def test_expression_and_jaw_move_their_own_parts(actor: Actor) -> None:
    rest, chin = actor.mesh(posed(actor, {})), int(np.argmin(actor.mesh(posed(actor, {}))[:, 1]))
    for pose in (posed(actor, {"jawOpen": 1.0}), posed(actor, {}, 0.3)):
        moved = actor.mesh(pose)
        assert rest[chin, 1] - moved[chin, 1] > 8
        high = rest[:, 1] > 20  # the brows and above
        assert np.linalg.norm(moved - rest, axis=1)[high].max() < 1.0


def test_anothers_relief_changes_nothing_but_the_relief(actor: Actor) -> None:
    bumpy = replace(actor, relief=lambda *_: np.full(len(actor.uv), 1.0))
    lent, pose = actor.with_relief_of(bumpy), posed(actor, {"browInnerUp": 1.0})
    np.testing.assert_array_equal(lent.mesh(pose), bumpy.mesh(pose))
    assert lent.texture is actor.texture and lent.identity is actor.identity
    with pytest.raises(ValueError, match="fineness"):
        actor.with_relief_of(replace(bumpy, triangles=actor.triangles[:-1]))


def test_a_glb_holds_what_the_pictures_show(actor: Actor, tmp_path: Path) -> None:
    """Read again by hand: rest plus weights times targets are the frames' meshes, where one unit moves alone."""
    poses = [posed(actor, {"browInnerUp": amount}) for amount in (0.0, 0.5, 1.0)]
    assert write_glb(tmp_path / "face.glb", actor, poses, 10.0) == ("browInnerUp",)
    data = (tmp_path / "face.glb").read_bytes()
    assert data[:4] == b"glTF" and struct.unpack("<II", data[4:12]) == (2, len(data))
    length = struct.unpack("<I", data[12:16])[0]
    document, blob = json.loads(data[20 : 20 + length]), data[28 + length :]
    assert document["buffers"][0]["byteLength"] <= len(blob)

    def values(number: int) -> np.ndarray:
        about = document["accessors"][number]
        view, width = document["bufferViews"][about["bufferView"]], {"SCALAR": 1, "VEC2": 2, "VEC3": 3}[about["type"]]
        kind = np.uint32 if about["componentType"] == 5125 else np.float32
        return np.frombuffer(blob, kind, about["count"] * width, view["byteOffset"]).reshape(-1, width)

    primitive, animation = document["meshes"][0]["primitives"][0], document["animations"][0]["samplers"][0]
    assert np.array_equal(values(primitive["indices"]).reshape(-1, 3), actor.triangles)
    assert values(animation["input"])[:, 0].tolist() == pytest.approx([0, 0.1, 0.2])
    weights = values(animation["output"])[:, 0]
    assert weights.tolist() == pytest.approx([0, 0.5, 1])
    shape, target = values(primitive["attributes"]["POSITION"]), values(primitive["targets"][0]["POSITION"])
    base = actor.mesh(poses[0])
    middle = (base.max(0) + base.min(0)) / 2
    for pose, weight, tolerance in zip(poses, weights, (1e-5, 0.1, 1e-5), strict=True):  # normals turn in between
        np.testing.assert_allclose(1000 * (shape + weight * target) + middle, actor.mesh(pose), atol=tolerance + 1e-4)
    normals = values(primitive["attributes"]["NORMAL"])
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)


def test_decas_wrinkles_change_with_the_expression_while_the_code_stays(record) -> None:
    network = toy_deca()
    actor = actors.by_codes(network, record.rgb, 0.0)
    smile = posed(actor, {"mouthSmileLeft": 1.0})
    still, moved = (actor.relief(pose.expression, pose.jaw) for pose in (posed(actor, {}), smile))
    assert float(np.abs(still - moved).max()) > 1e-3 and float(np.abs(moved).max()) <= 10
    found = network.predict(torch.from_numpy(record.rgb.copy()).permute(2, 0, 1)[None].float() / 255)
    assert found.mesh is not None
    placed = shape_of(MODEL, actor.identity, actor.pose) @ actor.pose.rotation.T
    wanted = found.mesh.vertices_mm[0].double().detach().numpy()
    np.testing.assert_allclose(placed - placed.mean(0), wanted - wanted.mean(0), atol=1e-3)


def toy_deca(seed: int = 0) -> DetailedDeca:
    coarse = DecaConfig(size=48, encoder="resnet18", norm="group", features=16, texture_px=16)
    torch.manual_seed(seed)
    network = DetailedDeca(DetailConfig(coarse, "resnet18", 8, (8, 8)))
    torch.nn.init.normal_(network.decoder.last.weight)
    return network.freeze()


@pytest.fixture
def deca_sees(record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A photo, another's, and two frames of that one's, in which a face is taken for found; small pictures."""
    monkeypatch.setattr(pictures, "FRAME_PX", 48)
    monkeypatch.setattr(actors, "CROP_PX", 96)
    monkeypatch.setattr(actors, "find_faces", lambda image, *_: [SimpleNamespace(framing=whole(image))])
    Image.fromarray(record.rgb).save(tmp_path / "face.png")
    Image.fromarray(255 - record.rgb).save(tmp_path / "other.png")
    (tmp_path / "frames").mkdir()
    for number in range(2):
        Image.fromarray(np.roll(255 - record.rgb, 8 * number, 1)).save(tmp_path / "frames" / f"{number}.png")
    return tmp_path


def test_deca_moves_a_person_with_anothers_wrinkles_by_anothers_video(deca_sees: Path) -> None:
    """Expression, jaw and head are those of each frame; the shape is the photo's; the relief the lender's."""
    network = toy_deca()
    outcome = animate(
        deca_sees / "face.png",
        deca_sees / "out",
        network,
        source=deca_sees / "frames",
        detail_of=deca_sees / "other.png",
    )
    assert outcome.frames == 2 and not outcome.skipped
    told = json.loads((deca_sees / "out/result.json").read_text())
    assert told["targets"] and told["detail_of"].endswith("other.png")
    video = cv2.VideoCapture(str(deca_sees / "out/animation.mp4"))
    assert int(video.get(cv2.CAP_PROP_FRAME_COUNT)) == 2
    with Image.open(deca_sees / "out/animation.gif") as gif:
        assert getattr(gif, "n_frames", 1) == 2
    own, other = (actors.actor_of(deca_sees / name, network, 4.0) for name in ("face.png", "other.png"))
    lent = own.with_relief_of(other)
    pose = posed(own, {"browInnerUp": 1.0})
    assert np.array_equal(lent.relief(pose.expression, pose.jaw), other.relief(pose.expression, pose.jaw))
    assert not np.allclose(lent.relief(pose.expression, pose.jaw), own.relief(pose.expression, pose.jaw))
    assert np.array_equal(lent.identity, own.identity)
    with pytest.raises(UserError, match=r"there is no .*x: give FLAME"):
        animate(deca_sees / "face.png", deca_sees / "out", network, model="flame:x", swept=True)


@pytest.mark.slow
def test_a_photo_is_animated(record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the bundled network: files, and a person who is moved by the photos of a folder."""
    monkeypatch.setattr(pictures, "FRAME_PX", 48)
    monkeypatch.setattr(actors, "CROP_PX", 128)
    Image.fromarray(record.rgb).save(tmp_path / "face.png")
    (tmp_path / "frames").mkdir()
    Image.fromarray(record.rgb).save(tmp_path / "frames" / "0.png")
    Image.fromarray(np.full_like(record.rgb, 90)).save(tmp_path / "frames" / "1.png")
    network = Reconstructor.from_pretrained(assets.path("weights/pix2vertex.safetensors"))
    out = tmp_path / "out"
    outcome = animate(tmp_path / "face.png", out, network, source=tmp_path / "frames")
    assert outcome.frames == 1 and [name for name, _ in outcome.skipped] == ["1.png"]
    names = {"animation.gif", "animation.mp4", "animation.glb", "strip.jpg", "result.json"}
    assert {file.name for file in out.iterdir()} == names
    told = json.loads((out / "result.json").read_text())
    assert told["frames"] == 1 and told["detail_of"] is None and told["doubts"] == list(outcome.doubts)
    with pytest.raises(UserError, match="say what moves"):
        animate(tmp_path / "face.png", out, network, swept=True, source=tmp_path / "frames")
    with pytest.raises(UserError, match=r"1\.png"):
        animate(tmp_path / "frames" / "1.png", out, network, swept=True)
