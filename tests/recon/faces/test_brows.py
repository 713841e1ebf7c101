"""Where brows lie: on the template's line, and where a drawn person has them."""

import torch

from recon.faces.brows import along_brow


def test_a_brow_like_the_template_s_lies_where_it_does_to_the_bit() -> None:
    height, along = torch.randn(50), torch.rand(50)
    drawn = along_brow(height, along, height_mm=0.0, tilt_mm=0.0, outer=0.0, inner=1.0)
    assert torch.equal(drawn[0], height) and torch.equal(drawn[1], along)


def test_its_ends_lie_where_they_were_put() -> None:
    line, ends = torch.zeros(2), torch.tensor([0.2, 0.9])
    height, along = along_brow(line, ends, height_mm=-2.0, tilt_mm=3.0, outer=0.2, inner=0.9)
    assert torch.allclose(along, torch.tensor([0.0, 1.0]))
    # The template's line, seen from a brow 2 mm lower whose outer end is 1.5 mm lower still, the inner one higher.
    assert torch.allclose(height, torch.tensor([3.5, 0.5]))
