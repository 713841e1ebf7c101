"""Weights in one safetensors file: half precision, with the network's kind, config and card in the metadata.

No pickle. Loading is strict: a missing or broken file, an unknown kind and a tensor too many, too few or of another
size are each a `UserError` that names the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from recon.configuration import from_plain, to_plain
from recon.errors import UserError
from recon.files import whole_file
from recon.methods.base import Reconstructor
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig

Kinds = Mapping[str, tuple[type, Callable[[Any], nn.Module]]]
"""kind, as it stands in the file -> (config class, network class)."""

RECONSTRUCTORS: Kinds = {"pix2vertex": (Pix2VertexConfig, Pix2Vertex)}


def save_weights(
    path: Path, module: nn.Module, config: Any, card: Mapping[str, Any], kinds: Kinds = RECONSTRUCTORS
) -> None:
    """Write the module's floating tensors in float16 with its config (a dataclass) and card (JSON values); atomic."""
    kind = next(name for name, (config_class, _) in kinds.items() if type(config) is config_class)
    tensors = {
        name: (value.detach().cpu().half() if value.is_floating_point() else value.cpu()).contiguous()
        for name, value in module.state_dict().items()
    }
    metadata = {"kind": kind, "config": json.dumps(to_plain(config)), "card": json.dumps(dict(card))}
    with whole_file(path) as temporary:
        save_file(tensors, temporary, metadata)


def load_weights(path: Path, kinds: Kinds = RECONSTRUCTORS) -> nn.Module:
    """The network of the file, on the CPU in float32, in eval mode with its weights fixed."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except FileNotFoundError:
        raise UserError(f"there are no weights at {path}: check the path") from None
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} is not a readable safetensors file ({error}): fetch or train it again") from None
    module = _build(path, metadata, kinds)
    _check(path, tensors, module.state_dict())
    module.load_state_dict({name: _widen(value) for name, value in tensors.items()}, strict=True)
    freeze = getattr(module, "freeze", None)
    return freeze() if freeze else module.requires_grad_(False).eval()


def load_reconstructor(path: Path) -> Reconstructor:
    """`load_weights` of a reconstructor; a `UserError` where the file holds something else."""
    network = load_weights(path)
    if not isinstance(network, Reconstructor):
        raise UserError(f"{path} holds no reconstructor: give weights that `recon train` wrote")
    return network


def read_card(path: Path) -> dict[str, Any]:
    """The model card that was saved with the weights."""
    try:
        with safe_open(path, framework="pt") as file:
            return json.loads((file.metadata() or {}).get("card", "{}"))
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} is not a readable safetensors file ({error}): check the path") from None


def _build(path: Path, metadata: Mapping[str, str], kinds: Kinds) -> nn.Module:
    kind = metadata.get("kind", "")
    if kind not in kinds:
        raise UserError(f"{path} holds weights of kind '{kind}', not of {' or '.join(kinds)}: give another file")
    config_class, network_class = kinds[kind]
    try:
        values = json.loads(metadata.get("config", ""))
    except json.JSONDecodeError:
        raise UserError(f"{path} has no readable config in its metadata: train or export it again") from None
    return network_class(from_plain(config_class, values, str(path)))


def _check(path: Path, tensors: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor]) -> None:
    missing = sorted(wanted.keys() - tensors.keys())
    extra = sorted(tensors.keys() - wanted.keys())
    if missing or extra:
        name = (missing or extra)[0]
        raise UserError(
            f"{path} {'lacks' if missing else 'has an unknown'} tensor {name}: it does not fit the config inside it"
        )
    for name, value in tensors.items():
        if value.shape != wanted[name].shape:
            raise UserError(
                f"{path} has {name} of size {tuple(value.shape)}, its config needs {tuple(wanted[name].shape)}"
            )


def _widen(value: torch.Tensor) -> torch.Tensor:
    return value.float() if value.is_floating_point() else value
