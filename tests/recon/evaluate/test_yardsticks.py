from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from recon.evaluate.answers import mesh_of
from recon.evaluate.networks import predict_images
from recon.evaluate.protocols import dense_nme
from recon.evaluate.yardsticks import blind_answers, mean_face
from recon.faces import load
from recon.geometry.similarity import fit_similarity
from recon.methods.prnet.config import PRNetConfig
from recon.methods.prnet.network import PRNet
from recon.methods.vrn.config import VRNConfig
from recon.methods.vrn.network import VRN
from recon.synthesis.record import Record
from tests.fakes import MapsReconstructor

PRNET = PRNetConfig(64, (8, 16, 16, 32, 32, 32), 2, "group", "bilinear")
VOLUME = VRNConfig(64, 64, 64, 1.0, "guided", 16, 2, 3, "group", landmark_width=0)


def test_the_mean_of_one_record_is_its_truth_and_another_s_is_not(records: list[Record]) -> None:
    networks = [PRNet(PRNET), VRN(VOLUME)]
    image, model = records[0].rgb[None], load("default")

    def errors(shown: list[Record]) -> list[float]:
        answers = [predict_images(one, image) for one in blind_answers(networks, shown) if one is not None]
        scores = [dense_nme.score(mesh_of(one, 0), one.ambiguity, records[0], model) for one in answers]
        return [score["dense_3d"] for score in scores]

    own, other = errors(records[:1]), errors(records[1:2])
    assert max(own) < 3, "what parallel rays, pixels and voxels of a 64th cost"
    assert all(2 * known < strange for known, strange in zip(own, other, strict=True))


def test_a_blind_answer_does_not_look_and_maps_have_none(records: list[Record]) -> None:
    class Maps(MapsReconstructor):
        name = "pix2vertex"

        def predict(self, image: torch.Tensor):  # type: ignore[no-untyped-def]
            raise AssertionError

    blind, nothing = blind_answers([PRNet(PRNET), Maps()], records[:2])
    assert nothing is None and isinstance(blind, PRNet)
    images = torch.rand(2, 3, 64, 64)
    assert torch.equal(blind(images)[0], blind(1 - images)[1])


def test_the_mean_face_lies_on_the_landmarks_of_any_models_record(records: list[Record]) -> None:
    model = load("default")
    mean = model.mean.double().numpy()
    marks = model.landmarks.numpy()
    turned = fit_similarity(mean[marks], records[1].landmarks_mm)(mean)
    true = replace(records[1], landmarks_mm=turned[marks].astype(np.float32), model="other")
    geometry = mean_face(true, model)
    assert geometry.mesh is not None
    np.testing.assert_allclose(geometry.mesh.vertices_mm[0].numpy(), turned, atol=1e-3)
    assert float(geometry.mask.sum()) == pytest.approx(records[1].mask.sum(), rel=0.25)
    seen = geometry.mesh.pixels[0, model.landmarks].numpy()
    assert np.linalg.norm(seen - records[1].landmarks_px, axis=1).mean() < 2


def test_a_volume_from_the_front_is_scored_by_its_shape_alone(records: list[Record]) -> None:
    turned = max(records, key=lambda record: abs(dense_nme.yaw_of(record)))
    (frontal,) = blind_answers([VRN(replace(VOLUME, aligned=False))], [turned])
    assert frontal is not None
    answer = predict_images(frontal, turned.rgb[None])
    score = dense_nme.score(mesh_of(answer, 0), answer.ambiguity, turned, load("default"))
    assert score["shape"] < 4 < score["dense_3d"]
