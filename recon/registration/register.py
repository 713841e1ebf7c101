"""Non-rigid registration of a template face to a map's mesh (Sela et al. 2017, section 4.1, equation 8, B.1).

Where this differs from the paper:
- The template rests as the model's own shape nearest to the map (`fit_model`), not as the mean face, unless `start`
  asks for that. From there the paper's first two stiffnesses, 1e8 and 5e7, change nothing that is measured, and are
  left out.
- The stiffness acts on the displacement from there, not on the places: as printed it would shrink the mesh. It is an
  integral over the template in mm, and each match weighs the area of its vertex over the mean one, so that the
  schedule means the same at any density of the template.
- The limits of rejection are those at the last stiffness. That of the distance grows with the root of the stiffness,
  that of the angle with the stiffness (a stiff template cannot be near an open mouth, nor lie as it does); both grow to
  three medians on noisy maps. The distance ends at 1.25 mm, not 1, where a lip that rolls in half hidden would fold.
  The angle ends at 90 degrees, not 5: along a lip normals turn by more from vertex to vertex than a template that still
  is stiff can follow, and once their matches are rejected nothing turns them back.
- Vertices that the embedding does not tell apart are never matched (`faithful`).
- Matches are the nearest points of triangles, not the nearest vertices; on the rim of the map's mesh they don't count.
- After the switch, nearest means in space and embedding together (a mm apart in the embedding counts as 2), so that
  vertices don't creep along the surface and a lip isn't pulled to the other lip.
- The norms that end the loops are root mean squares over matched vertices, in mm. They too grow with the root of the
  stiffness: what a stiff template leaves is moved by the next one anyway.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch

from recon.errors import UserError
from recon.faces.model import FaceModel
from recon.geometry.surfaces import vertex_normals
from recon.registration.affine import ransac_affine
from recon.registration.config import RegistrationConfig
from recon.registration.map_mesh import MapMesh
from recon.registration.matches import Target, faithful
from recon.registration.model_fit import fit_model
from recon.registration.parts import around, pieces_of, place_piece
from recon.registration.stiffness import System, biharmonic, follow, uncoupled

FEWEST_MATCHES = 50
TRIMMED_SHARE = 0.8
SERVED, MOST_STEPS = 3, 30  # a preconditioner is made anew after so many stiffnesses, or steps of conjugate gradients


@dataclass(frozen=True)
class Iteration:
    """One pass of the inner loop: what is needed to plot convergence.

    Attributes:
        stiffness: alpha_memb. in_space: matches by place, no longer by correspondence. matches: their number.
        energy: equation 8 after the solve. residual_mm: root mean square distance to the nearest
            four fifths of the matches, rejected ones among them.
        gradient: norm of the energy's gradient after the solve, relative. motion_mm: root mean square over matches.
        outer: number of the outer iteration. steps: of conjugate gradients. seconds: since the registration began.
    """

    outer: int
    stiffness: float
    in_space: bool
    matches: int
    energy: float
    residual_mm: float
    gradient: float
    motion_mm: float
    steps: int
    seconds: float


@dataclass(frozen=True)
class Registration:
    """A template registered to a map.

    Attributes:
        vertices: (n, 3) float32 mm, the template's vertices in the frame of the map.
        matched: (n,) bool, vertices that a match placed; the others follow smoothly.
        history: one entry for each solve; empty for a mesh that a network gave (`recon.registration.complete`).
        rest: (n, 3) float64 mm, where the deformation starts.
    """

    vertices: np.ndarray
    matched: np.ndarray
    history: tuple[Iteration, ...]
    rest: np.ndarray


def register(target: MapMesh, template: FaceModel, config: RegistrationConfig | None = None) -> Registration:
    """Deform the template onto the map's mesh.

    Raises:
        UserError: fewer than 50 vertices of the template find a match in the map's correspondence.
    """
    config, began = config or RegistrationConfig(), time.perf_counter()
    mean = template.mean.double().numpy()
    triangles = template.triangles.numpy().astype(np.int64)
    low, high = template.canonical_box_mm.double().numpy()
    candidates = np.unique(triangles[template.face.numpy()])
    refusal = UserError("the maps show too little of a face to register a template to: is there a face in the image?")
    if not len(target.triangles):
        raise refusal
    canonical = template.canonical.double().numpy()
    told_apart = faithful(triangles[template.face.numpy()], mean, canonical * (high - low))
    surface = Target(target, canonical, told_apart, high - low)
    embedded = surface.embedded
    if embedded.count < FEWEST_MATCHES:
        raise refusal
    affine, _ = ransac_affine(
        mean[embedded.kept], embedded.places[embedded.kept], config.ransac_iterations, config.ransac_mm, config.seed
    )
    shape = mean
    if config.start == "model":
        shape, affine = fit_model(template, embedded.places, embedded.kept, affine)
    rest = affine(shape)
    skin, *others = pieces_of(triangles, len(mean), candidates)
    on_skin = np.isin(np.arange(len(mean)), skin)
    whole = triangles[on_skin[triangles[:, 0]]]
    face = candidates[on_skin[candidates]]
    ids, u, matched, history = deform(surface, rest, around(whole, face, len(mean)), face, config, began)

    displacement, placed = np.zeros_like(rest), np.zeros(len(rest), bool)
    displacement[ids], placed[ids] = u, True
    bending, _ = biharmonic(rest[skin], np.searchsorted(skin, whole))
    displacement[skin] = follow(bending, displacement[skin], placed[skin])
    moved, kept = rest + displacement, np.zeros(len(rest), bool)
    kept[ids] = matched
    for piece in others:
        moved[piece] = place_piece(piece, rest, embedded.places, embedded.kept, skin, moved)
        kept[piece] = embedded.kept[piece]
    return Registration(moved.astype(np.float32), kept, tuple(history), rest)


def deform(
    surface: Target, rest: np.ndarray, triangles: np.ndarray, face: np.ndarray, config: RegistrationConfig, began: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Iteration]]:
    """The loops of supplement B.1.

    Args:
        rest: (n, 3) mm the template at rest. triangles: (f, 3) of the skin around the face, whose vertices move.
        face: ids of the vertices that may be matched.
    Returns:
        ids (k,) of the vertices that move, their displacement (k, 3) mm, (k,) bool the last matches, the history.
    """
    ids, local = np.unique(triangles, return_inverse=True)
    local = local.reshape(-1, 3)
    bending, mass = biharmonic(rest[ids], local)
    mean_mass = mass[np.isin(ids, face)].mean()
    shares = mass / mean_mass

    moved, history = rest.copy(), []
    u = np.zeros((len(ids), 3))
    matches, in_space, outer = surface.embedded.of(ids), False, 0
    alphas, preconditioner, served = (config.alpha_point, config.alpha_plane), None, 0
    schedule = stiffnesses(config)
    for stiffness in schedule:
        slack = np.sqrt(stiffness / schedule[-1])
        weighted = stiffness * config.unit_mm4 / mean_mass * bending
        for _ in range(config.most_outer):
            outer, before, known = outer + 1, u, matches.count
            found = surface.by_space(moved).of(ids) if in_space else surface.embedded.of(ids)
            limits = slack * config.distance_mm, slack**2 * config.angle_deg
            matches = found.rejected(moved[ids], normals_of(moved[ids], local), *limits)
            if preconditioner is None or served == SERVED or history[-1].steps > MOST_STEPS:
                preconditioner, served = uncoupled(weighted, matches, shares, *alphas), 0
            system = System(rest[ids], weighted, shares, *alphas, preconditioner)
            for _ in range(config.most_inner):
                solved = system.solve(u, matches)
                motion = rms((solved.displacement - u)[matches.kept])
                u = solved.displacement
                moved[ids] = rest[ids] + u
                history.append(
                    Iteration(
                        outer=outer,
                        stiffness=stiffness,
                        in_space=in_space,
                        matches=matches.count,
                        energy=system.energy(u, matches),
                        residual_mm=trimmed(moved[ids] - matches.places, found.kept),
                        gradient=solved.gradient,
                        motion_mm=motion,
                        steps=solved.steps,
                        seconds=time.perf_counter() - began,
                    )
                )
                if motion < slack * config.inner_mm or not in_space:  # by embedding, matches stay as they are
                    break
                matches = replace(surface.by_space(moved).of(ids), kept=matches.kept)
            in_space |= outer > 1 and abs(matches.count - known) < config.switch_matches
            if rms((u - before)[matches.kept]) < slack * config.outer_mm:
                break
        served += 1
    return ids, u, matches.kept, history


def stiffnesses(config: RegistrationConfig) -> list[float]:
    """The stiffness's weights in turn: halved until the next would be below `alpha_memb_end`; one at least."""
    halvings = max(0, int(np.floor(np.log2(config.alpha_memb / config.alpha_memb_end))))
    return [config.alpha_memb / 2**k for k in range(halvings + 1)]


def normals_of(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    return vertex_normals(torch.from_numpy(vertices), torch.from_numpy(triangles)).numpy()


def rms(vectors: np.ndarray) -> float:
    """Root of the mean squared length of rows (k, 3); 0 of none."""
    return float(np.sqrt(np.square(vectors).sum(1).mean())) if len(vectors) else 0.0


def trimmed(offsets: np.ndarray, found: np.ndarray) -> float:
    """Root of the mean square of the shortest of the offsets (n, 3) that were found (n,) bool."""
    lengths = np.sort(np.linalg.norm(offsets[found], axis=1))
    return rms(lengths[: int(TRIMMED_SHARE * len(lengths)), None])
