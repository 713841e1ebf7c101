"""Which methods there are. A method is one folder here and one line in the table below."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from recon.errors import UserError, did_you_mean

if TYPE_CHECKING:  # an experiment's settings are listed before anything heavy is imported
    from torch import Tensor

    from recon.synthesis.targets import Target

METHODS = {
    "pix2vertex": "recon.methods.pix2vertex",
    "deca": "recon.methods.deca",
    "deca_detail": "recon.methods.deca.detail",
    "prnet": "recon.methods.prnet",
    "vrn": "recon.methods.vrn",
}
"""Method -> its folder, imported when it is asked for: `training.METHOD` says how it is trained, `config.CONFIGS` are
the dataclasses of its network and of its losses' weights."""

TRAINED = {**METHODS, "embedder": "recon.methods.embedder"}
"""What `recon train` trains: the methods, and networks that reconstruct nothing themselves."""

Batch: TypeAlias = "dict[str, Tensor]"


@dataclass(frozen=True)
class Method:
    """What training needs of a method.

    Attributes:
        network: class of its `Reconstructor` (of its `Pretrained` in what reconstructs nothing), made from one config.
        target: (network's config, whether to learn the whole face under hair and things) -> what it learns of a record.
        losses: (network, batch, weights) -> the weighted terms by name, () float each; their sum is descended.
        scores: (network, held-out batches) -> quick figures for watching a run.
        sheet: (network, batch) -> (3, H, W) float [0, 1], a picture for watching a run.
    """

    network: Any
    target: Callable[[Any, bool], Target]
    losses: Callable[[Any, Batch, Any], dict[str, Tensor]]
    scores: Callable[[Any, Sequence[Batch]], Mapping[str, float]]
    sheet: Callable[[Any, Batch], Tensor]


def method(name: str) -> Method:
    """The method of that name.

    Raises:
        UserError: there is none.
    """
    return _module(name, "training").METHOD


def configs(name: str) -> tuple[type, type]:
    """The dataclasses of the network and of the losses' weights of the method of that name.

    Raises:
        UserError: there is none.
    """
    return _module(name, "config").CONFIGS


def _module(name: str, file: str) -> Any:
    if name not in TRAINED:
        raise UserError(f"there is no method '{name}'{did_you_mean(name, TRAINED)}")
    return importlib.import_module(f"{TRAINED[name]}.{file}")
