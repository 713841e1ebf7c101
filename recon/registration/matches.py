"""Which place of the map's mesh belongs to each template vertex: steps 1 and 2 of the registration (supplement B.1).

The paper takes the nearest vertex; here it is the nearest point of the triangles, in the embedding or in space, with
position, normal and correspondence interpolated there. On exact maps the match is then exact to the pixel's fraction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import KDTree

from recon.geometry.closest_points import ClosestPoints, closest_points
from recon.registration.map_mesh import MapMesh

CANDIDATES = 4  # triangles looked at for each vertex; those of a map are of like size
EMBEDDING_SHARE = 2.0  # of a mm apart in the embedding, when matches are looked for in space
REACH_MM = 0.5  # in the embedding: a hidden vertex is not matched to what is seen beside it
FAITHFUL = 0.3  # share of a triangle's area that its embedding must keep, the way round that it lies
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


def faithful(triangles: np.ndarray, places: np.ndarray, embedded_mm: np.ndarray) -> np.ndarray:
    """Ids of the vertices that their embedding tells apart: none of their triangles collapses or turns over in it.

    A model's embedding was carried over from another's surface. Where that one has no such depth (inside nostrils and
    lips), walls are embedded where the skin before them is, and would be matched to that skin.

    Args:
        triangles: (f, 3). places, embedded_mm: (n, 3) mm of the template's vertices, in space and in the embedding.
    """
    across, embedded = (
        np.cross(x[triangles[:, 1]] - x[triangles[:, 0]], x[triangles[:, 2]] - x[triangles[:, 0]])
        for x in (places, embedded_mm)
    )
    kept = (across * embedded).sum(1) >= FAITHFUL * (across**2).sum(1)
    return np.setdiff1d(triangles[kept], triangles[~kept])


class Target:
    """A map's mesh, asked for the matches of template vertices whose canonical places are known.

    Attributes:
        embedded: matches by the point nearest in the embedding, wherever the template is.
        reached: ids of the vertices that are looked for in space: those that the map shows, by its embedding.
    """

    def __init__(self, mesh: MapMesh, canonical: np.ndarray, candidates: np.ndarray, box_mm: np.ndarray) -> None:
        """mesh: with triangles. canonical: (n, 3) in [0, 1]. candidates: ids of vertices that may be matched.
        box_mm: (3,) size of [0, 1]."""
        self.mesh = mesh
        self.canonical_mm = canonical * box_mm
        self.embedded_mm = mesh.correspondence * box_mm
        self.joint_mm = np.concatenate([mesh.vertices, EMBEDDING_SHARE * self.embedded_mm], 1)
        self.joint_tree = KDTree(self.joint_mm[mesh.triangles].mean(1))
        found = closest_points(self.canonical_mm[candidates], self.embedded_mm, mesh.triangles, CANDIDATES)
        self.embedded, near = self._matches(found, candidates)
        self.reached = candidates[near]

    def by_space(self, vertices: np.ndarray) -> Matches:
        """The point nearest to each vertex (n, 3) in space and embedding taken together.

        In space alone nothing would hold vertices along the surface, and they would creep there for many iterations.
        """
        queries = np.concatenate([vertices[self.reached], EMBEDDING_SHARE * self.canonical_mm[self.reached]], 1)
        found = closest_points(queries, self.joint_mm, self.mesh.triangles, CANDIDATES, self.joint_tree)
        return self._matches(found, self.reached)[0]

    def _matches(self, found: ClosestPoints, ids: np.ndarray) -> tuple[Matches, np.ndarray]:
        """Matches of the vertices `ids` at the points found, and (len(ids),) bool: near enough in the embedding.

        Those that are not match nothing, nor do those whose point is an end of the surface.
        """
        triangles, count = self.mesh.triangles, len(self.canonical_mm)
        at_end = (self.mesh.border[found.triangle] & (found.barycentric < ON_EDGE)).any(1)
        apart = np.linalg.norm(found.interpolate(triangles, self.embedded_mm) - self.canonical_mm[ids], axis=1)
        near = apart <= max(REACH_MM, TYPICAL * float(np.median(apart[~at_end]))) if not at_end.all() else ~at_end
        across = found.interpolate(triangles, self.mesh.normals)
        places, normals, kept = np.zeros((count, 3)), np.zeros((count, 3)), np.zeros(count, bool)
        places[ids] = found.interpolate(triangles, self.mesh.vertices)
        normals[ids] = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
        kept[ids] = near & ~at_end
        return Matches(places, normals, kept), np.asarray(near)
