"""A training from one experiment to weights: every method's, in the same few lines.

From here to an equation: the method's `losses` (recon/methods/<method>/training.py), and the file that it calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.optim import Adam, Optimizer, RMSprop
from torch.optim.lr_scheduler import LambdaLR

from recon.configuration import to_plain
from recon.errors import UserError
from recon.methods.base import Reconstructor
from recon.methods.pretrained import Pretrained, digest, lineage_of, network_digest, save_weights, weights_file
from recon.methods.registry import Method, method
from recon.synthesis.person_tree import PersonTree
from recon.synthesis.source import Source, content, held_out_of, open_source
from recon.synthesis.targets import Target, WithMaps
from recon.train.augment import augment
from recon.train.averaging import Ema
from recon.train.batches import Batch, Batches, first_batches
from recon.train.experiment import Experiment, rate
from recon.train.loop import descend, fit, main_first, run_folder
from recon.train.muon import BETAS, Muon
from recon.train.retexture import read_textures, retexture
from recon.train.settings import keep_settings
from recon.train.state import State

FETCHED = "vgg19"  # by torchvision, the same for all
HELD_OUT, HELD_OUT_BATCH = 256, 32


def train(experiment: Experiment, run_dir: Path, cache: Path | None = None) -> Path:
    """Train, resuming exactly what is in `run_dir`; -> `run_dir/weights.safetensors`, the averaged network's.

    Args:
        cache: folder that keeps drawn records as datasets, for all runs; without it they are drawn when needed.
    Raises:
        UserError: what the experiment names can't be had, `run_dir` was begun with something else, can't be written,
            or another run is at work there.
    """
    with run_folder(run_dir):
        return _train(experiment, run_dir, cache)


def _train(experiment: Experiment, run_dir: Path, cache: Path | None) -> Path:
    known, start = method(experiment.method), starting_network(experiment)
    began_with = None if experiment.start is None else lineage_of(weights_file(experiment.start))
    size = known.target(experiment.network, experiment.amodal).size
    opened = partial(open_source, size=size, seed=experiment.seed, cache=cache, workers=experiment.workers)
    with main_first():
        sources = {name: opened(name, config) for name, config in experiment.sources.items()}
        kept = opened("held_out", experiment.held_out or held_out_of(experiment.sources, experiment.seed, HELD_OUT))
    refuse_unlabelled(sources, target_of(experiment, known))
    if experiment.shots > 1:
        refuse_strangers(sources)
    settings = keep_settings(experiment, inputs_of(experiment, start, {**sources, "held_out": kept}), run_dir)

    batches = StagedBatches(experiment, known, list(sources.values()))
    held_out = first_batches(kept, batches.stages[-1].target, min(HELD_OUT_BATCH, len(kept)), experiment.shots)
    state = initial_state(experiment, known, start)

    def evaluate(state: State) -> dict[str, float | Tensor]:
        average = state.ema["network"].average
        return {**known.scores(average, held_out), "sheet": known.sheet(average, held_out[0])}

    fit(
        Step(experiment, known),
        batches,
        state,
        run_dir,
        steps=experiment.steps,
        seed=experiment.seed,
        precision=experiment.precision,
        workers=experiment.workers,
        log_every=experiment.log_every,
        checkpoint_every=experiment.checkpoint_every,
        evaluate=evaluate,
        evaluate_every=experiment.evaluate_every,
    )
    end_stage(state, experiment.stages[-1].blend)
    average = cast(Pretrained, state.ema["network"].average.cpu())
    card = {"experiment": to_plain(experiment), "settings": settings, "steps": state.step}
    card |= {"images": state.step * experiment.batch_size, "held_out": dict(known.scores(average, held_out))}
    if began_with is not None:
        card |= {"began_with": began_with}
    save_weights(run_dir / "weights.safetensors", average, card)
    return run_dir / "weights.safetensors"


class Step:
    """The `step(state, batch)` of `fit`: one descent; returns the weighted losses by name."""

    def __init__(self, experiment: Experiment, known: Method) -> None:
        self.experiment, self.known, self.starts = experiment, known, experiment.starts()
        self.losses = [experiment.within(number).losses for number in range(len(experiment.stages))]

    def __call__(self, state: State, batch: Batch) -> dict[str, Tensor]:
        number = self.experiment.stage_at(state.step)
        if state.step == self.starts[number]:
            if number:
                end_stage(state, self.experiment.stages[number - 1].blend)
            if self.experiment.stages[number].blend < 1:
                state.ema["network"].mark()
        losses = self.known.losses(state.modules["network"], batch, self.losses[number])
        if not losses:
            raise UserError("every loss has the weight 0: give one of the experiment's `losses` more")
        descend(torch.stack(list(losses.values())).sum(), state.optimizers["network"], self.experiment.max_norm)
        return losses


def end_stage(state: State, blend: float) -> None:
    """Average a stage's result with what it began with; the training goes on from there."""
    if blend < 1:
        state.ema["network"].blend(blend)
        state.modules["network"].load_state_dict(state.ema["network"].average.state_dict())


