"""The shape with which eyes are as long as people's."""

import torch

from recon.faces import load
from recon.faces.proportions import INNER, INNER_MM, LIDS, OUTER, usual_eyes

MODEL = load("default")


def apart(vertices: torch.Tensor, ends: tuple[int, int]) -> float:
    one, other = vertices[MODEL.landmarks[list(ends)]]
    return float((one - other).norm())


def test_inner_corners_are_as_near_as_people_s_and_nothing_else_of_the_eyes_moves() -> None:
    shape = usual_eyes(MODEL)
    moved = MODEL.vertices(shape, torch.zeros(len(MODEL.expression_basis)))
    assert abs(apart(moved, INNER) - INNER_MM) < 0.01
    assert apart(MODEL.mean, INNER) > INNER_MM + 5  # what the model's makers gave it
    for ends in (OUTER, *LIDS):
        assert abs(apart(moved, ends) - apart(MODEL.mean, ends)) < 0.01
    for ends in ((21, 22), (48, 54), (27, 33)):  # nor much of the face
        assert abs(apart(moved, ends) - apart(MODEL.mean, ends)) < 1.0


def test_it_is_the_shape_nearest_to_the_mean() -> None:
    """Any other that keeps these lengths is farther: it has no part along the directions that change none of them."""
    shape = usual_eyes(MODEL).double().requires_grad_()
    ends = MODEL.landmarks[torch.tensor([INNER, OUTER, *LIDS])]
    places = MODEL.mean.double()[ends] + torch.einsum("k,kpni->pni", shape, MODEL.identity_basis.double()[:, ends])
    lengths = (places[:, 0] - places[:, 1]).norm(dim=1)
    slopes = torch.stack([torch.autograd.grad(one, shape, retain_graph=True)[0] for one in lengths])
    along = torch.linalg.lstsq(slopes.T, shape.detach()).solution
    assert float((slopes.T @ along - shape.detach()).norm()) < 0.02 * float(shape.detach().norm())
    assert float(shape.detach().norm()) < 3
