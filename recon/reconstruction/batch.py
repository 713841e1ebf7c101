"""Many photos to folders of results, the network in this process, the meshes in others; what is there stays."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recon.configuration import to_plain
from recon.errors import UserError
from recon.faces import load
from recon.faces.model import FaceModel
from recon.files import image_files, only_run_in, printable, whole_file
from recon.methods.base import Reconstructor
from recon.methods.pretrained import network_digest
from recon.photos.reading import Unusable, read_photo
from recon.photos.region import Region, region_of
from recon.processes import one_thread, process_pool
from recon.progress import progress
from recon.ranges import PROCESSES, refuse_beyond
from recon.reconstruction.face_finder import Box, find_faces
from recon.reconstruction.looking import FoundFace
from recon.reconstruction.networks import model_for
from recon.reconstruction.pipeline import ReconstructionConfig, reconstruct_face
from recon.reconstruction.results import FORMATS, remove_results, write_result
from recon.texts import read_json

DONE = "photo.json"  # written last in a photo's folder: what is whole is not made again
IN_FLIGHT = 2  # photos for each process that wait for it in memory


@dataclass(frozen=True)
class Task:
    """A photo and the folder of its faces. digest: of the file's bytes, hexadecimal."""

    photo: Path
    folder: Path
    digest: str


@dataclass(frozen=True)
class Outcome:
    """What became of a batch in `out`.

    Attributes:
        made, there: photos made now, those that were there. skipped: those with no result, and why.
        doubtful: those, made or there, of which a face disagrees with an upright face, and how.
    """

    out: Path
    made: int
    there: int
    skipped: tuple[tuple[Task, str], ...]
    doubtful: tuple[tuple[Task, str], ...]

    def __str__(self) -> str:
        lines = [f"skipped {printable(task.photo)}: {reason}" for task, reason in self.skipped]
        lines += [f"doubtful {printable(task.photo)}: {reason}" for task, reason in self.doubtful]
        there = f", {self.there} were there already" if self.there else ""
        doubtful = f"; {len(self.doubtful)} doubtful: result.json says why" if self.doubtful else ""
        made = f"{self.made} of {self.made + len(self.skipped)} photos reconstructed in {self.out}"
        return "\n".join([*lines, made + there + doubtful])


def reconstruct_photos(
    places: Sequence[Path],
    out: Path,
    network: Reconstructor,
    config: ReconstructionConfig,
    *,
    model: str | None = None,
    box: Box | None = None,
    crop: bool = False,
    formats: Sequence[str] = FORMATS[:1],
    workers: int = 1,
) -> Outcome:
    """`recon.reconstruct` for every photo of `places` (files or folders), written under `out`, a folder a photo.

    A photo of the same content that was reconstructed there under the same settings is left alone. One that is broken
    or shows no face is skipped.

    Args:
        model: the template's name, see `model_for`. box, crop: see `find_faces`; a box is for one photo.
        formats: of FORMATS. workers: processes for the meshes.
    Raises:
        UserError: there are no photos, none is usable, an option is amiss, `out` can't be written or another run is at
            work there.
    """
    refuse_beyond("workers", workers, 1, PROCESSES[1])
    files, template = list(photos_in(places, out)), model_for(network, model)
    if box is not None and (len(files) > 1 or not np.isfinite(box).all() or min(box[2:]) <= 0):
        raise UserError("--box X Y W H names the one face of one photo, with a width and a height above 0")
    if box is not None and crop:
        raise UserError("--box and --crop each say where the face is: give one of them")
    with only_run_in(out), one_thread():
        tasks = tasks_of(files, out)
        name = model or network.topology or "default"
        work = MeshWork(config, tuple(formats), name, settings_of(network, config, name, box, crop, formats))
        todo = [task for task in tasks if not work.is_done(task)]
        skipped = run_batch(todo, network, template, work, box, crop, workers)
        if skipped and len(skipped) == len(tasks):
            first, reason = skipped[0]
            several = "" if len(tasks) == 1 else f"none of the {len(tasks)} photos is usable; the first, "
            raise UserError(f"{several}{first.photo}: {reason}")
        left_out = {task.folder for task, _ in skipped}
        doubts = [(task, doubts_in(task.folder)) for task in tasks if task.folder not in left_out]
    doubtful = tuple((task, doubt) for task, doubt in doubts if doubt)
    return Outcome(out, len(todo) - len(skipped), len(tasks) - len(todo), tuple(skipped), doubtful)


def photos_in(places: Sequence[Path], out: Path) -> Iterator[tuple[Path, Path]]:
    """The photos of files and folders, each with the name of its results, a path without an ending.

    out: results may lie within a folder of photos; they are none.
    """
    for place in places:
        if place.is_dir():
            files = image_files(place, leave_out=out)
            if not files:
                raise UserError(f"{place} holds no images: give a photo, or a folder with some")
            yield from ((file, file.relative_to(place).with_suffix("")) for file in files)
        elif place.exists():
            yield place, Path(place.stem)
        else:
            raise UserError(f"there is no photo or folder {place}: check the path")


