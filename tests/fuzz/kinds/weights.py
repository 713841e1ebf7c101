"""What was learned: networks, skins, checkpoints, textures."""

from __future__ import annotations

import io
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn

from recon.methods.base import Reconstructor
from recon.methods.embedder.config import EmbedderConfig
from recon.methods.embedder.loading import load_embedder
from recon.methods.embedder.network import Embedder
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from recon.methods.pretrained import save_weights
from recon.people.skin.texture import SIDE, read_space
from recon.train.checkpoint import load_checkpoint, save_checkpoint
from recon.train.retexture import COLUMNS as TEXTURE_COLUMNS
from recon.train.retexture import ROWS as TEXTURE_ROWS
from recon.train.retexture import read_textures
from recon.train.state import State, rng_state
from synth2real.gan.config import GeneratorConfig
from synth2real.gan.generator import Generator
from tests.fuzz.reader import Reader, either
from tests.fuzz.seeds import Seed, alone, made, npy, unfit


def skin() -> list[Seed]:
    tensors = {
        "mean": np.zeros((4, 4, 3), np.float16),
        "modes": np.zeros((2, 4, 4, 3), np.float16),
        "detail": np.zeros((1, SIDE, SIDE, 3), np.int8),
        "detail_scale": np.ones(1, np.float32),
        "cover": np.zeros((SIDE, SIDE), np.uint8),
    }

    def write(folder: Path) -> Path:
        save_file(tensors, str(folder / "skin.safetensors"), {"card": "{}"})
        return folder / "skin.safetensors"

    return made(write)


def _weights() -> list[Seed]:
    def write(folder: Path, network: Any) -> Path:
        save_weights(folder / "net.safetensors", network, {"images": 1})
        return folder / "net.safetensors"

    pix = Pix2Vertex(Pix2VertexConfig("joint", 32, "unet", (16, 16), unshuffle=4, norm="group", dropout=0.0))
    embedder = Embedder(EmbedderConfig(32, (2, 2, 2, 2), 2, 2))
    return made(lambda folder: write(folder, pix), lambda folder: write(folder, embedder))


def _any_weights(file: Path) -> None:
    either(file, Reconstructor.from_pretrained, Embedder.from_pretrained)


def _generators() -> list[Seed]:
    network = Generator(GeneratorConfig((8, 8), True, 1, 2, 8))

    def write(folder: Path) -> Path:
        save_weights(folder / "net.safetensors", network)
        return folder / "net.safetensors"

    return made(write)


def _space(file: Path) -> None:
    read_space.cache_clear()
    read_space(str(file)).draw(1)


def _state(sides: int = 2, name: str = "net") -> State:
    module = nn.Linear(sides, 2)
    return State({name: module}, {name: torch.optim.Adam(module.parameters())})


def _checkpoints() -> list[Seed]:
    def write(state: State, folder: Path) -> Path:
        return save_checkpoint(folder, state, [rng_state()])

    others = _state(3), _state(name="other")
    return made(partial(write, _state())) + unfit(made(*(partial(write, other) for other in others)))


@cache  # torch gives the same class another name each time
def _scripted() -> list[Seed]:
    class Mean(nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return image.mean((2, 3))

    networks = (Mean(), (3, 8, 8), True), (nn.Conv2d(3, 1, 2), (3, 8, 8), False), (nn.Linear(4, 2), (4,), False)
    scripts = []
    for network, shape, whole in networks:
        held = io.BytesIO()
        torch.jit.save(torch.jit.trace(network, torch.zeros(2, *shape)), held)
        scripts.append(alone("net.pt", held.getvalue(), whole))
    return scripts + unfit(alone(name, b"") for name in ("net.pt2", "net.safetensors"))


READERS = (
    Reader("network's weights", _any_weights, _weights),
    Reader("generator's weights", Generator.from_pretrained, _generators),
    Reader("TorchScript", load_embedder, _scripted),
    Reader("skin", _space, skin),
    Reader("checkpoints", lambda file: load_checkpoint(file, _state()), _checkpoints),
    Reader(
        "photos' textures",
        read_textures,
        lambda: [alone("a.npy", npy(np.zeros((2, 3, TEXTURE_ROWS, TEXTURE_COLUMNS), np.uint8)))],
    ),
)
