from __future__ import annotations

import numpy as np
import pytest

from recon.skins.factors import principal_factors

N, T, C, K = 300, 30, 2, 3
NOISE = 0.3


def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Rows (N, T, C) of K components and noise, and the components (K, T * C)."""
    rng = np.random.default_rng(0)
    modes, scores = rng.standard_normal((K, T, C)), rng.standard_normal((N, K))
    rows = 1 + np.tensordot(scores, modes, 1) + NOISE * rng.standard_normal((N, T, C))
    return rows, modes.reshape(K, -1)


def off(modes: np.ndarray, true: np.ndarray) -> float:
    """Relative distance of the covariances that modes make."""
    flat = modes.reshape(len(modes), -1)
    return float(np.linalg.norm(flat.T @ flat - true.T @ true) / np.linalg.norm(true.T @ true))


def test_complete_rows_give_the_closed_form() -> None:
    """Tipping and Bishop 1999, equations 7 and 8: eigenvectors, eigenvalues less the noise's, the mean of the rest."""
    rows, _ = drawn()
    found = principal_factors(rows, np.ones((N, T)), K, rounds=40)
    flat = rows.reshape(N, -1)
    values, axes = np.linalg.eigh(np.cov(flat.T, bias=True))
    values, axes = values[::-1], axes[:, ::-1]
    noise = values[K:].mean()
    closed = (axes[:, :K] * np.sqrt(values[:K] - noise)).T
    assert found.noise == pytest.approx(np.sqrt(noise), rel=1e-3)
    assert off(found.modes, closed) < 1e-3
    assert np.abs(found.mean.reshape(-1) - flat.mean(0)).max() < 1e-3
    lengths = np.linalg.norm(found.modes.reshape(K, -1), axis=1)
    assert (np.diff(lengths) <= 0).all()
    cosines = found.modes.reshape(K, -1) @ found.modes.reshape(K, -1).T
    assert np.abs(cosines - np.diag(np.diag(cosines))).max() < 1e-3 * cosines.max()


def test_half_of_the_entries_are_enough() -> None:
    rows, _ = drawn()
    seen = np.random.default_rng(1).random((N, T)) < 0.5
    found = principal_factors(np.where(seen[..., None], rows, 99.0), seen, K, rounds=40)
    assert found.noise == pytest.approx(NOISE, rel=0.05)
    sampled = principal_factors(rows, np.ones((N, T)), K, rounds=40)
    assert off(found.modes, sampled.modes.reshape(K, -1)) < 0.1
    guessed = found.mean + np.tensordot(found.scores, found.modes, 1)
    assert np.sqrt(((guessed - rows)[~seen] ** 2).mean()) < 1.3 * NOISE


def test_outliers_lose_their_weight() -> None:
    rows, true = drawn()
    wrong = np.random.default_rng(2).random((N, T)) < 0.1
    spoilt = np.where(wrong[..., None], rows + 6, rows)
    plain, robust = (principal_factors(spoilt, np.ones((N, T)), K, 40, freedom=f) for f in (None, 4.0))
    assert off(robust.modes, true) < 0.6 * off(plain.modes, true)
    assert robust.trust[wrong].mean() < 0.05 and robust.trust[~wrong].mean() > 0.9


def test_a_texel_that_few_saw_stays_near_the_mean() -> None:
    rows, _ = drawn()
    seen = np.ones((N, T))
    seen[3:, 0] = 0
    free, shrunk = (principal_factors(rows, seen, K, 20, shrink=s) for s in (0.0, 30.0))
    assert np.linalg.norm(shrunk.modes[:, 0]) < 0.5 * np.linalg.norm(free.modes[:, 0])
