"""Training the generator: networks, optimisers and evaluations around the one step, for `recon.train.loop.fit`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.optim.lr_scheduler import LambdaLR
from torchvision.utils import make_grid

from recon.methods.base import FaceGeometry, FaceMaps, Reconstructor
from recon.train.loop import Batch, Ema, State, device, fit
from synth2real.gan.collapse import check_health
from synth2real.gan.conditions import condition_channels
from synth2real.gan.discriminator import Discriminator, Pyramid
from synth2real.gan.drift import label_drift
from synth2real.gan.experiment import GanExperiment
from synth2real.gan.generator import Generator
from synth2real.gan.geometry_loss import GeometryLoss
from synth2real.gan.parser_loss import has_parser
from synth2real.gan.step import GanStep

log = logging.getLogger(__name__)


def train(
    config: GanExperiment,
    renders: Callable[[int], Batch],
    photos: Callable[[int], Batch],
    held_out: Batch,
    reconstructor: Reconstructor,
    run_dir: Path,
    mouth: Tensor | None = None,
    start: Generator | None = None,
) -> State:
    """Train G and D, resuming from `run_dir`; `state.ema["generator"].average` is the generator to keep.

    renders and photos: pure functions of the step's index (rgb, mask, correspondence, normals; photo, photo_mask),
    batched alike. held_out: a batch of renders that G never learns on, for the evaluations. mouth: see GeometryLoss.
    start: the generator whose weights it begins with.
    """
    torch.manual_seed(config.seed)
    parser = config.discriminator.maps != "none" and has_parser(reconstructor)
    geometry = GeometryLoss(reconstructor, config.geometry, mouth).to(device()).to(memory_format=torch.channels_last)
    step = GanStep(geometry, config)
    return fit(
        step,
        _Paired(renders, photos, config.parser.weight > 0),
        new_state(config, parser, start),
        run_dir,
        steps=config.steps,
        seed=config.seed,
        precision=config.precision,
        workers=config.workers,
        log_every=config.log_every,
        checkpoint_every=config.checkpoint_every,
        evaluate=Evaluation(geometry, held_out),
        evaluate_every=config.evaluate_every,
    )


def new_state(config: GanExperiment, parser: bool = False, start: Generator | None = None) -> State:
    """Fresh networks with an optimiser and a schedule each, and the generator's moving average.

    parser: whether the frozen network has one, whose classes D may see. start: the generator to begin with.
    """
    names = ["face", *(["whole"] if config.discriminator.whole_weight > 0 else [])]
    modules: dict[str, nn.Module] = {"generator": Generator(config.generator)}
    if start is not None:
        modules["generator"].load_state_dict(start.state_dict())
    channels = 3 + (condition_channels(parser) if config.discriminator.maps != "none" else 0)
    kind = Pyramid if config.discriminator.scales > 1 else Discriminator
    modules |= {name: kind(config.discriminator, channels) for name in names}
    modules = {name: module.to(memory_format=torch.channels_last) for name, module in modules.items()}
    rates = {name: config.generator_rate if name == "generator" else config.discriminator_rate for name in modules}
    optimizers = {
        name: Adam(module.parameters(), lr=rates[name], betas=(0.0, 0.99)) for name, module in modules.items()
    }
    decay = _second_half_decay(config.steps)
    return State(
        modules=modules,
        optimizers=dict(optimizers),
        schedules={name: LambdaLR(optimizer, decay) for name, optimizer in optimizers.items()},
        ema={"generator": Ema(modules["generator"], config.ema_decay)},
    )


def _second_half_decay(steps: int) -> Callable[[int], float]:
    return lambda step: min(1.0, 2 * max(steps - step, 0) / steps)


@dataclass(frozen=True)
class _Paired:
    """One batch of renders beside one of photos."""

    renders: Callable[[int], Batch]
    photos: Callable[[int], Batch]
    classes: bool

    def __call__(self, index: int) -> Batch:
        wanted = ("rgb", "mask", "correspondence", "normals", *(("classes",) if self.classes else ()))
        batch = self.renders(index)
        return {name: batch[name] for name in wanted} | self.photos(index)


class Evaluation:
    """`evaluate(state)` for `fit`: label drift, the generator's health and a sheet, on the same held-out renders each
    time.
    """

    def __init__(self, geometry: GeometryLoss, held_out: Batch, shown: int = 12):
        self.geometry, self.shown = geometry, shown
        self.held_out = {name: value.to(device()) for name, value in held_out.items()}

    def __call__(self, state: State) -> dict[str, Any]:
        renders = self.held_out["rgb"]
        translated = self._translated(cast(Generator, state.ema["generator"].average))
        drift = label_drift(self._seen(renders), self._seen(translated), self.held_out["mask"])
        health = check_health(renders, translated)
        for alarm in health.alarms:
            log.warning("step %d: %s", state.step, alarm)
        rows = [renders, self.held_out["correspondence"], translated]
        sheet = torch.cat([row[: self.shown].cpu() for row in rows])
        return {
            **{name: float(value.nanmean()) for name, value in drift.items()},
            "change": health.change,
            "diversity": health.diversity,
            "collapse": float(bool(health.alarms)),
            "sheet": make_grid(sheet, nrow=min(self.shown, len(renders)), padding=0),
        }

    def _translated(self, generator: Generator, chunk: int = 16) -> Tensor:
        random = torch.Generator().manual_seed(0)
        count = len(self.held_out["rgb"])
        parts = [
            generator.translate({name: value[i : i + chunk] for name, value in self.held_out.items()}, random)
            for i in range(0, count, chunk)
        ]
        return torch.cat(parts)

    def _seen(self, images: Tensor, chunk: int = 16) -> FaceGeometry:
        seen = [self.geometry.observe(images[i : i + chunk]) for i in range(0, len(images), chunk)]
        names = ("mask", "position_mm", "correspondence")
        maps = FaceMaps(*(torch.cat([getattr(one, name) for one in seen]) for name in names))
        return FaceGeometry(maps, ambiguity=seen[0].ambiguity)
