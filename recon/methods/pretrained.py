"""Networks that come back from a file, a folder or the Hub as they were saved: weights, config and card in one file.

    network.save_pretrained("runs/net")  # a folder as the Hub has them: model.safetensors and a README.md
    network = Reconstructor.from_pretrained("runs/net")  # or a .safetensors file, or "user/name" on the Hub
    save_weights(Path("net.safetensors"), network)  # one file

Safetensors alone, in half precision; no pickle. Loading is strict: a missing or broken file, weights of another kind,
and a tensor too many, too few or of another size are each a `UserError` that names the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import torch
from huggingface_hub import ModelHubMixin, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from recon.configuration import from_plain, to_plain
from recon.errors import UserError
from recon.files import whole_file
from recon.texts import json_of

FILE = "model.safetensors"  # in a folder or repository
MOST_CONFIG = 2000  # characters of a config, four times the longest: a list of a thousand layers takes seconds to build
UNTOLD = "untold"  # among digests
T = TypeVar("T", bound="Pretrained")


class Pretrained(nn.Module, ModelHubMixin, library_name="synth2real", license="cc0-1.0"):
    """A network with a name, a config and a card.

    Attributes:
        name: what stands in the weights, such as "pix2vertex". config_class: of `config`.
        config: a frozen dataclass, the constructor's one argument.
        card: what made the weights, plain JSON values.
        frozen: with fixed weights; the same answer always, in train() as in eval() mode.
    """

    name: ClassVar[str]
    config_class: ClassVar[type]
    config: Any
    card: Mapping[str, Any]
    frozen: bool

    def __init__(self) -> None:
        super().__init__()
        self.card, self.frozen = {}, False

    def freeze(self: T, frozen: bool = True) -> T:
        """Fix the weights and switch dropout off; gradients still flow to the image. `freeze(False)` undoes it."""
        self.frozen = frozen
        self.requires_grad_(not frozen)
        return self.train(not frozen)

    def train(self: T, mode: bool = True) -> T:
        return super().train(mode and not self.frozen)

    def begin_with(self, start: Pretrained) -> bool:
        """Take the weights of `start` to begin a training with; False, and nothing is taken, where it has other
        layers."""
        if (start.name, start.config) != (self.name, self.config):
            return False
        self.load_state_dict(start.state_dict())
        return True

    @classmethod
    def class_of(cls, name: str) -> type[Pretrained] | None:
        """The class whose weights have this `name`; None where it is none of this class's."""
        return cls if name == cls.name else None

    @classmethod
    def known_names(cls) -> tuple[str, ...]:
        """The names that `class_of` knows."""
        return (cls.name,)

    @classmethod
    def from_pretrained(cls: type[T], pretrained_model_name_or_path: str | Path, **download: Any) -> T:
        """The network there, on the CPU in float32, frozen.

        Args:
            pretrained_model_name_or_path: a .safetensors file, a folder that `save_pretrained` wrote, or a repository
                of the Hub ("user/name").
            download: `revision`, `token`, `cache_dir`, ... as `huggingface_hub.hf_hub_download` has them.
        Raises:
            UserError: there is nothing, or something else.
        """
        return cast(T, _load(weights_file(pretrained_model_name_or_path, **download), cls))

    def _save_pretrained(self, save_directory: Path) -> None:
        save_weights(save_directory / FILE, self)


def save_weights(path: Path, network: Pretrained, card: Mapping[str, Any] | None = None) -> None:
    """Write floating tensors in float16 with name, config and card (the network's own where none is given); atomic."""
    tensors = {
        name: (value.detach().cpu().half() if value.is_floating_point() else value.cpu()).contiguous()
        for name, value in network.state_dict().items()
    }
    card = dict(network.card if card is None else card)
    metadata = {"kind": network.name, "config": json.dumps(to_plain(network.config)), "card": json.dumps(card)}
    with whole_file(path) as temporary:
        temporary.write_bytes(_in_order(save(tensors, metadata)))  # `save_file` hides which OSError it met


