"""An arm as an experiment of `recon train`: the base, learning from the arm's images, with the arm's changes.

All arms have the same renders' scenes, held-out renders, steps, first weights and drawing order: seed by seed they
are pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from recon.configuration import changed, to_plain
from recon.errors import UserError, did_you_mean
from recon.methods.pretrained import digest
from recon.methods.registry import method
from recon.synthesis.config import SourceConfig
from recon.synthesis.source import held_out_of, open_source
from recon.train.experiment import Experiment, read_experiment, refuse_nonsense
from recon.train.run import HELD_OUT
from synth2real import bundled
from synth2real.dataset.make import make_dataset
from synth2real.dataset.translate import check_size
from synth2real.feedback.config import BUNDLED, Arm, FeedbackConfig
from synth2real.feedback.stages import stage
from synth2real.gan.generator import Generator

SEEDS_OF_A_ROUND = 1000


def read_base(config: FeedbackConfig) -> Experiment:
    """The experiment that all arms share, its scenes and held-out renders named by their seeds.

    Raises:
        UserError: it can't be read, has no such source, or the settings contradict themselves.
    """
    _refuse_nonsense(config)
    base = changed(read_experiment(config.base), config.changes, "changes")
    drawn = base.sources.get(config.source)
    if drawn is None or drawn.scene is None:
        near = did_you_mean(config.source, base.sources)
        raise UserError(f"{config.base} has no source '{config.source}' that draws a scene{near}: name one in source")
    if drawn.yaw_limit_deg is not None or drawn.model != "default":
        raise UserError(
            f"{config.base}: the generator translates scenes of the default model as they come: give "
            f"sources.{config.source} no yaw_limit_deg and no other model"
        )
    seed = base.seed if drawn.seed is None else drawn.seed  # the same scenes whatever the training's seed
    sources = {**base.sources, config.source: replace(drawn, seed=seed)}
    held_out = base.held_out or held_out_of(sources, base.seed, HELD_OUT)
    return replace(base, sources=sources, held_out=held_out)


def refuse_arms(config: FeedbackConfig, base: Experiment) -> None:
    """Raise a UserError for what any arm names or changes that can't be, before any work is done."""
    for name, arm in config.arms.items():
        experiment = experiment_of(arm, base, config, arm.dataset, 0, None)
        if arm.dataset is not None:
            open_source(name, experiment.sources["translated"], size_of(base), base.seed, None, 0)
        if arm.generator is not None:
            check_size(size_of(base), Generator.from_pretrained(generator_of(arm)))


def generator_of(arm: Arm) -> Path:
    """The file of the arm's generator, which it has."""
    return bundled.generator_weights() if arm.generator == BUNDLED else Path(str(arm.generator))


def dataset_of(arm: Arm, base: Experiment, config: FeedbackConfig, folder: Path, workers: int) -> str | None:
    """The dataset that the arm learns from, a folder or a Hub id; None: the renders alone. Made where it is not yet.

    folder: of all the run's data; arms of one generator share one dataset.
    """
    if arm.generator is None:
        return arm.dataset
    weights = generator_of(arm)
    drawn = base.sources[config.source]
    assert drawn.scene is not None and drawn.seed is not None
    settings = {"scene": to_plain(drawn.scene), "seed": drawn.seed, "count": drawn.count, "size": size_of(base)}
    settings["generator"] = digest(weights)
    place = folder / f"{weights.stem}_{settings['generator'][:8]}"
    wanted = {"scene": drawn.scene, "size": size_of(base), "seed": drawn.seed, "weights": weights, "workers": workers}
    stage(place, settings, lambda: make_dataset(place / "rows", drawn.count, **wanted))
    return str(place / "rows")


def experiment_of(
    arm: Arm, base: Experiment, config: FeedbackConfig, dataset: str | None, seed: int, start: Path | None
) -> Experiment:
    """What `recon train` is given for one training of an arm.

    Args:
        dataset: what `dataset_of` answered. seed: number of the training. start: weights to begin with; None: the
            base's.
    """
    sources = dict(base.sources)
    renders = sources[config.source]
    if dataset is not None:
        sources["translated"] = SourceConfig(weight=renders.weight * arm.share, dataset=dataset, image="image")
        sources[config.source] = replace(renders, weight=renders.weight * (1 - arm.share))
        if arm.share == 1:
            del sources[config.source]
    experiment = replace(base, sources=sources, seed=base.seed + seed)
    if start is not None:
        experiment = replace(experiment, start=str(start))
    experiment = changed(experiment, arm.changes, "an arm's changes")
    refuse_nonsense(experiment)
    return experiment


def size_of(base: Experiment) -> int:
    """px, of the images that the network learns from."""
    return method(base.method).target(base.network, base.amodal).size


def _refuse_nonsense(config: FeedbackConfig) -> None:
    if not config.scores:
        raise UserError("no scores are named: give one, such as scores.london.protocol")
    if not config.against:
        raise UserError("against names no arm: name one or two that the others are compared with")
    for name in config.against:
        if name not in config.arms:
            raise UserError(f"against: there is no arm '{name}'{did_you_mean(name, config.arms)}")
    for name, arm in config.arms.items():
        if arm.generator is not None and arm.dataset is not None:
            raise UserError(f"arm '{name}' has a generator and a dataset: give one")
    _refuse_names(config.arms)
    _refuse_names(config.scores)


def _refuse_names(named: Mapping[str, object]) -> None:
    for name in named:
        if Path(name).name != name or name.startswith("."):
            raise UserError(f"'{name}' can't be a folder's name: call it otherwise")
