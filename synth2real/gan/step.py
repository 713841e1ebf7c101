"""One step of the GAN: D learns to tell photos from translated renders, G to fool it without moving the geometry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from recon.methods.base import FaceGeometry
from recon.train.loop import Batch, State, descend, precision_here
from synth2real.gan.adversarial import (
    augmentation,
    discriminator_loss,
    generator_loss,
    r1_penalty,
)
from synth2real.gan.conditions import condition_of
from synth2real.gan.experiment import GanExperiment
from synth2real.gan.generator import Generator, draw_noise
from synth2real.gan.geometry_loss import GeometryLoss
from synth2real.gan.parser_loss import parser_loss
from synth2real.gan.window import face_window, through_window


@dataclass(frozen=True)
class Seen:
    """What the frozen network says of a step's images, each where a term needs it: of the photos and the renders
    without gradient, of the translated renders with it."""

    photo: FaceGeometry | None
    render: FaceGeometry | None
    translated: FaceGeometry | None


class Beside(NamedTuple):
    """What a discriminator is shown of an image besides: the window of its face (B, 1, H, W), maps (B, k, H, W)."""

    window: Tensor
    maps: list[Tensor]


class GanStep:
    """The `step(state, batch)` that `recon.train.loop.fit` calls.

    state.modules and state.optimizers hold "generator" and the discriminators: "face" (through the face window) and,
    where its weight is above 0, "whole". A batch holds the render's rgb, mask, correspondence, normals and, where the
    parser term counts, classes; and photo (B, 3, H, W) float [0, 1] with photo_mask (B, 1, H, W) float 0/1, the frozen
    network's face mask of each photo.
    """

    def __init__(self, geometry: GeometryLoss, config: GanExperiment):
        self.geometry, self.config = geometry, config
        self.adversarial, self.fidelity = config.adversarial, config.fidelity
        self.judges = {"face": 1.0, "whole": config.discriminator.whole_weight}
        self.judges = {name: weight for name, weight in self.judges.items() if weight > 0}
        self.maps, self.window_radius = config.discriminator.maps, config.discriminator.window_radius
        self.augment = augmentation(config.adversarial)

    def __call__(self, state: State, batch: Batch) -> dict[str, Tensor]:
        batch = {name: value.contiguous(memory_format=torch.channels_last) for name, value in batch.items()}
        generator = cast(Generator, state.modules["generator"])
        noise = draw_noise(batch["rgb"], generator.config.noise_channels)
        translated = generator(batch["rgb"], batch["correspondence"], batch["normals"], noise, batch["mask"])
        seen = self.observed(batch, translated)

        source = {"none": None, "source": seen.render, "image": seen.translated}[self.maps]
        photo, fake = self._beside(batch["photo_mask"], seen.photo), self._beside(batch["mask"], source)

        losses = self.discriminator_losses(state, batch["photo"], photo, translated.detach(), fake)
        for name in self.judges:
            own = [value for term, value in losses.items() if term.endswith(name)]
            descend(torch.stack(own).sum(), state.optimizers[name])

        terms = self.generator_losses(state, batch, translated, fake, seen)
        descend(torch.stack(list(terms.values())).sum(), state.optimizers["generator"])
        return {name: value.detach() for name, value in (losses | terms).items()}

    def observed(self, batch: Batch, translated: Tensor) -> Seen:
        """The frozen network's answers, once a step."""
        geometry, parser = self.config.geometry.weight > 0, self.config.parser.weight > 0
        bf16 = precision_here(self.config.precision) == "bf16"
        with torch.autocast(translated.device.type, torch.bfloat16, enabled=bf16):
            observe = self.geometry.observe
            return Seen(
                photo=observe(batch["photo"]) if self.maps != "none" else None,
                render=observe(batch["rgb"]) if geometry or self.maps == "source" else None,
                translated=self.geometry.predict(translated) if geometry or parser or self.maps == "image" else None,
            )

    def discriminator_losses(
        self, state: State, photo: Tensor, beside_photo: Beside, translated: Tensor, beside_fake: Beside
    ) -> dict[str, Tensor]:
        """Named terms whose sum D minimises; R1 comes every `r1_every` steps."""
        terms: dict[str, Tensor] = {}
        photos, fakes = self._views(photo, beside_photo), self._views(translated, beside_fake)
        for name in self.judges:
            discriminator = state.modules[name]
            real, fake = self.augment(photos[name]), self.augment(fakes[name])
            terms[f"d_{name}"] = discriminator_loss(discriminator(real), discriminator(fake), self.adversarial.form)
            if self.adversarial.r1 > 0 and state.step % self.adversarial.r1_every == 0:
                penalty = r1_penalty(discriminator, real)
                terms[f"r1_{name}"] = self.adversarial.r1 * self.adversarial.r1_every * penalty
        return terms

    def generator_losses(
        self, state: State, batch: Batch, translated: Tensor, beside: Beside, seen: Seen
    ) -> dict[str, Tensor]:
        """Named terms, already weighted, whose sum G minimises."""
        render, mask = batch["rgb"], batch["mask"]
        terms: dict[str, Tensor] = {}
        for name, view in self._views(translated, beside).items():
            logits = state.modules[name](self.augment(view))
            weight = self.judges[name] / self.config.discriminator.scales  # the mean over sizes
            terms[f"g_{name}"] = weight * generator_loss(logits, self.adversarial.form)
        if self.fidelity.identity > 0:
            outside = 1 - face_window(mask, self.window_radius)
            terms["identity"] = self.fidelity.identity * ((translated - render).abs() * outside).mean()
        cell = max(1, render.shape[-1] // 8)
        terms["colour"] = self.fidelity.colour * F.l1_loss(F.avg_pool2d(translated, cell), F.avg_pool2d(render, cell))
        if self.config.geometry.weight > 0:
            assert seen.translated is not None and seen.render is not None
            terms["geometry"] = self.config.geometry.weight * self.geometry(seen.translated, seen.render, batch)
        if self.config.parser.weight > 0:
            assert seen.translated is not None
            term = parser_loss(seen.translated, batch["classes"], mask, self.config.parser)
            terms["parser"] = self.config.parser.weight * term
        return terms

    def _beside(self, mask: Tensor, answer: FaceGeometry | None) -> Beside:
        """Maps show the network's own face mask, so the window is that one's too, of photos and fakes alike."""
        maps = [] if answer is None else [condition_of(answer)]
        return Beside(face_window(maps[0][:, :1] if maps else mask, self.window_radius), maps)

    def _views(self, image: Tensor, beside: Beside) -> dict[str, Tensor]:
        """What each discriminator sees: the image (B, 3, H, W) in [-1, 1], and beside it the maps."""
        window, maps = beside
        views = {
            "face": lambda: torch.cat([through_window(image, window), *(values * window for values in maps)], 1),
            "whole": lambda: torch.cat([2 * image - 1, *maps], 1),
        }
        return {name: views[name]() for name in self.judges}
