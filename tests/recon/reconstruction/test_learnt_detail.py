"""Wrinkles that a network knows, in a reconstruction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from recon.faces import load
from recon.geometry.cameras import Camera
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.detail.config import DetailConfig
from recon.methods.deca.detail.network import DetailedDeca
from recon.methods.deca.face import face_of
from recon.photos.framing import whole
from recon.photos.region import region_of
from recon.reconstruction.config import ReconstructionConfig
from recon.reconstruction.learnt_detail import learnt_detail
from recon.reconstruction.looking import look
from recon.reconstruction.pipeline import reconstruct_face

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_plane_is_displaced_as_the_map_says() -> None:
    """Two triangles that face the camera, their texture the unit square; the map rises from left to right."""
    vertices = np.array([[-50.0, -50, -500], [50, -50, -500], [50, 50, -500], [-50, 50, -500]])
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    uv = vertices[:, :2] / 100 + 0.5
    rising = np.tile(np.linspace(0.125, 3.875, 16, dtype=np.float32), (16, 1))
    fine = learnt_detail(vertices, triangles, uv, rising, Camera(500.0, (64.0, 64.0), 128), (128, 128), 12.0)
    places = fine.parents @ uv
    assert len(fine.vertices) == 81 and np.array_equal(fine.smooth, fine.parents @ vertices)
    inner = (places > 1 / 32).all(1) & (places < 31 / 32).all(1)
    np.testing.assert_allclose(fine.displacement_mm[inner], 4 * places[inner, 0], atol=1e-5)
    np.testing.assert_allclose(fine.vertices - fine.smooth, fine.displacement_mm[:, None] * [0, 0, 1], atol=1e-6)


def test_decas_wrinkles_are_in_the_mesh() -> None:
    coarse = DecaConfig(size=96, encoder="resnet18", norm="group", features=16, texture_px=32)
    torch.manual_seed(0)
    network = DetailedDeca(DetailConfig(coarse, "resnet18", 8, (8, 8)))
    with torch.no_grad():
        network.coarse.encoder.head.weight.zero_()  # the mean face, framed as photos are
        network.decoder.last.weight.normal_()
    network.freeze()
    codes = network.coarse.mean_codes(1, torch.device("cpu"))
    face = face_of(coarse, torch.device("cpu"))
    with torch.no_grad():
        picture = face.picture(face.vertices_mm(codes), codes, 128).rgb[0].clamp(0, 1).permute(1, 2, 0).numpy()
    photo, model = Image.fromarray((picture * 255).round().astype(np.uint8)), load("default")
    (found,) = look(photo, network, model, [whole(photo)])
    assert found is not None and found.mesh is not None and found.mesh.displacement_mm is not None
    region, config = region_of(photo, found.framing), ReconstructionConfig(texture_px=256)
    detailed = reconstruct_face(region, found, model, config)
    plain = reconstruct_face(region, found, model, replace(config, detail=None))
    low, high = found.mesh.displacement_mm.min(), found.mesh.displacement_mm.max()
    told = detailed.detail.displacement_mm
    assert np.ptp(told) > 0.5 * (high - low) and low - 1e-5 <= told.min() and told.max() <= high + 1e-5
    assert not plain.detail.displacement_mm.any()
    assert np.array_equal(plain.vertices, detailed.vertices)  # the coarse mesh is the same
