"""One step of the GAN: D learns to tell photos from translated renders, G to fool it without moving the geometry."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from recon.train.loop import Batch, State, descend
from synth2real.gan.adversarial import (
    AdversarialConfig,
    augmentation,
    discriminator_loss,
    generator_loss,
    r1_penalty,
)
from synth2real.gan.config import FidelityConfig
from synth2real.gan.discriminator import DiscriminatorConfig, face_window, through_window
from synth2real.gan.generator import Generator, draw_noise
from synth2real.gan.geometry_loss import GeometryLoss


class GanStep:
    """The `step(state, batch)` that `recon.train.loop.fit` calls.

    state.modules and state.optimizers hold "generator" and the discriminators: "face" (through the face window) and,
    where its weight is above 0, "whole". A batch holds the render's rgb, mask, correspondence and normals, and photo
    (B, 3, H, W) float [0, 1] with photo_mask (B, 1, H, W) float 0/1, the frozen network's face mask of each photo.
    """

    def __init__(
        self,
        geometry: GeometryLoss,
        discriminator: DiscriminatorConfig,
        adversarial: AdversarialConfig,
        fidelity: FidelityConfig,
        precision: str = "no",
    ):
        self.geometry, self.adversarial, self.fidelity = geometry, adversarial, fidelity
        self.judges = {"face": 1.0, "whole": discriminator.whole_weight}
        self.judges = {name: weight for name, weight in self.judges.items() if weight > 0}
        self.window_radius = discriminator.window_radius
        self.augment = augmentation(adversarial)
        self.bf16 = precision == "bf16"

    def __call__(self, state: State, batch: Batch) -> dict[str, Tensor]:
        batch = {name: value.contiguous(memory_format=torch.channels_last) for name, value in batch.items()}
        generator = cast(Generator, state.modules["generator"])
        noise = draw_noise(batch["rgb"], generator.config.noise_channels)
        translated = generator(batch["rgb"], batch["correspondence"], batch["normals"], noise)

        losses = self.discriminator_losses(state, batch, translated.detach())
        for name in self.judges:
            own = [value for term, value in losses.items() if term.endswith(name)]
            descend(torch.stack(own).sum(), state.optimizers[name])

        terms = self.generator_losses(state, batch, translated)
        descend(torch.stack(list(terms.values())).sum(), state.optimizers["generator"])
        return {name: value.detach() for name, value in (losses | terms).items()}

    def discriminator_losses(self, state: State, batch: Batch, translated: Tensor) -> dict[str, Tensor]:
        """Named terms whose sum D minimises; R1 comes every `r1_every` steps."""
        terms: dict[str, Tensor] = {}
        photos = self._views(batch["photo"], batch["photo_mask"])
        fakes = self._views(translated, batch["mask"])
        for name in self.judges:
            discriminator = state.modules[name]
            real, fake = self.augment(photos[name]), self.augment(fakes[name])
            terms[f"d_{name}"] = discriminator_loss(discriminator(real), discriminator(fake), self.adversarial.form)
            if self.adversarial.r1 > 0 and state.step % self.adversarial.r1_every == 0:
                penalty = r1_penalty(discriminator, real)
                terms[f"r1_{name}"] = self.adversarial.r1 * self.adversarial.r1_every * penalty
        return terms

    def generator_losses(self, state: State, batch: Batch, translated: Tensor) -> dict[str, Tensor]:
        """Named terms, already weighted, whose sum G minimises."""
        render, mask = batch["rgb"], batch["mask"]
        terms: dict[str, Tensor] = {}
        for name, view in self._views(translated, mask).items():
            logits = state.modules[name](self.augment(view))
            terms[f"g_{name}"] = self.judges[name] * generator_loss(logits, self.adversarial.form)
        outside = 1 - face_window(mask, self.window_radius)
        terms["identity"] = self.fidelity.identity * ((translated - render).abs() * outside).mean()
        cell = max(1, render.shape[-1] // 8)
        terms["colour"] = self.fidelity.colour * F.l1_loss(F.avg_pool2d(translated, cell), F.avg_pool2d(render, cell))
        if self.geometry.config.weight > 0:
            with torch.autocast(render.device.type, torch.bfloat16, enabled=self.bf16):
                of_render = self.geometry.observe(render)
                term = self.geometry(translated, of_render, batch)
            terms["geometry"] = self.geometry.config.weight * term
        return terms

    def _views(self, image: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """What each discriminator sees of the images, (B, 3, H, W) in [-1, 1]."""
        views = {"face": through_window(image, face_window(mask, self.window_radius)), "whole": 2 * image - 1}
        return {name: view for name, view in views.items() if name in self.judges}
