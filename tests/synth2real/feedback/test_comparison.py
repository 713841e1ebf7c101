import numpy as np
import pytest

from synth2real.feedback.comparison import better_of, difference, verdict
from synth2real.feedback.report import differences, overall


def values(seeds, people, mean, spread=0.1, seed=0):
    random = np.random.default_rng(seed)
    return mean + np.linspace(-1, 1, people)[None] + spread * random.standard_normal((seeds, people))


def test_what_both_share_falls_out():
    """The people differ by 2, the arms by .5: paired, that is told from 20 people."""
    other = values(3, 20, 10.0)
    found = difference(0.95 * other, other, "renders")
    assert found.percent == pytest.approx(-5) and found.low == pytest.approx(-5) and found.high == pytest.approx(-5)
    assert (found.seeds, found.people, found.told) == (3, 20, True)


def test_by_hand():
    """Two people, one seed: the mean of (1 - 2, 5 - 4) over the mean of (2, 4) is 0."""
    found = difference(np.array([[1.0, 5.0]]), np.array([[2.0, 4.0]]), "a")
    assert found.percent == 0 and not found.told
    assert found.low == pytest.approx(-50) and found.high == pytest.approx(25)  # one person alone, drawn twice


def test_the_luck_of_seeds_widens_the_interval():
    other = values(3, 40, 10.0)
    lucky = other + np.array([[-1.0], [0.0], [1.0]])
    steady = difference(other - 0.01, other, "a")
    found = difference(lucky, other, "a")
    assert found.high - found.low > 5 * (steady.high - steady.low)


def test_intervals_cover():
    """Of 60 arms that are the same but for noise about 3 are told apart."""
    told = 0
    for i in range(60):
        random = np.random.default_rng(i)
        a, b = random.standard_normal((2, 1, 40)) + 10
        told += difference(a, b, "b").told
    assert 1 <= told <= 9


def test_only_common_seeds_are_compared_and_people_must_be_the_same():
    found = difference(values(1, 5, 9.0), values(3, 5, 10.0), "a")
    assert found.seeds == 1
    with pytest.raises(ValueError, match="same people"):
        difference(np.ones((1, 4)), np.ones((1, 5)), "a")


def test_the_verdict_says_no_more_than_is_known():
    better = difference(values(3, 20, 8.0), values(3, 20, 10.0, seed=1), "renders")
    assert verdict("held", "london", better).endswith("held is better.")
    worse = difference(values(1, 20, 12.0), values(1, 20, 10.0, seed=1), "renders")
    assert "one seed, whose luck" in verdict("held", "london", worse)
    assert verdict("held", "london", worse).endswith("held is worse.")
    same = difference(values(3, 20, 10.0), values(3, 20, 10.0, seed=1), "renders")
    assert "no difference can be told" in verdict("held", "london", same)
    few = difference(values(3, 5, 8.0), values(3, 5, 10.0, seed=1), "renders")
    assert few.high < 0 and verdict("held", "london", few).endswith("too few people to tell.")
    alone = difference(np.array([[1.0]]), np.array([[2.0]]), "renders")
    assert not alone.told and "nothing is known of others" in verdict("held", "scan", alone)


def test_the_better_is_of_the_named_ones_alone():
    of = {"a": np.full((1, 2), 3.0), "b": np.full((2, 2), 2.0), "c": np.full((1, 2), 1.0)}
    assert better_of(("a", "b"), of) == "b"


def test_the_overall_verdict_names_the_best_and_claims_no_more():
    def said(held):
        arms = {"renders": values(3, 20, 10.0), "strong": values(3, 20, 9.5, seed=1), "held": held}
        found = {"london": arms}
        return overall(found, ("renders", "strong"), differences(found, ("renders", "strong")))

    assert said(values(3, 20, 8.0, seed=2)).startswith(
        "Verdict: held is the best arm by london, better than strong (-1"
    )
    assert "which can't be told from strong" in said(values(3, 20, 9.2, spread=2.0, seed=2))
    assert said(values(3, 20, 11.0)) == "Verdict: no arm's error is below strong's by london."
