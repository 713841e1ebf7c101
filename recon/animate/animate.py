"""One photo to an animation's files.

    out/animation.gif, animation.mp4   the frames: textured, and plain, which shows the relief
    out/animation.glb                  the textured mesh with morph targets and their weights over time
    out/strip.jpg                      some of the frames
    out/result.json                    what was moved how, and what speaks against it

Shape, relief and texture are the photo's: teeth that it shows between the lips lie on these when they close, and an
open mouth is dark inside. The relief of a photo's shading stays as it is; DECA's detail stage changes it with the
expression.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from recon.animate.actor import Actor
from recon.animate.actors import actor_of
from recon.animate.expressions import Motion, asked_for, motion_from, sweep, toward
from recon.animate.glb import write_glb
from recon.animate.pictures import frames_of, strip_of, write_mp4
from recon.errors import UserError
from recon.faces import load
from recon.files import only_run_in, whole_file
from recon.methods.base import Reconstructor
from recon.processes import one_thread
from recon.reconstruction.networks import model_for
from recon.reconstruction.views import write_gif


@dataclass(frozen=True)
class Outcome:
    """out: the folder. frames: of the animation. doubts: about the person's reconstruction. skipped: frames of
    another's motion that show no face."""

    out: Path
    frames: int
    doubts: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        lines = [f"skipped {name}: {reason}" for name, reason in self.skipped]
        lines += [f"doubtful: {doubt}" for doubt in self.doubts]
        return "\n".join([*lines, f"{self.frames} frames in {self.out}: animation.gif, .mp4, .glb and strip.jpg"])


def animate(
    photo: Path,
    out: Path,
    network: Reconstructor,
    *,
    model: str | None = None,
    expression: Sequence[str] = (),
    source: Path | None = None,
    swept: bool = False,
    detail_of: Path | None = None,
) -> Outcome:
    """Move the person of a photo.

    Args:
        model: see `refuse_another_model`. expression: NAME=VALUE words, see `asked_for`. source: a video, or a folder
            of photos, of whoever moves. swept: through some expressions. One of the three. detail_of: a photo of who
            lends the wrinkles.
    Raises:
        UserError: none or several of the three are given, a photo shows no face, `out` can't be written.
    """
    if sum([bool(expression), source is not None, swept]) != 1:
        raise UserError("say what moves: one of --expression NAME=VALUE, --from VIDEO_OR_FOLDER and --sweep")
    refuse_another_model(network, model)
    amounts, jaw_deg = asked_for(expression)
    with only_run_in(out), one_thread():
        actor = actor_of(photo, network)
        if detail_of is not None:
            actor = lent(actor, photo, detail_of, network)
        if source is not None:
            motion = motion_from(source, network)
        elif swept:
            motion = sweep(actor.model, actor.pose)
        else:
            motion = toward(actor.model, actor.pose, amounts, jaw_deg)
        write(out, actor, motion, {"photo": str(photo), "detail_of": None if detail_of is None else str(detail_of)})
    return Outcome(out, len(motion.poses), actor.doubts, motion.skipped)


def refuse_another_model(network: Reconstructor, name: str | None) -> None:
    """Raise a UserError for a face model that is not the one to be moved: that of which the network tells parameters,
    or, of a network of maps, the default one, which is fitted to them."""
    if network.topology is None and name is not None and load(name) is not load("default"):
        raise UserError(f"--model {name}: to this network's maps the default model is fitted: leave it out")
    model_for(network, name)


def lent(actor: Actor, photo: Path, detail_of: Path, network: Reconstructor) -> Actor:
    """The actor with the relief of another photo's person, on the coarser of the two meshes."""
    lender = actor_of(detail_of, network, actor.edge_mm)
    if lender.edge_mm > actor.edge_mm:
        actor = actor_of(photo, network, lender.edge_mm)
    return actor.with_relief_of(lender)


def write(out: Path, actor: Actor, motion: Motion, about: dict[str, str | None]) -> None:
    """The files of an animation; result.json last."""
    frames = frames_of(actor, motion.poses)
    write_gif(out / "animation.gif", frames, motion.fps)
    write_mp4(out / "animation.mp4", frames, motion.fps)
    names = write_glb(out / "animation.glb", actor, motion.poses, motion.fps)
    with whole_file(out / "strip.jpg") as temporary:
        Image.fromarray(strip_of(frames)).save(temporary, "JPEG", quality=92)
    told = {
        **about,
        "frames": len(motion.poses),
        "fps": motion.fps,
        "targets": list(names),
        "doubts": list(actor.doubts),
        "skipped": dict(motion.skipped),
        "expression_of_the_photo": {
            name: round(amount, 3) for name, amount in actor.model.activations(actor.pose.expression).items()
        },
    }
    with whole_file(out / "result.json") as temporary:
        temporary.write_text(json.dumps(told, indent=1))
