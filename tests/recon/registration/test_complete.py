from __future__ import annotations

import numpy as np
import torch

from recon.faces import load
from recon.faces.outer import labelled
from recon.registration.complete import complete


def test_told_vertices_stay_and_the_others_follow_the_face() -> None:
    """A face of the model, turned, scaled and told without mouth, eyes' backs and the back of the head."""
    model = load("default")
    rng = np.random.default_rng(3)
    identity = rng.normal(0, 1, len(model.identity_basis)).astype(np.float32)
    expression = model.coefficients({"jawOpen": 0.6})
    shape = model.vertices(torch.from_numpy(identity), expression).double().numpy()
    turn = np.array([[0.8, 0, 0.6], [0, 1, 0], [-0.6, 0, 0.8]])
    truth = 1.1 * shape @ turn.T + [3.0, -4.0, 9.0]
    told = np.zeros(len(truth), bool)
    told[np.unique(model.triangles[model.face].numpy())] = True
    noise = np.where(told[:, None], rng.normal(0, 0.1, truth.shape), 1000.0)  # what is not told is not read
    done = complete(truth + noise, told, model)
    skin = told & ~labelled(model, "eyes")
    np.testing.assert_allclose(done.vertices[skin], (truth + noise)[skin], atol=1e-4)
    away = np.linalg.norm(done.vertices - truth, axis=1)
    assert np.median(away[~told]) < 3 and away[labelled(model, "eyes")].max() < 2
    assert np.percentile(away[labelled(model, "mouth_inside")], 95) < 5
    assert done.history == () and (done.matched == told).all()
