"""`recon animate PHOTO`: the person of a photo moved, as pictures and as a mesh with morph targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from recon.configuration import positional


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes.

    photo       the photo, of whose faces the largest is moved
    out         folder to write to
    expression  NAME=VALUE words: units of the face model, a side left out for both, 1 fully active; jaw=DEGREES
    from_       a video, or a folder of photos, of whoever moves: expression and head are taken over
    sweep       smile, brows up, brows down, jaw, pucker, blink, one after the other
    detail_of   a photo of who lends the wrinkles
    network     weights of the reconstructor, a file, folder or Hub id; none: the bundled one of the method
    model       the face model that is moved; none: the one that the network tells parameters of, or the default one
    method      whose bundled network; none: pix2vertex, with the face model fitted to what it sees
    device      for the network: cpu or cuda
    """

    photo: Path = positional("PHOTO")
    out: Path
    expression: tuple[str, ...] = ()
    from_: Path | None = field(default=None)
    sweep: bool = False
    detail_of: Path | None = None
    network: Path | None = None
    model: str | None = None
    method: str | None = None
    device: str = "cpu"


def run(options: Options) -> None:
    from recon.animate.animate import animate
    from recon.reconstruction.networks import network_of

    outcome = animate(
        options.photo,
        options.out,
        network_of(options.network, options.device, options.method),
        model=options.model,
        expression=options.expression,
        source=options.from_,
        swept=options.sweep,
        detail_of=options.detail_of,
    )
    print(outcome)
