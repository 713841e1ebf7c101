"""Which place of the map's mesh belongs to each template vertex: steps 1 and 2 of the registration (supplement B.1).

The paper takes the nearest vertex; here it is the nearest point of the triangles, in the embedding or in space, with
position, normal and correspondence interpolated there. On exact maps the match is then exact to the pixel's fraction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recon.geometry.closest_points import ClosestPoints, closest_points
from recon.mesh.map_mesh import MapMesh

CANDIDATES = 8  # triangles looked at for each vertex; those of a map are of like size
REACH_MM = 3.0  # in the embedding: one skin is never matched to another that lies under it
ON_EDGE = 1e-9  # barycentric coordinate of a point on the opposite edge
TYPICAL = 3.0  # a limit of rejection is never below so many medians: real maps are noisier than the paper's limits


@dataclass(frozen=True)
class Matches:
    """One match for each of n template vertices.

    Attributes:
        places, normals: (n, 3) float64 mm and unit; 0 where nothing is matched.
        kept: (n,) bool, matches that count.
    """

    places: np.ndarray
    normals: np.ndarray
    kept: np.ndarray

    @property
    def count(self) -> int:
        return int(self.kept.sum())

    def of(self, ids: np.ndarray) -> Matches:
        """Those of some of the vertices."""
        return Matches(self.places[ids], self.normals[ids], self.kept[ids])

    def rejected(self, vertices: np.ndarray, normals: np.ndarray, distance_mm: float, angle_deg: float) -> Matches:
        """Without the pairs that are far apart or whose normals disagree (step 2).

        Both limits grow to three medians of all pairs where that is more, so that noisy maps keep their matches.

        Args:
            vertices, normals: (n, 3) the template now.
        """
        if not self.kept.any():
            return self
        distance = np.linalg.norm(vertices - self.places, axis=1)
        cosine = np.clip((normals * self.normals).sum(1), -1, 1)
        angle = np.degrees(np.arccos(cosine))
        kept = self.kept & (distance <= max(distance_mm, TYPICAL * float(np.median(distance[self.kept]))))
        kept &= angle <= max(angle_deg, TYPICAL * float(np.median(angle[self.kept])))
        return replace(self, kept=kept)


class Target:
    """A map's mesh, asked for the matches of template vertices whose canonical places are known."""

    def __init__(self, mesh: MapMesh, canonical: np.ndarray, candidates: np.ndarray, box_mm: np.ndarray) -> None:
        """canonical: (n, 3) in [0, 1]. candidates: ids of vertices that may be matched. box_mm: (3,) size of [0, 1]."""
        self.mesh, self.candidates, self.count = mesh, candidates, len(canonical)
        self.canonical_mm = canonical[candidates] * box_mm
        self.embedded_mm = mesh.correspondence * box_mm

    def by_embedding(self) -> Matches:
        """The point nearest in the embedding, wherever the template is."""
        return self._matches(closest_points(self.canonical_mm, self.embedded_mm, self.mesh.triangles, CANDIDATES))

    def by_space(self, vertices: np.ndarray) -> Matches:
        """The point nearest to each vertex (n, 3) in space and embedding taken together, a mm here as a mm there.

        In space alone nothing would hold vertices along the surface, and they would creep there for many iterations.
        """
        queries = np.concatenate([vertices[self.candidates], self.canonical_mm], 1)
        places = np.concatenate([self.mesh.vertices, self.embedded_mm], 1)
        return self._matches(closest_points(queries, places, self.mesh.triangles, CANDIDATES))

    def _matches(self, found: ClosestPoints) -> Matches:
        """Matches at the points found; the ends of the surface, and what is apart in the embedding, match nothing."""
        triangles = self.mesh.triangles
        at_end = (self.mesh.border[found.triangle] & (found.barycentric < ON_EDGE)).any(1)
        apart = np.linalg.norm(found.interpolate(triangles, self.embedded_mm) - self.canonical_mm, axis=1)
        kept = np.zeros(self.count, bool)
        if not at_end.all():
            kept[self.candidates] = ~at_end & (apart <= max(REACH_MM, TYPICAL * float(np.median(apart[~at_end]))))
        places, normals = np.zeros((self.count, 3)), np.zeros((self.count, 3))
        places[self.candidates] = found.interpolate(triangles, self.mesh.vertices)
        across = found.interpolate(triangles, self.mesh.normals)
        normals[self.candidates] = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
        return Matches(places, normals, kept)
