"""Equation 8 as settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recon.configuration import bounded
from recon.ranges import SEEDS, WEIGHT


@dataclass(frozen=True)
class RegistrationConfig:
    """Weights, limits and loops of equation 8; the paper's numbers but for `alpha_memb`, `unit_mm4` and the limits of
    rejection. `configs/reconstruction/paper.yaml` holds the paper's.

    start              where the template rests before it deforms: as the "model"'s own shape nearest to the map, or as
                       the "mean" face after an affine map, as in the paper
    alpha_point        weight of the distance from point to point
    alpha_plane        weight of the distance from point to plane
    alpha_memb         the stiffness at the start; it is halved until the next would be below `alpha_memb_end`
    alpha_memb_end     the last stiffness is this or more
    unit_mm4           what stiffness 1 means: the template follows waves longer than about
                       6 (unit * stiffness)^(1/4) mm
    distance_mm        matches farther off are rejected, at the last stiffness
    angle_deg          matches whose normals differ by more are rejected, at the last stiffness
    inner_mm           root-mean-square motion below which the inner loop ends, at the last stiffness
    outer_mm           root-mean-square motion below which the stiffness is halved, at the last stiffness
    most_inner         rounds of the inner loop at most, at one stiffness
    most_outer         rounds of the outer loop at most, at one stiffness
    switch_matches     where the number of matches changes by less, they are looked for in space
    ransac_iterations  draws of the affine fit
    ransac_mm          farther off than this, a match is none of the affine fit's
    seed               of the affine fit's draws
    """

    start: Literal["model", "mean"] = "model"
    alpha_point: float = bounded(0.1, *WEIGHT)
    alpha_plane: float = bounded(1.0, *WEIGHT)
    alpha_memb: float = bounded(2.5e7, 1e-6, 1e15)
    alpha_memb_end: float = bounded(1e6, 1e-6, 1e15)
    unit_mm4: float = bounded(1e-6, 1e-15, 1e6)
    distance_mm: float = bounded(1.25, 1e-3, 1000)
    angle_deg: float = bounded(90.0, 0, 180)
    inner_mm: float = bounded(0.01, 0, 100)
    outer_mm: float = bounded(0.1, 0, 100)
    most_inner: int = bounded(10, 1, 1000)
    most_outer: int = bounded(10, 1, 1000)
    switch_matches: int = bounded(500, 0, 10**9)
    ransac_iterations: int = bounded(1000, 1, 10**6)
    ransac_mm: float = bounded(3.0, 1e-3, 1000)
    seed: int = bounded(0, *SEEDS)