def tasks_of(files: Sequence[tuple[Path, Path]], out: Path) -> list[Task]:
    """Each photo with a folder of its own under `out`: that of its name, unless another photo's results are there."""
    tasks: list[Task] = []
    taken: set[Path] = set()
    for photo, name in files:
        content = digest_of(photo)
        folder, number = out / name, 2
        while folder in taken or not _is_its_own(folder, photo, content):
            folder, number = out / f"{name}_{number}", number + 1
        taken.add(folder)
        tasks.append(Task(photo, folder, content))
    return tasks


def digest_of(file: Path) -> str:
    """SHA-256 of the bytes; of what is no file, or can't be read, of none."""
    try:
        return hashlib.sha256(file.read_bytes() if file.is_file() else b"").hexdigest()
    except OSError:
        return hashlib.sha256().hexdigest()


def said_in(folder: Path) -> dict[str, Any]:
    """What a photo's folder says of its results; nothing where there are none, or not whole ones."""
    try:
        said = read_json(folder / DONE)
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def doubts_in(folder: Path) -> str:
    """The doubts about a photo's faces, in one line."""
    faces = said_in(folder).get("faces", [])
    faces = [face if isinstance(face, dict) else {} for face in faces] if isinstance(faces, list) else []
    numbered = [(f"face {number}: " if len(faces) > 1 else "", face.get("doubts")) for number, face in enumerate(faces)]
    return "; ".join(which + ", ".join(map(str, doubts)) for which, doubts in numbered if isinstance(doubts, list))


def _is_its_own(folder: Path, photo: Path, digest: str) -> bool:
    """Whether the results in `folder`, if there are any, are this photo's: of its content, or of its path."""
    said = said_in(folder)
    return not said or said.get("photo") == str(photo) or said.get("photo_sha256") == digest


def settings_of(
    network: Reconstructor,
    config: ReconstructionConfig,
    model: str,
    box: Box | None,
    crop: bool,
    formats: Sequence[str],
) -> dict[str, Any]:
    """All that decides a photo's results, as plain JSON values."""
    where = {"box": None if box is None else list(box), "crop": crop}
    what = {"model": model, "formats": list(formats), "network": network_digest(network)}
    return {**to_plain(config), **where, **what}


@dataclass(frozen=True)
class MeshWork:
    """What is done to each photo once its faces are found; goes to the processes that do it.

    Attributes:
        config: how. formats: of the meshes. model: the template's name. settings: see `settings_of`.
    """

    config: ReconstructionConfig
    formats: tuple[str, ...]
    model: str
    settings: Mapping[str, Any]

    def is_done(self, task: Task) -> bool:
        """Whether the photo's folder holds whole results of the same photo under the same settings."""
        said = said_in(task.folder)
        return said.get("settings") == self.settings and said.get("photo_sha256") == task.digest

    def __call__(self, task: Task, regions: Sequence[Region], faces: Sequence[FoundFace]) -> None:
        """The meshes of a photo's faces, each from its part of the photo, and their files."""
        model, about = load(self.model), []
        (task.folder / DONE).unlink(missing_ok=True)  # from here to the end its results are not whole
        remove_results(task.folder)
        for number, (region, face) in enumerate(zip(regions, faces, strict=True)):
            try:
                result = reconstruct_face(region, face, model, self.config)
            except UserError as reason:  # what the maps show can't be registered: this photo's fault, not the batch's
                raise Unusable(str(reason)) from None
            folder = task.folder if len(faces) == 1 else task.folder / f"face_{number}"
            said = {"photo": str(task.photo), "face": number}
            write_result(folder, result, region, said, self.formats, self.config.renderer)
            where = {"folder": str(folder.relative_to(task.folder)), "eyes_px": face.framing.middle.tolist()}
            about.append({**where, "doubtful": bool(result.doubts), "doubts": list(result.doubts)})
        with whole_file(task.folder / DONE) as temporary:
            what = {"photo": str(task.photo), "photo_sha256": task.digest}
            temporary.write_text(json.dumps({**what, "faces": about, "settings": self.settings}, indent=1))


def run_batch(
    tasks: Sequence[Task],
    network: Reconstructor,
    model: FaceModel,
    work: MeshWork,
    box: Box | None,
    crop: bool,
    workers: int,
) -> list[tuple[Task, str]]:
    """-> the photos that were skipped, each with its reason."""
    skipped: list[tuple[Task, str]] = []
    with progress("photos", len(tasks)) as count, pool_of(min(workers, len(tasks))) as pool:
        waiting: deque[tuple[Task, Future[None]]] = deque()

        def settle() -> None:
            task, result = waiting.popleft()
            try:
                result.result()
            except Unusable as reason:
                skipped.append((task, str(reason)))
            count()

        for task in tasks:
            try:
                photo = read_photo(task.photo)
                faces = find_faces(photo, network, model, box=box, crop=crop)
            except Unusable as reason:
                skipped.append((task, str(reason)))
                count()
                continue
            if len(waiting) > IN_FLIGHT * workers:
                settle()
            regions = [region_of(photo, face.framing) for face in faces]
            waiting.append((task, pool.submit(work, task, regions, faces)))
        while waiting:
            settle()
    return skipped


def pool_of(workers: int) -> AbstractContextManager[Executor]:
    """As many processes; for one a thread, as a process would only cost its start."""
    return ThreadPoolExecutor(1) if workers <= 1 else process_pool(workers)
