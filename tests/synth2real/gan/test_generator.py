import pytest
import torch

from recon.errors import UserError
from recon.methods.base import Reconstructor
from recon.methods.pretrained import save_weights
from synth2real.gan.generator import Generator, GeneratorConfig, draw_noise
from tests.synth2real.gan_fakes import render_batch

SMALL = {"widths": (8, 16), "head_width": 8}


@pytest.mark.parametrize("gbuffer", [True, False])
@pytest.mark.parametrize("unshuffle", [1, 2])
def test_a_new_generator_is_the_identity(gbuffer, unshuffle):
    generator = Generator(GeneratorConfig(**SMALL, gbuffer=gbuffer, unshuffle=unshuffle))
    batch = render_batch(0)
    noise = draw_noise(batch["rgb"], 1)
    assert torch.equal(generator(batch["rgb"], batch["correspondence"], batch["normals"], noise), batch["rgb"])


def test_gradients_reach_every_parameter_once_the_last_layer_has_moved():
    generator = Generator(GeneratorConfig(**SMALL))
    torch.nn.init.normal_(generator.residual.weight, std=0.1)
    batch = render_batch(0)
    noise = draw_noise(batch["rgb"], 1)
    generator(batch["rgb"], batch["correspondence"], batch["normals"], noise).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in generator.parameters())


def test_geometry_counts_only_with_gbuffer():
    batch, other = render_batch(0), render_batch(1)
    noise = draw_noise(batch["rgb"], 1)
    for gbuffer in (True, False):
        generator = Generator(GeneratorConfig(**SMALL, gbuffer=gbuffer))
        torch.nn.init.normal_(generator.residual.weight, std=0.1)
        a = generator(batch["rgb"], batch["correspondence"], batch["normals"], noise)
        b = generator(batch["rgb"], other["correspondence"], other["normals"], noise)
        assert torch.equal(a, b) is not gbuffer


def test_translate_is_clamped_and_follows_the_seed():
    generator = Generator(GeneratorConfig(**SMALL))
    torch.nn.init.normal_(generator.residual.weight, std=3.0)
    batch = render_batch(0)
    images = [generator.translate(batch, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(images[0], images[1]) and not torch.equal(images[0], images[2])
    assert images[0].min() >= 0 and images[0].max() <= 1


def test_weights_survive_and_weights_of_another_size_are_refused(tmp_path):
    config = GeneratorConfig(**SMALL)
    generator = Generator(config)
    torch.nn.init.normal_(generator.residual.weight, std=0.1)
    save_weights(tmp_path / "g.safetensors", generator, {"steps": 1})
    loaded = Generator.from_pretrained(tmp_path / "g.safetensors")
    torch.testing.assert_close(loaded.state_dict(), generator.state_dict(), atol=1e-3, rtol=1e-3)
    with pytest.raises(UserError, match="kind"):
        Reconstructor.from_pretrained(tmp_path / "g.safetensors")  # a generator is no reconstructor


def harmoniser(std: float = 3.0) -> Generator:
    generator = Generator(GeneratorConfig(**SMALL, reach=0.25, seam=0.1))
    torch.nn.init.normal_(generator.residual.weight, std=std)
    return generator


@torch.no_grad()
def test_a_harmoniser_changes_the_face_and_its_seam_alone_and_so_far_only():
    batch = render_batch(0)
    out = harmoniser()(
        batch["rgb"], batch["correspondence"], batch["normals"], draw_noise(batch["rgb"], 1), batch["mask"]
    )
    change = (out - batch["rgb"]).abs().amax(1, keepdim=True)
    beyond = torch.nn.functional.max_pool2d(batch["mask"], 2 * 5 + 1, stride=1, padding=5) == 0  # 3 px, and soft to 5
    assert torch.equal(out * beyond, batch["rgb"] * beyond) and beyond.any()
    assert 0.2 < float(change.max()) <= 0.25 + 1e-6
    assert float(change[batch["mask"].bool()].mean()) > 0.01


def test_a_harmoniser_begins_as_the_identity_and_needs_the_mask():
    batch, noise = render_batch(0), draw_noise(render_batch(0)["rgb"], 1)
    maps = batch["correspondence"], batch["normals"]
    assert torch.equal(
        Generator(GeneratorConfig(**SMALL, seam=0.1))(batch["rgb"], *maps, noise, batch["mask"]), batch["rgb"]
    )
    with pytest.raises(ValueError, match="mask"):
        harmoniser()(batch["rgb"], *maps, noise)
