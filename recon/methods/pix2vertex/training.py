"""Training of pix2vertex's networks: one step, its evaluation, and the run that ends with weights on disk."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torchvision.utils import make_grid

from recon.methods.base import FaceGeometry, Reconstructor
from recon.methods.pix2vertex.losses import Pix2VertexLossConfig, pix2vertex_losses
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from recon.methods.pix2vertex.normals import erode, map_normals
from recon.methods.weights import save_weights
from recon.train.augment import AugmentConfig, augment
from recon.train.checkpoint import keep_settings
from recon.train.loop import Batch, Ema, State, descend, fit
from recon.train.muon import BETAS, Muon
from recon.train.retexture import retexture

DEPTH_SHOWN_MM = 100.0
SHEET_ROWS = 8


@dataclass(frozen=True)
class Pix2VertexTrainConfig:
    """One experiment.

    amodal          learn the whole face, also under hair, glasses and other things; off: its visible pixels
    retexture       share of the faces that get a photo's texture, where there are textures
    batch_size      images a step; `steps` of them make the budget
    optimizer       "adam", or "muon", which needs far fewer images (recon/train/muon.py)
    learning_rate   its peak: linear warm-up over `warmup` steps, then a cosine (or a line) to 0 at the last step
    ema_decay       of the averaged weights, which are the ones evaluated and saved
    max_norm        the gradient's norm is clipped to this (the losses weigh 100, so norms are in the hundreds)
    precision       "bf16" or "no"; the heads, the losses and the weights are float32 in either
    channels_last   the layout in memory: quicker with group norm, slower with instance norm on a CPU
    workers         processes that draw and augment batches ahead; 0: in this one
    """

    network: Pix2VertexConfig = field(default_factory=Pix2VertexConfig)
    losses: Pix2VertexLossConfig = field(default_factory=Pix2VertexLossConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    amodal: bool = False
    retexture: float = 0.4
    steps: int = 20_000
    batch_size: int = 16
    optimizer: Literal["adam", "muon"] = "adam"
    learning_rate: float = 1e-3
    decay: Literal["cosine", "linear"] = "cosine"
    warmup: int = 200
    ema_decay: float = 0.998
    max_norm: float = 300.0
    precision: Literal["bf16", "no"] = "bf16"
    channels_last: bool = True
    seed: int = 0
    workers: int = 0
    log_every: int = 50
    evaluate_every: int = 500
    checkpoint_every: int = 500


def train(
    config: Pix2VertexTrainConfig,
    batches: Callable[[int], Batch],
    held_out: Sequence[Batch],
    run_dir: Path,
    start: nn.Module | None = None,
    textures: Tensor | None = None,
) -> Path:
    """Train from `batches(step)` (clean renders, augmented here), evaluate on `held_out`, write the averaged weights.

    Batches: rgb (B, 3, S, S) float [0, 1]; mask (B, 1, S, S) 0/1; position_mm, correspondence, normals (B, 3, S, S), 0
    outside the mask. `start`: a network of the same layers whose weights to begin with. `textures`: (n, 3, H, W) uint8,
    of photos (recon/train/retexture.py). Run again with the same arguments it resumes exactly.
    -> `run_dir/weights.safetensors`.
    """
    keep_settings(config, run_dir)
    state = initial_state(config, start)

    def evaluate(state: State) -> dict[str, float | Tensor]:
        average = state.ema["network"].average
        assert isinstance(average, Reconstructor)
        return {**scores(average, held_out), "sheet": sheet(average, held_out[0])}

    fit(
        lambda state, batch: step(state, batch, config),
        Augmented(batches, config, textures),
        state,
        run_dir,
        steps=config.steps,
        seed=config.seed,
        precision=config.precision,
        workers=config.workers,
        log_every=config.log_every,
        checkpoint_every=config.checkpoint_every,
        evaluate=evaluate,
        evaluate_every=config.evaluate_every,
    )
    average = state.ema["network"].average.cpu()
    assert isinstance(average, Reconstructor)
    card = {"steps": state.step, "images": state.step * config.batch_size, "held_out": scores(average, held_out)}
    weights = run_dir / "weights.safetensors"
    save_weights(weights, average, config.network, card)
    return weights


def initial_state(config: Pix2VertexTrainConfig, start: nn.Module | None = None) -> State:
    """Network, optimiser, schedule and average as they are before the first step; the same for the same seed."""
    torch.manual_seed(config.seed)
    network = Pix2Vertex(config.network)
    if start is not None:
        network.load_state_dict(start.state_dict())
    if config.channels_last:
        network.to(memory_format=torch.channels_last)
    if config.optimizer == "muon":
        optimizer = Muon(network, config.learning_rate)
    else:
        optimizer = torch.optim.Adam(network.parameters(), config.learning_rate, betas=BETAS)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda index: rate(index, config))
    return State(
        modules={"network": network},
        optimizers={"network": optimizer},
        schedules={"network": schedule},
        ema={"network": Ema(network, config.ema_decay)},
    )


def rate(index: int, config: Pix2VertexTrainConfig) -> float:
    """The learning rate of step `index`, as a part of its peak."""
    if index < config.warmup:
        return (index + 1) / config.warmup
    done = min(1.0, (index - config.warmup) / max(1, config.steps - config.warmup))
    return (1 + math.cos(math.pi * done)) / 2 if config.decay == "cosine" else 1 - done


def step(state: State, batch: Batch, config: Pix2VertexTrainConfig) -> dict[str, Tensor]:
    """One descent; returns the weighted losses by name."""
    losses = pix2vertex_losses(state.modules["network"](batch["rgb"]), batch, config.losses)
    descend(torch.stack(list(losses.values())).sum(), state.optimizers["network"], config.max_norm)
    return losses


@dataclass(frozen=True)
class Augmented:
    """`batches` as the step wants them, augmented by (seed, step): a class, so that worker processes can receive it."""

    batches: Callable[[int], Batch]
    config: Pix2VertexTrainConfig
    textures: Tensor | None = None

    def __call__(self, index: int) -> Batch:
        batch = self.batches(index)
        if self.textures is not None:
            batch = retexture(batch, self.textures, self.config.retexture, self.config.seed, index)
        batch = {name: batch[name] for name in ("rgb", "mask", "position_mm", "correspondence")}
        return augment(batch, self.config.seed, index, self.config.augment)


@torch.no_grad()
def scores(network: Reconstructor, held_out: Sequence[Batch]) -> dict[str, float]:
    """Quick figures inside the true mask, for watching a run; `recon.evaluate` has the protocols that count.

    depth_mm         mean |z' - z| after removing each image's median difference
    position_mm      mean distance, nothing removed
    correspondence   mean distance, in the unit box of the canonical face
    normals_deg      mean angle
    mask_iou         of all images' pixels together, at probability 0.5
    """
    device = next(network.parameters()).device
    depth, position, correspondence, angle, both, either = ([] for _ in range(6))
    for batch in held_out:
        batch = {name: value.to(device) for name, value in batch.items()}
        geometry, mask = network.predict(batch["rgb"]), batch["mask"].bool()
        difference = geometry.position_mm - batch["position_mm"]
        for z, inside in zip(difference[:, 2:], mask, strict=True):
            if inside.any():
                depth.append((z[inside] - z[inside].median()).abs())
        position.append(difference.norm(dim=1, keepdim=True)[mask])
        correspondence.append((geometry.correspondence - batch["correspondence"]).norm(dim=1, keepdim=True)[mask])
        cosine = (map_normals(geometry.position_mm) * map_normals(batch["position_mm"])).sum(1, keepdim=True)
        angle.append(torch.rad2deg(cosine.clamp(-1, 1).acos())[erode(batch["mask"]).bool()])
        both.append(((geometry.mask > 0.5) & mask).sum().float())
        either.append(((geometry.mask > 0.5) | mask).sum().float())
    return {
        "depth_mm": float(torch.cat(depth).mean()),
        "position_mm": float(torch.cat(position).mean()),
        "correspondence": float(torch.cat(correspondence).mean()),
        "normals_deg": float(torch.cat(angle).mean()),
        "mask_iou": float(torch.stack(both).sum() / torch.stack(either).sum()),
    }


@torch.no_grad()
def sheet(network: Reconstructor, batch: Batch) -> Tensor:
    """(3, H, W) float [0, 1]: a row an image; then correspondence, depth, normals and mask, predicted and true."""
    device = next(network.parameters()).device
    batch = {name: value[:SHEET_ROWS].to(device) for name, value in batch.items()}
    geometry = network.predict(batch["rgb"])
    truth = FaceGeometry(batch["mask"], batch["position_mm"], batch["correspondence"])
    columns = [batch["rgb"]]
    for predicted, true in zip(_pictures(geometry), _pictures(truth), strict=True):
        columns += [predicted, true]
    tiles = torch.stack(columns, 1).flatten(0, 1).cpu()  # image by image
    return make_grid(tiles, nrow=len(columns), padding=2)


def _pictures(geometry: FaceGeometry) -> list[Tensor]:
    inside = (geometry.mask > 0.5).float()
    depth = geometry.position_mm[:, 2:] / DEPTH_SHOWN_MM + 0.9
    normals = map_normals(geometry.position_mm) * 0.5 + 0.5
    pictures = [geometry.correspondence * inside, depth * inside, normals * inside, geometry.mask]
    return [picture.clamp(0, 1).expand(-1, 3, -1, -1) for picture in pictures]
