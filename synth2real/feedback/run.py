"""`feedback` whole: data, trainings, scores, table; each a stage, so that a killed run goes on where it was.

out/data/...                              renders, and each generator's translations of them
out/round_1/ARM/seed_0/network/           a training of `recon train`, its weights.safetensors
out/round_1/ARM/seed_0/scores/london/     what a protocol said of it
out/round_1/feedback.json, .md, curves.png
out/round_2/...                           the same from the best arm's network, with --adopt
out/adopted.safetensors                   the network that was adopted last
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from recon.configuration import to_plain
from recon.errors import UserError
from recon.evaluate.results import Result
from recon.files import only_run_in, whole_file
from recon.methods.pretrained import digest
from recon.synthesis.source import content, open_source
from recon.train.experiment import Experiment
from recon.train.run import train
from recon.train.settings import FREE
from synth2real.feedback.arms import SEEDS_OF_A_ROUND, dataset_of, experiment_of, read_base, refuse_arms, size_of
from synth2real.feedback.comparison import better_of
from synth2real.feedback.config import FeedbackConfig
from synth2real.feedback.report import held_out_curve, result_of, write_curves
from synth2real.feedback.scores import Known, Scored, known, score_network, settings_of
from synth2real.feedback.stages import stage

ADOPTED = "adopted.safetensors"


def run_feedback(
    config: FeedbackConfig,
    out: Path,
    *,
    rounds: int = 1,
    adopt: bool = False,
    workers: int = 1,
    command: Sequence[str] = ("synth2real", "feedback"),
) -> list[Result]:
    """Make `out` hold `rounds` rounds, going on from what is there; -> what each found.

    Args:
        adopt: the best arm's network becomes `out/adopted.safetensors`, and the start of the next round.
        workers: processes that make data. command: for the results.
    Raises:
        UserError: what the configuration names can't be had, or `out` was begun with something else.
    """
    if rounds > 1 and not adopt:
        raise UserError("--rounds needs --adopt: the next round begins with the network that was adopted")
    what = {name: known(name, score) for name, score in config.scores.items()}
    for name, score in config.scores.items():
        settings_of(name, score)
    base = read_base(config)
    refuse_arms(config, base)
    results, start = [], None
    with only_run_in(out):
        data = {name: dataset_of(arm, base, config, out / "data", workers) for name, arm in config.arms.items()}
        for number in range(1, rounds + 1):
            values, networks = _round(config, base, data, out, number, start)
            folder = out / f"round_{number}"
            results.append(_report(config, base, values, networks, what, folder, command))
            if adopt:
                best = better_of(tuple(config.arms), values[next(iter(config.scores))])
                start = networks[best][0]  # the first seed's: the best one's would be chosen by what it is scored by
                with whole_file(out / ADOPTED) as temporary:
                    shutil.copyfile(start, temporary)
    return results


def _round(
    config: FeedbackConfig,
    base: Experiment,
    data: Mapping[str, str | None],
    out: Path,
    number: int,
    start: Path | None,
) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, list[Path]]]:
    """-> score -> arm -> (seeds, people), and arm -> weights of its trainings.

    data: arm -> its dataset. start: weights that all begin with; None: the base's.
    """
    values: dict[str, dict[str, np.ndarray]] = {name: {} for name in config.scores}
    networks: dict[str, list[Path]] = {}
    people: dict[str, tuple[str, ...]] = {}
    for name, arm in config.arms.items():
        scored: dict[str, list[Scored]] = {score: [] for score in config.scores}
        networks[name] = []
        for seed in range(arm.seeds):
            folder = out / f"round_{number}" / name / f"seed_{seed}"
            drawn = SEEDS_OF_A_ROUND * (number - 1) + seed
            experiment = experiment_of(arm, base, config, data[name], drawn, start)
            weights = _train(experiment, folder, out / "data" / "renders")
            networks[name].append(weights)
            for score, asked in config.scores.items():
                scored[score].append(score_network(score, asked, weights, folder / "scores" / score))
        for score, several in scored.items():
            for one in several:
                if people.setdefault(score, one.people) != one.people:
                    raise UserError(f"{score} scored other people in arm '{name}': delete its folder scores/{score}")
            values[score][name] = np.stack([one.values for one in several])
    return values, networks


def _train(experiment: Experiment, folder: Path, cache: Path) -> Path:
    """A training as a stage; -> its weights."""
    size, seed = size_of(experiment), experiment.seed
    opened = {name: open_source(name, one, size, seed, None, 0) for name, one in experiment.sources.items()}
    plain = {key: value for key, value in to_plain(experiment).items() if key not in FREE}
    settings = {"experiment": plain, "data": {name: content(one.key()) for name, one in opened.items()}}
    if experiment.start is not None and Path(experiment.start).is_file():
        settings["start"] = digest(Path(experiment.start))
    stage(folder, settings, lambda: train(experiment, folder / "network", cache))
    return folder / "network" / "weights.safetensors"


def _report(
    config: FeedbackConfig,
    base: Experiment,
    values: dict[str, dict[str, np.ndarray]],
    networks: dict[str, list[Path]],
    what: dict[str, Known],
    folder: Path,
    command: Sequence[str],
) -> Result:
    """Write feedback.json, feedback.md and curves.png to `folder`."""
    weights = {f"{arm}/seed_{i}": digest(file) for arm, files in networks.items() for i, file in enumerate(files)}
    settings = {**to_plain(config), "experiment": to_plain(base)}
    result = result_of(values, what, config.against, settings, weights)
    result.write(folder, "feedback", command)
    with whole_file(folder / "feedback.md") as temporary:
        temporary.write_text(result.markdown())
    curves = {arm: [held_out_curve(file.parent) for file in files] for arm, files in networks.items()}
    write_curves(folder / "curves.png", values, what, curves)
    return result
