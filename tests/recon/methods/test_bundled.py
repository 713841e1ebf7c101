"""The bundled weights answer as they did when they were made: outputs stored then, compared now."""

from pathlib import Path

import numpy as np
import torch

from recon import assets
from recon.methods.base import Reconstructor
from synth2real.gan.drift import label_drift
from synth2real.gan.generator import Generator

STORED = Path(__file__).parents[2] / "data" / "bundled_answers.npz"
EVERY = slice(4, None, 8)  # the pixels that are stored


def test_the_network_gives_the_same_maps() -> None:
    stored = np.load(STORED)
    network = Reconstructor.from_pretrained(assets.path("weights/pix2vertex.safetensors"))
    assert network.name == "pix2vertex" and network.size == 128
    image = torch.from_numpy(stored["rgb"]).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        answer = network.predict(image)
    for name, tolerance in (("mask", 1e-4), ("position_mm", 1e-2), ("correspondence", 1e-4)):
        values = getattr(answer, name)[:, :, EVERY, EVERY].numpy()
        np.testing.assert_allclose(values, stored[name], atol=tolerance, err_msg=name)


def test_the_generator_gives_the_same_images_and_drift() -> None:
    stored = np.load(STORED)
    generator = Generator.from_pretrained(assets.path("weights/generator.safetensors"))
    network = Reconstructor.from_pretrained(assets.path("weights/pix2vertex.safetensors"))
    rgb, places, normals = (
        torch.from_numpy(stored[name].astype(np.float32)).permute(0, 3, 1, 2)
        for name in ("rgb", "correspondence_in", "normals_in")
    )
    seeds = [int(np.random.SeedSequence((7, i)).generate_state(1, np.uint64)[0] >> 1) for i in (0, 1)]
    noise = [torch.randn(1, 1, 128, 128, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    with torch.no_grad():
        image = generator(rgb / 255, places, normals, torch.cat(noise)).clamp(0, 1)
        bytes_ = (image * 255).round()
        before, after = network.predict(rgb / 255), network.predict(bytes_ / 255)
    seen = bytes_[:, :, EVERY, EVERY].permute(0, 2, 3, 1).numpy()
    assert np.abs(seen - stored["image"]).max() <= 2 and np.abs(seen - stored["image"]).mean() < 0.1
    face = (places != 0).any(1, keepdim=True).float()
    drift = label_drift(before, after, face)
    np.testing.assert_allclose(drift["drift_mm"].numpy(), stored["drift_mm"], rtol=0.02)
    np.testing.assert_allclose(drift["mask_iou"].numpy(), stored["mask_iou"], atol=0.01)