def _in_order(whole: bytes) -> bytes:
    """The same safetensors file with its metadata in order: they come in any, and the same weights have one digest.

    Eight bytes say how long the header is, JSON that is padded with spaces (the format's README).
    """
    end = 8 + int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + whole[end:]


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes: what says that weights are the same."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}): check the path") from None


def network_digest(network: nn.Module) -> str:
    """16 hexadecimal digits of a network's weights, wherever they came from: the same for the same."""
    weights = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        weights.update(name.encode() + tensor.cpu().numpy().tobytes())
    return weights.hexdigest()[:16]


def lineage_of(file: Path) -> list[str]:
    """SHA-256 of a file of weights, and of those that its training began with, as its card tells, the last one first;
    at the end UNTOLD where the card says that there were some, and not which.

    Raises UserError where it holds no weights, or its card can't be read.
    """
    metadata, _ = _contents(file)
    card = _values(file, metadata, "card") if "card" in metadata else {}
    experiment, before = card.get("experiment"), card.get("began_with")
    if isinstance(before, list):
        return [digest(file), *map(str, before)]
    began = isinstance(experiment, dict) and experiment.get("start") is not None
    return [digest(file), *([UNTOLD] if began else [])]


def weights_file(place: str | Path, **download: Any) -> Path:
    """The file of weights at a place as `from_pretrained` takes it, fetched where that is on the Hub.

    A file or folder is not looked into. Raises UserError where the Hub has none.
    """
    path = Path(place)
    if path.is_dir():
        return path / FILE
    if path.is_file() or path.suffix or len(path.parts) != 2 or path.is_absolute():
        return path
    try:
        return Path(hf_hub_download(str(place), FILE, **download))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = type(error).__name__
        raise UserError(f"there are no weights at {place}, neither here nor on the Hub ({reason}): check it") from None


def _contents(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """A file's metadata and tensors."""
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
    except FileNotFoundError:
        raise UserError(f"there are no weights at {path}: check the path") from None
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} is not a readable safetensors file ({error}): fetch or train it again") from None


def _load(path: Path, wanted: type[Pretrained]) -> Pretrained:
    metadata, tensors = _contents(path)
    wanted.class_of(metadata.get("kind", ""))  # imported here: a module's own tensors must not become meta ones
    with torch.device("meta"):  # what a config asks for may be of any size; the tensors are as large as their file
        _check(path, tensors, _build(path, metadata, wanted).state_dict())
    network = _build(path, metadata, wanted)
    network.load_state_dict({name: _widen(value) for name, value in tensors.items()}, strict=True)
    network.card = _values(path, metadata, "card") if "card" in metadata else {}
    return network.freeze()


def _build(path: Path, metadata: Mapping[str, str], wanted: type[Pretrained]) -> Pretrained:
    kind = metadata.get("kind", "")
    network_class = wanted.class_of(kind)
    if network_class is None:
        names = " or ".join(wanted.known_names())
        raise UserError(f"{path} holds weights of kind '{kind}', not of {names}: give another file")
    try:
        values = from_plain(network_class.config_class, _values(path, metadata, "config"), str(path))
        return network_class(values)  # type: ignore[call-arg]
    except UserError as error:
        raise UserError(str(error) if str(path) in str(error) else f"{path}: {error}") from None


def _values(path: Path, metadata: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        text = metadata[name]
        values = json_of(text) if name != "config" or len(text) <= MOST_CONFIG else None
    except (KeyError, ValueError):
        values = None
    if not isinstance(values, dict):
        raise UserError(f"{path} has no readable {name} in its metadata: train or export it again")
    return values


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
        if not value.isfinite().all():
            raise UserError(f"{path} holds values that are no numbers in {name}: fetch or train it again")


def _widen(value: torch.Tensor) -> torch.Tensor:
    return value.float() if value.is_floating_point() else value
