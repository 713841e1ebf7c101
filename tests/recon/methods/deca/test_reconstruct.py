"""From what DECA answers to files: the mesh, the albedo and the light."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from recon.faces import load
from recon.methods.deca.codes import Codes
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.face import face_of
from recon.methods.deca.network import Deca
from recon.photos.framing import whole
from recon.photos.region import region_of
from recon.reconstruction.config import ReconstructionConfig
from recon.reconstruction.look_sheet import mesh_points
from recon.reconstruction.looking import look
from recon.reconstruction.pipeline import reconstruct_face
from recon.reconstruction.results import project, write_result
from recon.reconstruction.sheet import CELL_PX

pytestmark = pytest.mark.usefixtures("one_thread")
CONFIG = DecaConfig(size=96, encoder="resnet18", norm="group", features=32, texture_px=48)
CPU = torch.device("cpu")


class Told(Deca):
    """Answers the same codes always."""

    answer: Codes

    def codes(self, image: Tensor) -> Codes:
        return self.answer


def test_the_codes_of_a_picture_become_its_mesh_albedo_and_light(tmp_path: Path) -> None:
    network, model = Told(CONFIG).freeze(), load("default")
    mean = network.mean_codes(1, CPU)
    pose = torch.tensor([[0.1, 0.6, 0.0, 0.1, 0.0, 0.0]])
    texture = torch.nn.functional.one_hot(torch.tensor([0]), 50) * 2.0
    light = mean.light.clone()
    light[0, 3:6] = 0.2  # from above
    network.answer = replace(mean, pose=pose, texture=texture, light=light)
    face = face_of(CONFIG, CPU, whole=True)
    vertices = face.vertices_mm(network.answer)
    picture = face.picture(vertices, network.answer, 192).over(torch.full((1, 3, 192, 192), 0.2))
    photo = Image.fromarray((picture[0].clamp(0, 1).permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
    framing = whole(photo)
    (found,) = look(photo, network, model, [framing])
    assert found is not None and found.look is not None
    assert abs(found.seen.pose.rotation[0, 2] - np.sin(0.6)) < 0.03  # turned by the pose
    result = reconstruct_face(region_of(photo, framing), found, model, replace(ReconstructionConfig(), detail=None))
    wanted = (face.landmarks(vertices, network.answer)[0] + 1).numpy() * 96
    assert np.abs(project(result, result.vertices[model.landmarks.numpy()]) - wanted).max() < 1.5
    write_result(tmp_path, result, region_of(photo, framing), {}, ("obj",))
    with Image.open(tmp_path / "albedo.png") as kept:
        albedo = np.asarray(kept) / 255.0
    np.testing.assert_allclose(albedo, face.albedo(network.answer)[0].permute(1, 2, 0).clamp(0, 1), atol=0.003)
    told = np.array(json.loads((tmp_path / "result.json").read_text())["light"])
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.size == (3 * CELL_PX, 2 * CELL_PX)
    assert found.marks is not None and found.marks.visible.any() and not found.marks.visible.all()
    np.testing.assert_allclose(mesh_points(result), wanted * CELL_PX / 192, atol=3)
    assert told.shape == (9, 3) and told[0].tolist() == [1, 1, 1] and told[1] == pytest.approx([0.2] * 3, abs=1e-5)
