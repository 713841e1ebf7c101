"""Muon: orthogonal steps for the matrices, Adam's for the rest."""

from __future__ import annotations

import copy

import torch
from torch import nn

from recon.train.muon import Muon, orthogonalize


def test_singular_values_become_about_one_and_the_singular_vectors_stay() -> None:
    torch.manual_seed(0)
    left, _ = torch.linalg.qr(torch.randn(24, 24))
    right, _ = torch.linalg.qr(torch.randn(200, 24))
    matrix = left @ torch.diag(torch.logspace(-1, 1, 24)) @ right.T
    for one in (matrix, matrix.T):
        values = torch.linalg.svdvals(orthogonalize(one))
        assert values.min() > 0.6 and values.max() < 1.3
    turned = left.T @ orthogonalize(matrix) @ right
    assert (turned - torch.diag(turned.diagonal())).abs().max() < 1e-3


def test_the_scale_of_the_gradient_does_not_matter_and_none_is_no_step() -> None:
    torch.manual_seed(0)
    matrix = torch.randn(16, 48)
    torch.testing.assert_close(orthogonalize(matrix), orthogonalize(matrix * 1e-4), rtol=1e-3, atol=1e-3)
    assert torch.equal(orthogonalize(torch.zeros(16, 48)), torch.zeros(16, 48))


def test_vectors_small_matrices_and_heads_are_adams() -> None:
    torch.manual_seed(0)
    network = nn.ModuleDict({"body": nn.Conv2d(3, 8, 3), "head": nn.Conv2d(32, 32, 1)})
    twin = copy.deepcopy(network)
    muon = Muon(network, 1e-2)
    adam = torch.optim.Adam(twin.parameters(), 1e-2, betas=(0.9, 0.99))
    for _ in range(5):
        for ours, theirs in zip(network.parameters(), twin.parameters(), strict=True):
            ours.grad = torch.randn_like(ours)
            theirs.grad = ours.grad.clone()
        muon.step()
        adam.step()
    for ours, theirs in zip(network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_the_first_step_has_the_learning_rates_size() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(32, 64, 3, bias=False)
    before = layer.weight.detach().clone()
    layer.weight.grad = torch.randn_like(layer.weight) * 7
    Muon(layer, 1e-2).step()
    step = (layer.weight - before).square().mean().sqrt()
    assert 0.7 * 0.2e-2 < step < 1.2 * 0.2e-2


def test_the_state_survives_saving() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(16, 32, 3)
    first, second = layer, copy.deepcopy(layer)
    one = Muon(first, 1e-2)

    def descend(module: nn.Module, optimizer: Muon, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        for parameter in module.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        optimizer.step()

    descend(first, one, 0)
    second.load_state_dict(first.state_dict())
    other = Muon(second, 1e-2)
    other.load_state_dict(copy.deepcopy(one.state_dict()))
    descend(first, one, 1)
    descend(second, other, 1)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
