import pytest

from recon.errors import UserError
from synth2real.dataset.where import Where

ROW = {"yaw_deg": -25.0, "age": None, "glasses": "round", "index": 7}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("yaw_deg < 20", True),
        ("abs(yaw_deg) < 20", False),
        ("-30 <= yaw_deg < -20", True),
        ("-30 <= yaw_deg < -25", False),
        ("glasses == 'round' and not index > 7", True),
        ("glasses != 'none' or index == 0", True),
        ("glasses in ['oval', \"round\"]", True),
        ("glasses not in ['oval', 'round']", False),
        ("age < 50", False),  # null meets no comparison
        ("age > 50", False),
        ("age != 50 or abs(age - 3) < 1 or -age < 0", False),
        ("2 * index + 1 == 15", True),
    ],
)
def test_what_holds(text, holds):
    assert Where(text)(ROW) is holds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "can't be understood"),
        ("yaw_deg <", "can't be understood"),
        ("1 < 2", "names no column"),
        ("open('x').read() == 1", "is not known"),
        ("__import__('os').system('x') == 0", "is not known"),
        ("yaw_deg.real > 1", "is not known"),
        ("[x for x in [1]] == yaw_deg", "is not known"),
        ("lambda: yaw_deg", "is not known"),
    ],
)
def test_what_makes_no_sense_is_refused(text, message):
    with pytest.raises(UserError, match=message):
        Where(text)


def test_what_makes_no_sense_of_a_row_is_refused():
    with pytest.raises(UserError, match="makes no sense of a row"):
        Where("glasses < 3")(ROW)
    with pytest.raises(UserError, match="no column yaw to select by; did you mean 'yaw_deg'"):
        Where("yaw < 3").refuse_unknown(list(ROW))
