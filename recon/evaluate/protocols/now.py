"""The protocol of the NoW challenge, non-metrical (Sanyal et al. 2019): see `recon.evaluate.metrics.scan_to_mesh`.

Distances of all photos lie in one heap, of which the median, mean and standard deviation are told. Scans are neutral
and upright: a method that can must give its mesh without expression and pose (with them the median was 6.6 mm).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from recon.configuration import to_plain
from recon.errors import UserError
from recon.evaluate.answers import at_rest
from recon.evaluate.curves import ced_picture
from recon.evaluate.metrics.intervals import pooled_intervals
from recon.evaluate.metrics.scan_to_mesh import SEVEN, scan_to_mesh
from recon.evaluate.networks import digests, open_network, predict_images
from recon.evaluate.published_settings import NowSettings as Settings
from recon.evaluate.readers.now import Picture, pictures
from recon.evaluate.results import Figure, Measure, Result
from recon.evaluate.self_grade import GradedHead, self_grade
from recon.methods.base import Reconstructor
from recon.photos.framing import frame, from_box
from recon.photos.reading import Unusable, read_photo
from recon.progress import tracked

MEASURES = {"median": Measure("median", "mm"), "mean": Measure("mean", "mm"), "std": Measure("std", "mm")}
MADE = Measure("photos with a mesh", "%")
CURVE_MM = 7.0
Mesh = tuple[np.ndarray, np.ndarray, np.ndarray]  # vertices (m, 3), triangles (f, 3), seven landmarks (7, 3)


def run(settings: Settings) -> Result:
    """Take or make each photo's mesh, lay it on the scan, measure."""
    photos, mesh_of_photo = pictures(settings.folder, settings.part), maker(settings)
    scans: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    distances: list[np.ndarray | None] = []
    for photo in tracked(photos, "photos"):
        mesh = mesh_of_photo(photo)
        if mesh is not None and photo.person not in scans:
            scans[photo.person] = photo.scan()
        distances.append(None if mesh is None else scan_to_mesh(*scans[photo.person], *mesh).distance)
    if all(one is None for one in distances):
        raise UserError(f"there is no mesh for any photo of {settings.folder}: check --meshes or --network")
    pairs = list(zip(photos, distances, strict=True))
    missing = sum(one is None for one in distances)
    doubt = f" {missing} photos have no mesh and are left out: not to be set beside others." if missing else ""
    heap = np.concatenate([one for one in distances if one is not None])
    return Result(
        title=f"The NoW challenge, {settings.part}, non-metrical" + (", looking twice" if settings.mirrored else ""),
        protocol="now",
        settings=to_plain(settings),
        figures=figures(pairs),
        notes=(
            f"{len(photos)} photos of {len({photo.person for photo in photos})} people.{doubt}",
            "All distances in one heap; intervals by bootstrap over people, n people.",
            "Scans are neutral: a mesh that keeps the photo's expression is charged for it; a network that tells shape "
            "apart from expression and pose answers with its shape alone.",
        ),
        weights={} if settings.meshes else digests(settings.network),
        values=[value(photo, one) for photo, one in pairs],
        pictures={"ced": ced_picture({"distances": heap}, "mm", CURVE_MM)},
        self_grade=self_grade(graded_figure, aligned=True, count=settings.graded),
    )


def maker(settings: Settings) -> Callable[[Picture], Mesh | None]:
    """What gives a photo's mesh: the folder of meshes, or the network."""
    if settings.meshes is not None:
        folder = settings.meshes
        return lambda photo: photo.made(folder)
    network = open_network(settings.network, settings.mirrored)
    return lambda photo: mesh_by(network, photo)


def mesh_by(network: Reconstructor, photo: Picture) -> Mesh | None:
    """The network's mesh of a photo, framed by the set's own box; None where it finds no face."""
    try:
        crop = frame(read_photo(photo.photo), from_box(photo.box()), network.size)
    except Unusable as reason:
        raise UserError(f"{photo.photo} can't be used ({reason}): give the NoW challenge's folder") from None
    mesh = at_rest(predict_images(network, np.stack([crop])), 0)
    if mesh is None:
        return None
    if mesh.landmarks is None:
        raise UserError(f"the landmarks of meshes of '{mesh.topology}' are not known: give --meshes with landmarks")
    return mesh.vertices_mm, mesh.triangles, mesh.vertices_mm[mesh.landmarks[list(SEVEN)]]


def figures(pairs: Iterable[tuple[Picture, np.ndarray | None]]) -> tuple[Figure, ...]:
    """A row for all photos and one for each challenge."""
    pairs = list(pairs)
    found: list[Figure] = []
    for challenge in ("", *dict.fromkeys(photo.challenge for photo, _ in pairs)):
        kept = [pair for pair in pairs if challenge in ("", pair[0].challenge)]
        people: dict[str, list[np.ndarray]] = {}
        for photo, distance in kept:
            if distance is not None:
                people.setdefault(photo.person, []).append(distance)
        if not people:
            continue
        group = challenge.replace("_", " ") or "all photos"
        told = pooled_intervals([np.concatenate(own) for own in people.values()])
        for name, measure in MEASURES.items():
            value, low, high = told[name]
            interval = (low, high) if np.isfinite(low) else (None, None)
            found.append(Figure(name, *measure, value, len(people), *interval, group=group))
        made = 100 * float(np.mean([distance is not None for _, distance in kept]))
        found.append(Figure("made", *MADE, made, len(people), group=group))
    return tuple(found)


def value(photo: Picture, distance: np.ndarray | None) -> dict[str, Any]:
    about = {"person": photo.person, "challenge": photo.challenge, "photo": photo.name}
    if distance is None:
        return {**about, "median": np.nan, "mean": np.nan}
    return {**about, "median": float(np.median(distance)), "mean": float(distance.mean())}


def graded_figure(head: GradedHead) -> float:
    """The median, of the head as a scan and what was found as the mesh."""
    seven = head.landmarks[list(SEVEN)]
    scan = head.true[head.some], head.true[seven]
    return float(np.median(scan_to_mesh(*scan, head.found, head.triangles, head.found[seven]).distance))
