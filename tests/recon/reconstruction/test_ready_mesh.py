"""A network that gives a mesh: the photo's mesh is that one, not a registration to maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from recon.errors import UserError
from recon.faces import load
from recon.methods.pretrained import save_weights
from recon.methods.prnet.config import PRNetConfig
from recon.methods.prnet.network import PRNet
from recon.photos.framing import Framing, frame
from recon.photos.region import region_of
from recon.reconstruction.config import ReconstructionConfig
from recon.reconstruction.looking import look
from recon.reconstruction.networks import bundled_network, network_of
from recon.reconstruction.pipeline import reconstruct_face
from recon.reconstruction.results import project, summary
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.targets import UvPositionTarget

SIZE = 128


def test_the_true_position_map_gives_a_mesh_on_the_true_landmarks() -> None:
    model = load("default")
    record = render_record(model, draw_scene(model, 3, 2, SceneConfig(yaw_max_deg=15.0)), SIZE)
    photo = Image.fromarray(frame(Image.fromarray(record.rgb), None, 2 * SIZE))
    framing = Framing(2 * SIZE * np.array([0.5, 0.47]), 0.27 * 2 * SIZE, 0.0)  # the crop is the whole photo
    truth = UvPositionTarget(SIZE)(record)["uv_position"][None]

    class Perfect(PRNet):
        def forward(self, image: Tensor) -> Tensor:
            return truth

    network = Perfect(PRNetConfig(SIZE, (8, 16, 16, 32, 32, 32), 2, "group", "bilinear"))
    (face,) = look(photo, network, model, [framing])
    assert face is not None and face.mesh is not None
    result = reconstruct_face(region_of(photo, framing), face, model, replace(ReconstructionConfig(), detail=None))
    marks = project(result, result.vertices[model.landmarks.numpy()])
    assert np.abs(marks - 2 * record.landmarks_px).max() < 1.5
    assert "registration_residual_mm" not in summary(result)["quality"]


def test_a_networks_file_says_its_method(tmp_path: Path) -> None:
    network = PRNet(PRNetConfig(64, (8, 16, 16, 32, 32, 32), 2, "group", "bilinear"))
    save_weights(tmp_path / "net.safetensors", network)
    assert network_of(tmp_path / "net.safetensors", method="prnet").name == "prnet"
    with pytest.raises(UserError, match="holds a network of prnet, not of pix2vertex"):
        network_of(tmp_path / "net.safetensors", method="pix2vertex")
    with pytest.raises(UserError, match="no network of the method 'prnett' is bundled"):
        bundled_network("prnett")
