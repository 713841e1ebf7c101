from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from recon.errors import UserError
from recon.evaluate.protocols.parsing import iou, score
from recon.faces.parsing import CLASS_OF_REGION, CLASSES
from recon.methods.base import FaceGeometry
from recon.synthesis.record import Record
from tests.fakes import MapsReconstructor, of_maps
from tests.recon.evaluate.known_answers import Blind


class Parser(MapsReconstructor):
    """Answers classes that were given."""

    def __init__(self, classes: np.ndarray) -> None:
        super().__init__()
        self.classes = torch.from_numpy(classes.astype(np.int64))

    def predict(self, image: Tensor) -> FaceGeometry:
        hot = torch.nn.functional.one_hot(self.classes, len(CLASSES)).permute(2, 0, 1)[None].float()
        blank = of_maps(torch.zeros_like(image[:, :1]), torch.zeros_like(image), torch.zeros_like(image))
        assert blank.maps is not None
        return replace(blank, maps=replace(blank.maps, classes=hot))


def test_true_classes_are_all_right_and_others_all_wrong(records: list[Record]) -> None:
    true = CLASS_OF_REGION[records[0].region]
    told = score(Parser(true), records[0])
    assert told["right"] == 1 and told["skin"] == 1
    assert all(np.isnan(told[name]) or told[name] == 1 for name in CLASSES)
    wrong = score(Parser((true + 1) % len(CLASSES)), records[0])
    assert wrong["right"] == 0 and wrong["skin"] == 0


def test_half_of_a_class_is_half_and_few_pixels_tell_nothing() -> None:
    true = np.zeros((8, 8), bool)
    true[:4] = True
    told = true.copy()
    told[:2] = False
    assert iou(told, true, 16) == 0.5
    assert np.isnan(iou(told, true, 33))


def test_a_network_without_a_parser_is_refused(records: list[Record]) -> None:
    with pytest.raises(UserError, match=r"network\.parser"):
        score(Blind(), records[0])
