import math

import pytest
import torch

from recon.errors import UserError
from recon.faces.parsing import CLASSES
from recon.methods.base import FaceGeometry, FaceMaps
from synth2real.gan.config import ParserLossConfig
from synth2real.gan.parser_loss import class_weights, has_parser, parser_loss, refuse_without_parser
from tests.synth2real.gan_fakes import TinyParser, TinyReconstructor

NAMES = ("skin", "lips", "teeth", "mouth_inside", "facial_hair")
SKIN, LIPS, TEETH, INSIDE, BEARD = (CLASSES.index(name) for name in NAMES)
CONFIG = ParserLossConfig(weight=1.0)


def answer(codes, sure=1.0) -> FaceGeometry:
    """A parser that sees these classes (H, W), with this probability."""
    rest = (1 - sure) / (len(CLASSES) - 1)
    seen = torch.nn.functional.one_hot(codes, len(CLASSES)).permute(2, 0, 1)[None] * (sure - rest) + rest
    zeros = torch.zeros(1, 3, *codes.shape)
    return FaceGeometry(FaceMaps(zeros[:, :1], zeros, zeros, classes=seen))


def mouth():
    """8 x 8 of skin with 2 x 4 pixels of lips; all of it is the face."""
    codes = torch.full((8, 8), SKIN)
    codes[4:6, 2:6] = LIPS
    return codes, codes[None, None].float(), torch.ones(1, 1, 8, 8)


def test_by_hand():
    codes, labels, mask = mouth()
    assert float(parser_loss(answer(codes), labels, mask, CONFIG)) == pytest.approx(0, abs=1e-5)
    half = float(parser_loss(answer(codes, 0.5), labels, mask, CONFIG))
    skin, lips = -math.log(0.5 + 0.5 / 11), math.log(2)  # of skin a beard is right as well; lips weigh four times
    assert half == pytest.approx((56 * skin + 4 * 8 * lips) / (56 + 4 * 8), abs=1e-4)
    painted = codes.clone()
    painted[4:6, 2:6] = TEETH
    wrong = float(parser_loss(answer(painted, 0.9), labels, mask, CONFIG))
    expected = (56 * -math.log(0.9 + 0.1 / 11) + 4 * 8 * -math.log(0.1 / 11)) / (56 + 4 * 8)
    assert wrong == pytest.approx(expected, rel=1e-3)


def test_labels_that_see_through_beards_call_them_skin():
    codes, labels, mask = mouth()
    bearded, shaven = codes.clone(), labels.clone()
    bearded[:4] = BEARD
    assert float(parser_loss(answer(bearded), labels, mask, CONFIG)) == pytest.approx(0, abs=1e-5)
    shaven[..., :4, :] = BEARD  # labels that do not, on skin
    assert float(parser_loss(answer(codes), shaven, mask, CONFIG)) > 1


def test_only_where_labels_are_exact():
    codes, labels, mask = mouth()
    mask[..., :4] = 0
    wrong = codes.clone()
    wrong[:, :4] = TEETH
    assert float(parser_loss(answer(wrong), labels, mask, CONFIG)) == pytest.approx(0, abs=1e-5)
    labels[..., 7, 0] = INSIDE  # the mouth's inside is drawn with the face, though no part of its mask
    assert float(parser_loss(answer(wrong), labels, mask, CONFIG)) > 0.1
    assert float(parser_loss(answer(wrong), torch.full_like(labels, SKIN), torch.zeros_like(mask), CONFIG)) == 0


def test_a_gradient_shows_the_way_from_teeth_that_the_network_is_sure_of():
    logits = torch.zeros(1, len(CLASSES), 1, 1)
    logits[:, TEETH] = 12
    logits.requires_grad_()
    zeros = torch.zeros(1, 3, 1, 1)
    seen = FaceGeometry(FaceMaps(zeros[:, :1], zeros, zeros, classes=logits.softmax(1)))
    parser_loss(seen, torch.full((1, 1, 1, 1), float(LIPS)), torch.ones(1, 1, 1, 1), CONFIG).backward()
    assert logits.grad is not None and float(logits.grad[0, TEETH]) > 0.5 and float(logits.grad[0, LIPS]) < -0.5


def test_weights_and_networks_without_a_parser():
    assert float(class_weights(ParserLossConfig(lips=7))[LIPS]) == 7 and float(class_weights(CONFIG)[SKIN]) == 1
    assert has_parser(TinyParser())
    with pytest.raises(UserError, match="needs a network with a parser"):
        refuse_without_parser(TinyReconstructor(), "parser.weight")
