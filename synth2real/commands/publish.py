"""`synth2real publish`: a dataset, or a network's weights, brought to the Hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recon.configuration import positional
from recon.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes. The token is the Hub client's own: `hf auth login`.

    dataset      folder made by `render`, `generate` or `select`
    weights      instead: a network's .safetensors file
    repo         where to, USER/NAME; new or begun by this command
    private      make it private
    dry_run      make the files that would be sent, card and all, and send none
    license      of what is published; none: the freest that its ingredients allow
    ingredients  NAME=LICENCE of ingredients whose licence is not known here, such as "generator=cc-by-nc-4.0"
    """

    dataset: Path | None = positional("DATASET", None)
    weights: Path | None = None
    repo: str
    private: bool = False
    dry_run: bool = False
    license: str | None = None
    ingredients: tuple[str, ...] | None = None


def run(options: Options) -> None:
    if (options.dataset is None) == (options.weights is None):
        raise UserError("give either a dataset's folder or --weights FILE")
    from synth2real.dataset.publish import publish_dataset, publish_weights

    asked = {
        "private": options.private,
        "dry_run": options.dry_run,
        "licence": options.license,
        "ingredients": options.ingredients or (),
    }
    if options.weights is not None:
        print(publish_weights(options.weights, options.repo, **asked))
    elif options.dataset is not None:
        print(publish_dataset(options.dataset, options.repo, **asked))
