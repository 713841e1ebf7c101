"""A volume through everything that comes after a network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from recon import assets
from recon.errors import UserError
from recon.faces import load
from recon.methods.pretrained import save_weights
from recon.methods.vrn.config import VRNConfig
from recon.methods.vrn.network import VRN
from recon.methods.vrn.training import target
from recon.methods.vrn.volume_network import Logits
from recon.photos.framing import Framing, frame
from recon.photos.region import region_of
from recon.reconstruction.config import ReconstructionConfig
from recon.reconstruction.looking import look
from recon.reconstruction.networks import BUNDLED, network_of
from recon.reconstruction.pipeline import reconstruct_face
from recon.reconstruction.results import project, summary
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

UNBUNDLED = [kind for kind in BUNDLED if not (assets.path("weights") / f"{kind}.safetensors").is_file()]
CONFIG = VRNConfig(128, 64, 64, 1.25, "plain", 16, 2, 3, "group")


def test_the_true_volume_gives_a_mesh_on_the_true_landmarks() -> None:
    model = load("default")
    record = render_record(model, draw_scene(model, 3, 2, SceneConfig(yaw_max_deg=15.0)), CONFIG.size)
    photo = Image.fromarray(frame(Image.fromarray(record.rgb), None, 2 * CONFIG.size))
    framing = Framing(2 * CONFIG.size * np.array([0.5, 0.47]), 0.27 * 2 * CONFIG.size, 0.0)  # the whole photo
    truth = target(CONFIG, False)(record)["volume"][None].float() * 40 - 20

    class Perfect(VRN):
        def forward(self, image: Tensor, landmarks_px: Tensor | None = None) -> Logits:
            return Logits(truth, None)

    (face,) = look(photo, Perfect(CONFIG), model, [framing])
    assert face is not None and face.mesh is not None
    result = reconstruct_face(region_of(photo, framing), face, model, replace(ReconstructionConfig(), detail=None))
    marks = project(result, result.vertices[model.landmarks.numpy()])
    assert np.linalg.norm(marks - 2 * record.landmarks_px, axis=1).mean() < 3.5  # px of 256; a voxel has 4
    assert "registration_residual_mm" not in summary(result)["quality"]


def test_a_volume_networks_file_is_known_by_its_kind(tmp_path: Path) -> None:
    file = tmp_path / "net.safetensors"
    save_weights(file, VRN(CONFIG))
    network = network_of(file, method="vrn")
    assert isinstance(network, VRN) and network.config == CONFIG
    with pytest.raises(UserError, match="holds a network of vrn, not of prnet"):
        network_of(file, method="prnet")
    save_weights(file, VRN(replace(CONFIG, variant="guided", landmark_width=16)))
    assert network_of(file, method="vrn-guided").name == network_of(file, method="vrn").name == "vrn"
    with pytest.raises(UserError, match="holds a network of vrn-guided, not of vrn-multitask"):
        network_of(file, method="vrn-multitask")


def test_heads_from_the_front_are_for_evaluation(tmp_path: Path) -> None:
    save_weights(tmp_path / "net.safetensors", VRN(replace(CONFIG, aligned=False)))
    with pytest.raises(UserError, match="shows heads from the front"):
        network_of(tmp_path / "net.safetensors")


@pytest.mark.parametrize("kind", UNBUNDLED)
def test_a_method_without_bundled_weights_says_so(kind: str) -> None:
    with pytest.raises(UserError, match=f"no weights of the method '{kind}' are bundled yet"):
        network_of(None, method=kind)
