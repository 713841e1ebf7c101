import torch

from recon.faces.parsing import CLASSES
from synth2real.gan.conditions import condition_channels, condition_of
from tests.synth2real.gan_fakes import TinyParser, TinyReconstructor, render_batch


def test_what_a_discriminator_is_shown_is_hard_and_has_no_gradient():
    image = render_batch(0)["rgb"].requires_grad_()
    maps = condition_of(TinyParser().predict(image))
    face, places, classes = maps.split([1, 3, len(CLASSES)], 1)
    assert maps.shape[1] == condition_channels(parser=True) and not maps.requires_grad
    assert set(face.unique().tolist()) <= {0.0, 1.0} and torch.equal(classes.sum(1), torch.ones_like(classes[:, 0]))
    assert float((places * (1 - face)).abs().max()) == 0 and 0 <= float(places.min()) <= float(places.max()) <= 1


def test_without_a_parser_mask_and_places_are_left():
    with torch.no_grad():
        maps = condition_of(TinyReconstructor().predict(render_batch(0)["rgb"]))
    assert maps.shape[1] == condition_channels(parser=False) == 4
