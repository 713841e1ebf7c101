"""What a round of feedback found: a table, a verdict in words, curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recon.evaluate.metrics.intervals import bootstrap_interval
from recon.evaluate.results import Figure, Result
from recon.files import whole_file
from synth2real.feedback.comparison import Difference, better_of, difference, verdict
from synth2real.feedback.scores import Known

Values = Mapping[str, Mapping[str, np.ndarray]]  # score -> arm -> (seeds, people) float, less is better
Curves = Mapping[str, Sequence[tuple[str, np.ndarray, np.ndarray]]]  # arm -> of each seed, see `held_out_curve`


def differences(values: Values, against: tuple[str, ...]) -> dict[str, dict[str, Difference]]:
    """score -> arm -> its difference from the better of `against`, for every arm but that one."""
    found: dict[str, dict[str, Difference]] = {}
    for score, arms in values.items():
        best = better_of(against, arms)
        found[score] = {name: difference(own, arms[best], best) for name, own in arms.items() if name != best}
    return found


def result_of(
    values: Values,
    what: Mapping[str, Known],
    against: tuple[str, ...],
    settings: Mapping[str, Any],
    weights: Mapping[str, str],
) -> Result:
    """The table, a row an arm: each score's mean, and the paired difference from the better of `against`.

    Args:
        what: score -> what it is. settings, weights: for the result.
    """
    compared = differences(values, against)
    arms = list(next(iter(values.values())))
    figures: list[Figure] = []
    for arm in arms:
        for score, of_arms in values.items():
            figures.append(_mean(score, what[score], arm, of_arms[arm]))
            if (found := compared[score].get(arm)) is not None:
                figures.append(_change(score, arm, found))
    seeds = {arm: len(next(iter(values.values()))[arm]) for arm in arms}
    notes = [
        overall(values, against, compared),
        f"Trainings of each arm, of equal steps and from one start: {', '.join(f'{a} {n}' for a, n in seeds.items())}.",
        "A mean's interval is over people, each being the mean over the arm's trainings. A change is that of the error "
        "against the better of " + " and ".join(against) + " by that score, paired by seed and person, the interval "
        "drawn over both; below 0 is better.",
        *(verdict(arm, score, one) for score, of_arms in compared.items() for arm, one in of_arms.items()),
    ]
    return Result(
        "Feedback: networks trained on the generator's images",
        "feedback",
        settings,
        tuple(figures),
        tuple(notes),
        weights,
    )


def overall(values: Values, against: tuple[str, ...], compared: Mapping[str, Mapping[str, Difference]]) -> str:
    """The verdict by the first score: which arm is best, and whether it is told from the better of `against`."""
    score, arms = next(iter(values.items()))
    best = better_of(tuple(arms), arms)
    if best not in compared[score] or best in against:
        return f"Verdict: no arm's error is below {best}'s by {score}."
    found = compared[score][best]
    told = f"better than {found.against}" if found.told else f"which can't be told from {found.against}"
    return f"Verdict: {best} is the best arm by {score}, {told} ({found.percent:+.1f} %)."


def write_curves(file: Path, values: Values, what: Mapping[str, Known], curves: Curves) -> None:
    """A picture: the held-out score over the steps, and for each score the share of people within an error."""
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5 * (1 + len(values)), 4), layout="constrained")
    first, *rest = picture.subplots(1, 1 + len(values), squeeze=False)[0]
    for number, (arm, runs) in enumerate(curves.items()):
        for i, (name, steps, scores) in enumerate(runs):
            first.set_ylabel(name)
            first.plot(steps, scores, ".-", color=f"C{number}", alpha=0.8, label=arm if i == 0 else None)
    first.set(xlabel="step", title="held-out renders, while training")
    for axes, (score, arms) in zip(rest, values.items(), strict=True):
        for number, (arm, own) in enumerate(arms.items()):
            errors = np.sort(own.mean(0))
            shares = np.arange(len(errors) + 1) / len(errors)
            axes.step([errors[0], *errors], shares, where="post", color=f"C{number}", label=arm)
        axes.set(xlabel=what[score].of, ylabel="share of people", title=score, ylim=(0, 1.02))
    for axes in (first, *rest):
        axes.grid(alpha=0.3)
        axes.legend()
    with whole_file(file) as temporary:
        picture.savefig(temporary, format="png", dpi=110)


def held_out_curve(run_dir: Path) -> tuple[str, np.ndarray, np.ndarray]:
    """The name, steps and values of the first figure that a training logged of its held-out renders."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run_dir / "tensorboard"))
    events.Reload()
    tags = sorted(tag for tag in events.Tags()["scalars"] if tag.startswith("evaluation/"))
    points = events.Scalars(tags[0]) if tags else []
    name = tags[0].partition("/")[2] if tags else "nothing logged"
    return name, np.array([point.step for point in points]), np.array([point.value for point in points])


def _mean(score: str, what: Known, arm: str, own: np.ndarray) -> Figure:
    people = own.mean(0)
    low, high = bootstrap_interval(people)
    interval = (low, high) if np.isfinite(low) else (None, None)
    return Figure(score, score, what.of, float(people.mean()), len(people), *interval, group=arm)


def _change(score: str, arm: str, found: Difference) -> Figure:
    interval = (found.low, found.high) if np.isfinite(found.low) else (None, None)
    return Figure(f"{score}_change", f"{score}, change", "%", found.percent, found.people, *interval, group=arm)
