from dataclasses import replace

import numpy as np
import pytest

from recon.faces import load
from recon.faces.model import REGIONS
from synth2real.evaluate.mouths import closed_lips, lift, opened, raised, share_figure
from tests.recon.synthesis.fake_records import fake_record
from tests.synth2real.gan_fakes import TinyParser


def mouths(rise=0.0, turn=0.0):
    """One face's landmarks: a mouth 10 px wide whose corners lie `rise` above its middle, turned."""
    points = np.zeros((1, 68, 2))
    points[0, 48], points[0, 54], points[0, 51], points[0, 57] = (0, -rise), (10, -rise), (5, -2), (5, 2)
    c, s = np.cos(turn), np.sin(turn)
    return points @ np.array([[c, s], [-s, c]])


def test_the_corners_by_hand_whatever_the_roll():
    assert lift(mouths(1.0))[0] == pytest.approx(0.1)
    assert lift(mouths(-2.0, turn=0.7))[0] == pytest.approx(-0.2)


def records(smile, teeth):
    names = load("default").expression_names
    record = fake_record(0, 0, 32)
    expression = np.zeros(len(names), np.float32)
    expression[names.index("mouthSmileLeft")] = smile
    region = np.full((32, 32), REGIONS.index("skin"), np.uint8)
    region[3, 3:6] = REGIONS.index("teeth") if teeth else region[3, 3:6]
    return [replace(record, expression=expression, region=region)]


def test_only_unsmiling_faces_count_as_made_to_smile():
    assert raised(records(0.0, False), mouths(1.0), mouths(0.0)) == [1]
    assert raised(records(0.0, False), mouths(0.3), mouths(0.0)) == [0]
    assert np.isnan(raised(records(0.5, False), mouths(1.0), mouths(0.0)))
    assert np.isnan(raised(records(0.0, False), mouths(1.0), mouths(np.nan)))


def test_only_closed_lips_count_as_opened():
    image = np.zeros((1, 32, 32, 3), np.uint8)
    assert closed_lips(records(0, False)[0]) and not closed_lips(records(0, True)[0])
    line = np.full((128, 128), REGIONS.index("skin"), np.uint8)
    line[10, :16] = REGIONS.index("teeth")  # .1 % of the face: the line between closed lips
    assert closed_lips(replace(records(0, False)[0], region=line))
    line[10, 16] = REGIONS.index("mouth_inside")
    assert not closed_lips(replace(records(0, False)[0], region=line))
    assert opened(TinyParser(), records(0, False), image)[0] in (0, 1)
    assert np.isnan(opened(TinyParser(), records(0, True), image)[0])


def test_a_share_with_its_interval():
    """Wilson's interval of 0 of 300 ends at z^2 / (n + z^2); of 30 of 300 it is 7.1 to 13.9 %."""
    none = share_figure("opened", "opened", np.array([0.0] * 300 + [np.nan]), "row")
    assert (
        none is not None
        and (none.value, none.low, none.n) == (0, 0, 300)
        and none.high == pytest.approx(1.264, abs=0.01)
    )
    some = share_figure("opened", "opened", np.repeat([1.0, 0.0], [30, 270]), "row")
    assert some is not None and (some.low, some.high) == (pytest.approx(7.1, abs=0.1), pytest.approx(13.9, abs=0.1))
    assert share_figure("opened", "opened", np.array([np.nan]), "row") is None
