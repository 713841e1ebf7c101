"""A network brought to the Hub: its weights as `from_pretrained` reads them, and a card that says what they are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors import SafetensorError, safe_open

from recon.errors import UserError
from recon.files import only_run_in, whole_file
from recon.methods.base import Reconstructor
from recon.methods.pretrained import FILE, Pretrained, digest
from synth2real.dataset.licences import HUB, Ingredient, bundled_weights, ingredients_of_weights, ledger, licence_of
from synth2real.dataset.upload import Upload
from synth2real.gan.generator import Generator


def publish_weights(
    file: Path,
    repo: str,
    *,
    private: bool = False,
    dry_run: bool = False,
    licence: str | None = None,
    ingredients: Sequence[str] = (),
) -> str:
    """Make the model `repo` of the Hub hold the weights, so that `from_pretrained(repo)` gives the network.

    Args:
        file: as `save_weights` wrote it. private, dry_run, licence, ingredients: as `publish_dataset` has them.
    Raises:
        UserError: it is no file of weights, its ingredients don't allow the licence, or the Hub refuses.
    """
    network, sha256 = _network(file), digest(file)
    found = ingredients_of_weights(network.card, sha256, ingredients)
    licence = licence_of(found, licence)
    staged = file.resolve().parent / f".{file.name}.publish"
    with only_run_in(staged, "publish's folder"):
        with whole_file(staged / "README.md") as temporary:
            temporary.write_text(model_card(network, file, repo, found, licence), encoding="utf-8")
        if dry_run:
            return f"{file.name}, under {licence}, would be {FILE} of {repo}: see its card in {staged}"
        sent = Upload(repo, "model", {FILE: file, "README.md": staged / "README.md"}).send(private)
        shutil.rmtree(staged)
    return str(sent)


def model_card(network: Pretrained, file: Path, repo: str, ingredients: Sequence[Ingredient], licence: str) -> str:
    """The text of a network's README.md."""
    draws = isinstance(network, Generator)
    parameters = sum(value.numel() for value in network.parameters()) / 1e6
    title = "Renders of faces made photo-like" if draws else "The geometry of a face from an image"
    task, base = ("image-to-image", "generator") if draws else ("depth-estimation", "reconstructor")
    module = "synth2real.gan.generator import Generator" if draws else "recon.methods.base import Reconstructor"
    known = _bundled_text(file)
    facts = [f"- {name.replace('_', ' ')}: {value}" for name, value in network.card.items() if _plain(value)]
    size = f"{parameters:.1f} million parameters, in half precision"
    config = json.dumps(_settings(file), indent=1)
    sections = [
        f"""---
license: {HUB.get(licence, licence)}
library_name: synth2real
pipeline_tag: {task}
tags: [face, 3d, {base}, {network.name}]
---""",
        f"# {title}",
        f"Weights of the {base} `{network.name}` of synth2real, {size}.",
        f"""## Use
```python
from {module}

network = {type(network).__name__ if draws else "Reconstructor"}.from_pretrained("{repo}")
```
Every command of synth2real takes `{repo}` where it takes a file of weights.""",
        *([f"## What is known of it\n{known}"] if known else []),
        "## Training\n" + "\n".join(facts or ["Nothing is told in the file."]),
        f"Its layers; all settings of the training stand in the file's metadata:\n```json\n{config}\n```",
        f"## Origin and licence\n{ledger(ingredients)}\n\nThe weights are under {licence}. Not for identifying people.",
    ]
    return "\n\n".join(sections) + "\n"


def _network(file: Path) -> Pretrained:
    """The network in the file, whichever it is."""
    try:
        with safe_open(file, framework="pt") as opened:
            kind = (opened.metadata() or {}).get("kind", "")
    except (SafetensorError, OSError) as error:
        raise UserError(f"--weights {file} can't be read ({error}): give a .safetensors file") from None
    return Generator.from_pretrained(file) if kind == Generator.name else Reconstructor.from_pretrained(file)


def _settings(file: Path) -> Mapping[str, object]:
    with safe_open(file, framework="pt") as opened:
        return json.loads(opened.metadata()["config"])


def _bundled_text(file: Path) -> str:
    """What the cards of the bundled weights say of this file; empty for any other."""
    names = {digest(path): path for path in bundled_weights()}
    path = names.get(digest(file))
    if path is None:
        return ""
    cards = (path.parent / "README.md").read_text(encoding="utf-8").split("\n## ")
    return next((card.split("\n", 1)[1].strip() for card in cards if card.startswith(path.name)), "")


def _plain(value: object) -> bool:
    return isinstance(value, (int, float, str))
