#!/usr/bin/env python3
"""What a GAN step costs against one without this project's shortcuts: python scripts/bench_gan_step.py EXPERIMENT

Both have the same networks, batch and loss terms. The plain step is what one writes first: float32 throughout, layouts
as they come, the frozen network asked where its answer is needed, images moved by kornia with all their maps. Losses of
both are compared before anything is timed. Times are of the processor, of one thread, in turns; images are noise, as
what they show does not change the work. --other CHECKOUT: beside them the step of another checkout of the project, such
as an earlier one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from kornia import augmentation as kornia
from torch import Tensor, nn

from recon.evaluate.results import Figure, Measure, Result
from recon.faces import load
from recon.faces.parsing import CLASSES
from recon.methods.base import Reconstructor
from recon.train.loop import Batch, State, precision_here
from synth2real.gan.adversarial import discriminator_loss, generator_loss, r1_penalty
from synth2real.gan.experiment import GanExperiment, read_gan_experiment
from synth2real.gan.generator import Generator, draw_noise
from synth2real.gan.geometry_loss import GeometryLoss
from synth2real.gan.parser_loss import parser_loss
from synth2real.gan.step import GanStep
from synth2real.gan.training import new_state
from synth2real.gan.window import face_window, through_window

RATIO = Measure("time of a step, over ours", "")
WORK = Path(__file__).name


class PlainStep:
    """`GanStep` as one writes it first, of an experiment whose discriminator sees the source's maps."""

    def __init__(self, geometry: GeometryLoss, config: GanExperiment):
        self.geometry, self.config = geometry, config
        shift, amount = config.adversarial.shift, config.adversarial.colour
        self.colour = amount
        self.move = nn.Sequential(
            kornia.RandomTranslate((-shift, shift), (-shift, shift), p=1.0), kornia.RandomErasing((0.02, 0.12), p=0.5)
        )

    def __call__(self, state: State, batch: Batch) -> dict[str, Tensor]:
        config, judge = self.config, state.modules["face"]
        render, mask = batch["rgb"], batch["mask"]
        noise = draw_noise(render, config.generator.noise_channels)
        translated = state.modules["generator"](render, batch["correspondence"], batch["normals"], noise, mask)

        state.optimizers["face"].zero_grad()
        real = self.augmented(self.view(batch["photo"], batch["photo"]))
        fake = self.augmented(self.view(translated.detach(), render))
        loss = discriminator_loss(judge(real), judge(fake), config.adversarial.form)
        terms = {"d_face": loss}
        if config.adversarial.r1 > 0 and state.step % config.adversarial.r1_every == 0:
            terms["r1_face"] = config.adversarial.r1 * config.adversarial.r1_every * r1_penalty(judge, real)
        torch.stack(list(terms.values())).sum().backward()
        state.optimizers["face"].step()

        state.optimizers["generator"].zero_grad()
        logits = judge(self.augmented(self.view(translated, render)))
        losses = {"g_face": generator_loss(logits, config.adversarial.form) / config.discriminator.scales}
        cell = max(1, render.shape[-1] // 8)
        colour = F.l1_loss(F.avg_pool2d(translated, cell), F.avg_pool2d(render, cell))
        losses["colour"] = config.fidelity.colour * colour
        seen, before = self.geometry.predict(translated), self.geometry.observe(render)
        losses["geometry"] = config.geometry.weight * self.geometry(seen, before, batch)
        if config.parser.weight > 0:
            losses["parser"] = config.parser.weight * parser_loss(seen, batch["classes"], mask, config.parser)
        torch.stack(list(losses.values())).sum().backward()
        state.optimizers["generator"].step()
        return {name: value.detach() for name, value in (terms | losses).items()}

    def view(self, image: Tensor, source: Tensor) -> Tensor:
        answer = self.geometry.observe(source)
        with torch.no_grad():
            face = (answer.mask > 0.5).float()
            maps = [face, answer.correspondence.clamp(0, 1) * face]
            if answer.maps is not None and answer.maps.classes is not None:
                classes = answer.maps.classes.argmax(1)
                maps.append(F.one_hot(classes, len(CLASSES)).permute(0, 3, 1, 2).float())
        window = face_window(face, self.config.discriminator.window_radius)
        return torch.cat([through_window(image, window), *(values * window for values in maps)], 1)

    def augmented(self, view: Tensor) -> Tensor:
        if not self.config.adversarial.augment:
            return view
        colours, maps = view[:, :3], view[:, 3:]
        gain = 1 + self.colour * (2 * torch.rand_like(colours[:, :, :1, :1]) - 1)
        shift = self.colour * (2 * torch.rand_like(colours[:, :1, :1, :1]) - 1)
        return self.move(torch.cat([gain * colours + shift * (colours != 0), maps], 1))


def noise_batch(config: GanExperiment) -> Batch:
    """A batch of the shapes that a training has."""
    random = torch.Generator().manual_seed(0)
    batch, side = config.batch, config.size

    def values(channels: int) -> Tensor:
        return torch.rand(batch, channels, side, side, generator=random)

    mask = torch.zeros(batch, 1, side, side)
    mask[:, :, side // 4 : 3 * side // 4, side // 4 : 3 * side // 4] = 1
    classes = torch.full_like(mask, CLASSES.index("skin"))
    labels = {"mask": mask, "correspondence": values(3) * mask, "normals": values(3) * mask, "classes": classes}
    return {"rgb": values(3), "photo": values(3), "photo_mask": mask.clone()} | labels


def frozen(config: GanExperiment) -> GeometryLoss:
    """L_Geom of the experiment's network."""
    network, model = Reconstructor.from_pretrained(str(config.geometry.network)), load("default")
    return GeometryLoss(network, config.geometry, model.canonical[model.landmarks[48:]])


def seconds(config: GanExperiment, plain: bool, steps: int) -> list[float]:
    """Processor seconds of each of `steps` steps, of which the R1 term comes as often as in a training."""
    geometry = frozen(config)
    state = new_state(config, parser=True)
    batch, found = noise_batch(config), []
    if plain:
        step = PlainStep(geometry, config)
        for name, module in state.modules.items():
            state.modules[name] = module.to(memory_format=torch.contiguous_format)
    else:
        step = GanStep(geometry.to(memory_format=torch.channels_last), config)
        accelerator = Accelerator(mixed_precision=precision_here(config.precision), cpu=True)
        for module in state.modules.values():
            accelerator.prepare_model(module, evaluation_mode=True)
    for _ in range(steps + 1):  # the first one compiles
        began = time.process_time()
        step(state, batch)
        found.append(time.process_time() - began)
        state.step += 1
    return found[1:]


def same_losses(config: GanExperiment) -> None:
    """Stop where the two steps do not compute the same terms; without chance, and in float32."""
    config = replace(config, precision="no", adversarial=replace(config.adversarial, augment=False))
    geometry = frozen(config)
    batch, terms = noise_batch(config), []
    for kind in (PlainStep, GanStep):
        torch.manual_seed(0)
        state = new_state(config, parser=True)
        nn.init.normal_(cast(Generator, state.modules["generator"]).residual.weight)  # a new one changes nothing
        terms.append(kind(geometry, config)(state, batch))
    plain, ours = terms
    for name in plain.keys() | ours.keys():
        if not torch.allclose(plain[name], ours[name], rtol=0.01, atol=1e-5):
            raise SystemExit(f"the two steps differ in {name}: {float(plain[name])} and {float(ours[name])}")


def in_turns(args: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds of a step in each round, by whose it is; each round is a process of its own for each."""
    here = Path(__file__).resolve()
    ways = {"ours": (here.parents[1], []), "plain PyTorch": (here.parents[1], ["--plain"])}
    if args.other:
        ways["the other checkout"] = (args.other.resolve(), [])
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(args.rounds):
        for name, (tree, more) in ways.items():
            environment = os.environ | {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
            words = [sys.executable, here, args.experiment, "--network", args.network, "--steps", args.steps, *more]
            run = subprocess.run(
                [*map(str, words), "--once"], capture_output=True, text=True, check=True, env=environment
            )
            found[name].append(float(np.mean(json.loads(run.stdout.splitlines()[-1]))))
            print(f"round {number}, {name}: {found[name][-1]:.3f} s a step", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", type=Path, help="of a generator whose discriminator sees the source's maps")
    parser.add_argument("--network", default="data/weights/wild.safetensors", help="the frozen one, with a parser")
    parser.add_argument("--steps", type=int, default=16, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--other", type=Path, metavar="CHECKOUT")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where bench_gan_step.json is written")
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    wanted = {"photos.folder": ".", "geometry.network": str(args.network)}
    config = read_gan_experiment(args.experiment, wanted)
    if args.once:
        print(json.dumps(seconds(config, args.plain, args.steps)))
        return
    same_losses(config)
    found = in_turns(args)
    ours = np.array(found["ours"])
    figures = []
    for name, values in found.items():
        ratios = np.array(values) / ours
        figures.append(Figure("ratio", *RATIO, float(np.median(ratios)), len(ratios), group=name))
    each = {name: [round(value, 4) for value in values] for name, values in found.items()}
    result = Result(
        title=f"A step of the GAN, {args.experiment.stem}",
        protocol="bench_gan_step",
        settings={"steps": args.steps, "precision": precision_here(config.precision), "seconds": each},
        figures=tuple(figures),
        notes=("Medians of the rounds' ratios; processor time of one thread.",),
    )
    print(result.markdown())
    if args.out:
        result.write(args.out, "bench_gan_step", ["python", f"scripts/{WORK}", *sys.argv[1:]])


if __name__ == "__main__":
    main()
