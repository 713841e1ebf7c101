import numpy as np
import torch

from recon.faces.default import load_default
from recon.faces.variation import ASYMMETRY, LENGTHS_MM, SPREADS_MM, varied


def test_the_origin_and_the_bust_stay():
    places = torch.tensor([[0.0, 0.0, 0.0], [60.0, -170.0, -100.0], [0.0, -400.0, 0.0]])
    assert torch.allclose(varied(places, 5), places, atol=1e-5)


def test_the_spread_is_what_is_said_and_near_places_move_alike():
    """Away from the middle, where both sides are independent; the origin's own displacement is subtracted."""
    places = torch.tensor([[150.0, 0.0, 0.0], [152.0, 0.0, 0.0], [0.0, 0.0, 2000.0]])
    moves = torch.stack([varied(places, seed) - places for seed in range(600)])
    spread = np.sqrt(np.square(SPREADS_MM).sum())
    # (1 - a) symmetric + a own: the symmetric one holds the own with 1 / sqrt(2).
    gain = np.sqrt((1 - ASYMMETRY) ** 2 + ASYMMETRY**2 + np.sqrt(2) * ASYMMETRY * (1 - ASYMMETRY))
    along = moves[:, 2, 1]  # y in the middle plane, where a mirrored field is its own mirror image
    middle = spread * (np.sqrt(2) * (1 - ASYMMETRY) + ASYMMETRY)
    assert abs(float(along.std()) / (np.sqrt(2) * middle) - 1) < 0.12
    assert float(moves[:, 0].std()) > spread * gain
    assert float((moves[:, 0] - moves[:, 1]).norm(dim=1).mean()) < 3 * 2.0 * spread * gain / min(LENGTHS_MM)


def test_a_seed_is_a_shape_and_faces_stay_nearly_symmetric():
    model = load_default(0)
    one, other = varied(model.mean, 1), varied(model.mean, 2)
    assert torch.equal(one, varied(model.mean, 1)) and (one - other).abs().max() > 2
    flip = torch.tensor([-1.0, 1.0, 1.0])
    moves, mirrored = one - model.mean, (varied(model.mean * flip, 1) - model.mean * flip) * flip
    assert (moves - mirrored).norm(dim=1).mean() < 0.35 * moves.norm(dim=1).mean()