class StagedBatches:
    """`batches(step)` of the stage that the step belongs to, with photos' skins and what photos do to an image."""

    def __init__(self, experiment: Experiment, known: Method, sources: Sequence[Source]) -> None:
        self.experiment = experiment
        self.within = [experiment.within(number) for number in range(len(experiment.stages))]
        self.stages = [
            Batches(
                sources,
                [source.weight for source in one.sources.values()],
                target_of(one, known),
                one.placement,
                one.batch_size,
                one.seed,
                one.shots,
            )
            for one in self.within
        ]
        file = experiment.textures.file
        self.textures = None if file is None else read_textures(Path(file))

    def __call__(self, step: int) -> Batch:
        number = self.experiment.stage_at(step)
        one, batch = self.within[number], self.stages[number](step)
        if self.textures is not None:
            batch = retexture(batch, self.textures, one.textures.share, one.seed, step)
        return augment(batch, one.seed, step, one.augment)


def target_of(experiment: Experiment, known: Method) -> Target:
    """What the method learns; with the maps that photos' skin is laid by, where there is some and it learns none."""
    target = known.target(experiment.network, experiment.amodal)
    has_maps = any("correspondence" in name for name in target.fields)
    return target if has_maps or experiment.textures.file is None else WithMaps(target)


def initial_state(experiment: Experiment, known: Method, start: Pretrained | None = None) -> State:
    """Network, optimiser, schedule and average as they are before the first step; the same for the same seed."""
    torch.manual_seed(experiment.seed)
    network = known.network(experiment.network)
    if start is not None:
        network.begin_with(start)  # `starting_network` saw to it that it can
    if experiment.channels_last:
        network.to(memory_format=torch.channels_last)
    optimizer = optimizer_of(experiment, network)
    return State(
        modules={"network": network},
        optimizers={"network": optimizer},
        schedules={"network": LambdaLR(optimizer, partial(rate, stages=experiment.stages))},
        ema={"network": Ema(network, experiment.ema_decay)},
    )


def optimizer_of(experiment: Experiment, network: Pretrained) -> Optimizer:
    """The experiment's, with a rate of 1: the schedule, which multiplies it, says the rate itself."""
    if experiment.optimizer == "muon":
        return Muon(network, 1.0)
    if experiment.optimizer == "rmsprop":
        return RMSprop(network.parameters(), 1.0, weight_decay=experiment.weight_decay)
    return Adam(network.parameters(), 1.0, betas=BETAS, weight_decay=experiment.weight_decay)


def starting_network(experiment: Experiment) -> Pretrained | None:
    """The network of `experiment.start`, None without one; a UserError where its layers are others."""
    if experiment.start is None:
        return None
    network = method(experiment.method).network(experiment.network)
    family: Any = Reconstructor if isinstance(network, Reconstructor) else type(network)
    start = family.from_pretrained(experiment.start)
    if not network.begin_with(start):
        raise UserError(f"{experiment.start} holds a network with other layers than the experiment's: give its network")
    return start


def refuse_unlabelled(sources: dict[str, Source], target: Target) -> None:
    """Raise a UserError for photos alone where a method learns from labels."""
    for name, source in sources.items():
        if isinstance(source, PersonTree) and set(target.fields) != {"rgb"}:
            raise UserError(
                f"sources.{name}.photos are photos without labels: put 68 landmarks beside each (NAME.txt), or fit them"
                f" with `recon fit --people` and give sources.{name}.dataset"
            )


def refuse_strangers(sources: dict[str, Source]) -> None:
    """Raise a UserError where no source has two pictures of one person."""
    if all(len(np.unique(source.people())) == len(source) for source in sources.values()):
        raise UserError(
            "no source has two pictures of one person, which shots above 1 need: give a scene with shots_per_person, a"
            " dataset of one, or set shots to 1"
        )


def inputs_of(experiment: Experiment, start: Pretrained | None, sources: dict[str, Source]) -> dict[str, str]:
    """Digests of what the experiment names: sources, textures, start weights."""
    inputs = {f"sources.{name}": content(source.key()) for name, source in sources.items()}
    if experiment.textures.file is not None:
        inputs["textures.file"] = digest(Path(experiment.textures.file))[:16]
    for name in ("embedder", "features"):  # frozen networks that a method's losses ask
        place = getattr(experiment.losses, name, None)
        if place is not None and place != FETCHED:
            inputs[f"losses.{name}"] = digest(weights_file(place))[:16]
    if start is not None:
        inputs["start"] = network_digest(start)
    return inputs
