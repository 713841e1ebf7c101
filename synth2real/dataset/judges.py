"""Judges: reconstructors that say how far each image strayed from its labels, each with its own error beside its word.

A judge should have been in no generator's loss: a generator that was held by a network has learnt what that network
does not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recon.errors import UserError
from recon.evaluate.results import number, read_result
from recon.faces import load
from recon.methods.base import Reconstructor, device_of
from recon.methods.pretrained import UNTOLD, digest, lineage_of
from recon.synthesis.record import Record
from synth2real.gan.drift import Drift, drift_of

LETTERS = ("a", "b")  # as the columns call them
ERRORS = {"depth_mean_mm": "depth {} mm", "correspondence_mean_mm": "correspondence {} mm", "mask_iou": "mask IoU {}"}


@dataclass(frozen=True)
class Judge:
    """letter: in the columns' names. file: of its weights."""

    letter: str
    file: Path
    network: Reconstructor

    @torch.no_grad()
    def drift(self, records: Sequence[Record], images: np.ndarray) -> list[Drift]:
        """How far each image (B, S, S, 3) uint8 strayed from its record, of one size S."""
        renders = np.stack([record.rgb for record in records])
        before, after = (self.network.predict(_batch(some, self.network)) for some in (renders, images))
        masks = np.stack([record.mask for record in records])
        visible = np.stack([record.landmarks_visible for record in records])
        return drift_of(before, after, masks, visible, load("default"))


def open_judges(files: Sequence[Path]) -> tuple[Judge, ...]:
    """The judges of two files of weights.

    Raises:
        UserError: a file can't be read, or they are not two.
    """
    if len(files) != len(LETTERS) or len({digest(file) for file in files}) < len(files):
        raise UserError(f"--judge needs {len(LETTERS)} different files of weights: name two reconstructors")
    opened = zip(LETTERS, files, strict=True)
    return tuple(Judge(letter, file, Reconstructor.from_pretrained(file)) for letter, file in opened)


def own_error(file: Path) -> str:
    """What a judge itself gets wrong on held-out renders: from the result of `recon evaluate renders` beside its
    weights (judge.json beside judge.safetensors); a sentence in either case."""
    beside = file.with_suffix(".json")
    unknown = f"its own error is not known: measure it with `recon evaluate renders --network {file.name}`"
    if not beside.is_file():
        return unknown
    result, _ = read_result(beside)
    if digest(file) not in result.weights.values():
        return f"{beside.name} is of other weights, so {unknown}"
    values = {figure.name: figure for figure in result.figures}
    told = [text.format(number(values[name].value)) for name, text in ERRORS.items() if name in values]
    return f"its own error on {values[next(iter(ERRORS))].n} held-out renders: {', '.join(told)}"


def introductions(files: Sequence[Path], cards: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each judge: its own error, whether it held a generator. cards: generator -> its weights' card."""
    return [
        f"Judge {letter} ({file.name}): {own_error(file)}. {independence_of(lineage_of(file), cards)}"
        for letter, file in zip(LETTERS, files, strict=True)
    ]


def independence_of(judge: Sequence[str], cards: Mapping[str, Mapping[str, Any]]) -> str:
    """Whether a judge was in a generator's loss, as far as the generators' cards tell.

    Args:
        judge: its `lineage_of`. cards: generator -> the card in its weights, which holds that of the network that held
            it to the geometry, or the beginning of the network's own digest, where `synth2real train` wrote it.
    """
    held, unknown = [], []
    for name, card in cards.items():
        if card.get("experiment", {}).get("geometry", {}).get("weight", 1) == 0:
            continue
        network = card.get("held_by") or [card.get("inputs", {}).get("geometry.network", UNTOLD)]
        kin = any(one.startswith(other) for one in judge for other in network if UNTOLD not in (one, other))
        if kin:
            held.append(name)
        elif UNTOLD in (*judge, *network):
            unknown.append(name)
    if held:
        what = "The judge, or a network that it has learnt on from or that has learnt on from it,"
        return f"{what} was in the loss of {', '.join(held)}: for it the figures are a lower bound."
    if unknown:
        return f"Whether the judge was in the loss of {', '.join(unknown)} is not known: the weights don't say."
    return "The judge was in no generator's loss: its hash is not in their weights."


def _batch(images: np.ndarray, network: Reconstructor) -> torch.Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2).float().to(device_of(network)) / 255
