"""What an expression says, of models whose coefficients are units and of those whose are not."""

from dataclasses import replace

import pytest
import torch

from recon.faces import load
from recon.faces.model import LOOKS, Eyeball


def test_units_and_coefficients_are_each_other_s_inverse():
    model = load("default")
    expression = model.coefficients({"jawOpen": 0.5, "mouthSmileLeft": 0.25})
    assert expression.dtype == torch.float32 and expression.shape == (len(model.expression_basis),)
    assert int((expression != 0).sum()) == 2 and expression[model.expression_names.index("jawOpen")] == 0.5
    assert model.activations(expression) == {"jawOpen": 0.5, "mouthSmileLeft": 0.25}
    assert model.activations(expression.numpy()) == model.activations(expression)
    with pytest.raises(KeyError):
        model.coefficients({"jawOpne": 0.5})


def test_a_model_of_principal_components_says_what_its_units_are():
    """Three units in a space of five components: told exactly where they make the expression, nearest elsewhere."""
    units = torch.linalg.qr(torch.randn(5, 3, generator=torch.Generator().manual_seed(0))).Q.T * 2
    names = ("jawOpen", "mouthSmileLeft", "mouthSmileRight")
    model = replace(load("default"), expression_names=names, expression_units=units, eyeballs=())
    expression = model.coefficients({"jawOpen": 0.7, "mouthSmileRight": 0.2})
    assert torch.allclose(expression, 0.7 * units[0] + 0.2 * units[2])
    told = model.activations(expression)
    assert told["jawOpen"] == pytest.approx(0.7, abs=1e-5) and told["mouthSmileRight"] == pytest.approx(0.2, abs=1e-5)
    across = torch.linalg.svd(units).Vh[3]  # no unit moves along this
    assert model.activations(expression + across)["jawOpen"] == pytest.approx(0.7, abs=1e-5)


def test_an_eyeball_is_turned_by_the_units_of_its_side():
    names = [f"eyeLook{way}{side}" for side in ("Right", "Left") for way in LOOKS]
    right = Eyeball.named(torch.arange(3), "Right", names)
    assert right is not None and (right.out, right.into, right.up, right.down) == (0, 1, 2, 3) and right.outward == -1
    assert Eyeball.named(torch.arange(3), "Left", names[:-1]) is None
