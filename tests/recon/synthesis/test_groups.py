import pytest

from recon.errors import UserError
from recon.synthesis.config import SceneConfig
from recon.synthesis.groups import groups_of


def test_shares_add_up_and_ranges_are_half_open():
    low, high = groups_of({"yaw_deg": {"-90:0": 1, "0:90": 3}})["yaw_deg"]
    assert (low.share, high.share) == (0.25, 0.75)
    assert low.holds(-90.0) and not low.holds(0.0) and high.holds(0.0) and not high.holds(90.0)
    assert not low.holds(float("nan")) and not high.holds(float("nan"))


def test_other_is_every_word_that_was_not_named():
    none, round_, other = groups_of({"glasses": {"none": 1, "round": 1, "other": 2}})["glasses"]
    assert [group.holds("round") for group in (none, round_, other)] == [False, True, False]
    assert [group.holds("square") for group in (none, round_, other)] == [False, False, True]


@pytest.mark.parametrize(
    ("balance", "said"),
    [
        ({"yaw": {"0:1": 1}}, "did you mean"),
        ({"yaw_deg": {"left": 1}}, "low:high"),
        ({"yaw_deg": {"30:0": 1}}, "low:high"),
        ({"glasses": {}}, "shares"),
        ({"glasses": {"none": -1, "other": 2}}, "shares"),
        ({"glasses": {"none": 0}}, "shares"),
        ({"glasses": {"other": 1}}, "beside"),
        ({"glasses": {"none": float("inf")}}, "shares"),
    ],
)
def test_what_makes_no_sense_is_refused_where_the_scene_is_read(balance, said):
    with pytest.raises(UserError, match=said):
        SceneConfig(balance=balance)
