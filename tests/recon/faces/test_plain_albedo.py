from __future__ import annotations

import torch

from recon.faces import load
from recon.faces.model import REGIONS
from recon.faces.plain_albedo import COLOURS, plain_albedo


def test_every_region_has_its_colour_and_fifty_modes_change_it() -> None:
    model = load("default")
    space = plain_albedo(model)
    assert space.mean.shape == (len(model.mean), 3) and space.basis.shape == (50, len(model.mean), 3)
    for name, colour in COLOURS.items():
        assert torch.equal(space.mean[model.region == REGIONS.index(name)][0], torch.tensor(colour))
    flat = space.basis[:, model.triangles[model.face].unique().long()].flatten(1).double()
    assert int(torch.linalg.matrix_rank(flat @ flat.T)) == 50
    pale, dark = space.colours(torch.tensor([-1.0])), space.colours(torch.tensor([1.0]))
    skin = model.region == REGIONS.index("skin")
    assert bool((pale[skin] > dark[skin]).all())
    eyes = model.region == REGIONS.index("eyes")
    torch.testing.assert_close(pale[eyes], dark[eyes])  # melanin is the skin's
