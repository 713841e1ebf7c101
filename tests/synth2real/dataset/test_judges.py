import json

import numpy as np
import pytest

from recon.errors import UserError
from recon.methods.pretrained import UNTOLD, digest, save_weights
from synth2real import bundled
from synth2real.dataset.judges import independence_of, introductions, open_judges, own_error
from tests.synth2real.gan_fakes import tiny_network


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("judge") / "one.safetensors"
    save_weights(path, tiny_network(0))
    return path


def result(weights):
    figures = [
        {"name": "depth_mean_mm", "label": "depth error, mean", "unit": "mm", "value": 2.876, "n": 500},
        {"name": "mask_iou", "label": "mask IoU", "unit": "", "value": 0.9551, "n": 500},
    ]
    about = {"title": "", "protocol": "renders", "settings": {}, "figures": figures, "notes": [], "weights": weights}
    return json.dumps(about | {"command": "", "commit": "", "date": ""})


def test_a_judge_tells_its_own_error_or_that_it_is_not_known(file):
    assert "its own error is not known" in own_error(file)
    file.with_suffix(".json").write_text(result({file.name: digest(file)}))
    assert own_error(file) == "its own error on 500 held-out renders: depth 2.88 mm, mask IoU 0.955"
    file.with_suffix(".json").write_text(result({file.name: "0" * 64}))
    assert own_error(file).startswith("one.json is of other weights, so its own error is not known")
    file.with_suffix(".json").unlink()


def card(network, weight=30.0):
    return {"inputs": {"geometry.network": network}, "experiment": {"geometry": {"weight": weight}}}


def test_what_is_said_of_the_judge_is_what_the_weights_say():
    judge = "0123456789abcdef" + 48 * "0"
    assert "was in no generator's loss" in independence_of([judge], {"a": card("f" * 16), "b": card(judge[:16], 0.0)})
    assert "was in the loss of b" in independence_of([judge], {"a": card("f" * 16), "b": card(judge[:16])})
    learnt_on = independence_of(["e" * 64, judge], {"b": card(judge[:16])})
    assert "or a network that it has learnt on from or that has learnt on from it, was in the loss of b" in learnt_on
    heir = card("e" * 16) | {"held_by": ["e" * 64, judge]}
    assert "was in the loss of b" in independence_of([judge], {"b": heir})
    assert "loss of b is not known" in independence_of([judge, UNTOLD], {"b": card("f" * 16)})
    assert "was in no generator's loss" in independence_of([judge, UNTOLD], {})
    assert "loss of a, c is not known" in independence_of([judge], {"a": {}, "b": card("f" * 16), "c": {"steps": 5600}})


def test_two_different_judges_are_needed(file):
    for files in ((file,), (file, file), (file, file, file)):
        with pytest.raises(UserError, match="--judge needs 2 different"):
            open_judges(files)


def test_the_bundled_judges_are_two_and_know_their_errors():
    files = bundled.judge_weights()
    judges = open_judges(files)
    assert [judge.letter for judge in judges] == ["a", "b"]
    assert judges[0].network.config.architecture != judges[1].network.config.architecture
    for line in introductions(files, {"generator": {}}):
        assert "its own error on" in line and "is not known" in line  # whether it held the generator
    assert np.all([file.with_suffix(".json").is_file() for file in files])
