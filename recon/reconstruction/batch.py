"""Many photos to folders of results, the network in this process, the meshes in others; what is there stays."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recon.configuration import to_plain
from recon.errors import UserError
from recon.faces import load
from recon.files import image_files, whole_file
from recon.methods.base import Reconstructor
from recon.photos.reading import Unusable, read_photo
from recon.progress import progress
from recon.ranges import PROCESSES, refuse_beyond
from recon.reconstruction.face_finder import Box, FoundFace, find_faces
from recon.reconstruction.pipeline import ReconstructionConfig, reconstruct_face
from recon.reconstruction.results import FORMATS, write_result

DONE = "photo.json"  # written last in a photo's folder: what is whole is not made again
IN_FLIGHT = 2  # photos for each process that wait for it in memory


@dataclass(frozen=True)
class Task:
    """A photo and the folder of its faces."""

    photo: Path
    folder: Path


@dataclass(frozen=True)
class Outcome:
    """What became of a batch in `out`: photos made now, those that were there, those skipped with their reasons."""

    out: Path
    made: int
    there: int
    skipped: tuple[tuple[Task, str], ...]

    def __str__(self) -> str:
        lines = [f"skipped {task.photo}: {reason}" for task, reason in self.skipped]
        there = f", {self.there} were there already" if self.there else ""
        made = f"{self.made} of {self.made + len(self.skipped)} photos reconstructed in {self.out}"
        return "\n".join([*lines, made + there])


def reconstruct_photos(
    places: Sequence[Path],
    out: Path,
    network: Reconstructor,
    config: ReconstructionConfig,
    *,
    box: Box | None = None,
    crop: bool = False,
    formats: Sequence[str] = FORMATS[:1],
    workers: int = 1,
) -> Outcome:
    """`recon.reconstruct` for every photo of `places` (files or folders), written under `out`, a folder a photo.

    A photo that was reconstructed there under the same settings is left alone. One that is broken or shows no face is
    skipped.

    Args:
        box, crop: see `find_faces`; a box is for one photo. formats: of FORMATS. workers: processes for the meshes.
    Raises:
        UserError: there are no photos, none is usable, or an option is amiss.
    """
    refuse_beyond("workers", workers, 1, PROCESSES[1])
    tasks = list(tasks_in(places, out))
    if box is not None and (len(tasks) > 1 or not np.isfinite(box).all() or min(box[2:]) <= 0):
        raise UserError("--box X Y W H names the one face of one photo, with a width and a height above 0")
    work = MeshWork(config, tuple(formats), settings_of(network, config, box, crop, formats))
    todo = [task for task in tasks if not work.is_done(task.folder)]
    skipped = run_batch(todo, network, work, box, crop, workers)
    if skipped and len(skipped) == len(tasks):
        first, reason = skipped[0]
        several = "" if len(tasks) == 1 else f"none of the {len(tasks)} photos is usable; the first, "
        raise UserError(f"{several}{first.photo}: {reason}")
    return Outcome(out, len(todo) - len(skipped), len(tasks) - len(todo), tuple(skipped))


def tasks_in(places: Sequence[Path], out: Path) -> Iterator[Task]:
    """The photos of files and folders, each with a folder of its own under `out`."""
    taken: set[Path] = set()
    for place in places:
        if place.is_dir():
            files = image_files(place)
            if not files:
                raise UserError(f"{place} holds no images: give a photo, or a folder with some")
        elif place.exists():
            files = [place]
        else:
            raise UserError(f"there is no photo or folder {place}: check the path")
        for file in files:
            name = file.relative_to(place).with_suffix("") if place.is_dir() else Path(file.stem)
            folder, number = out / name, 2
            while folder in taken:
                folder, number = out / f"{name}_{number}", number + 1
            taken.add(folder)
            yield Task(file, folder)


def settings_of(
    network: Reconstructor, config: ReconstructionConfig, box: Box | None, crop: bool, formats: Sequence[str]
) -> dict[str, Any]:
    """All that decides a photo's results, as plain JSON values."""
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    where = {"box": None if box is None else list(box), "crop": crop}
    return {**to_plain(config), **where, "formats": list(formats), "network": digest.hexdigest()[:16]}


@dataclass(frozen=True)
class MeshWork:
    """What is done to each photo once its faces are found; goes to the processes that do it.

    Attributes:
        config: how. formats: of the meshes. settings: see `settings_of`.
    """

    config: ReconstructionConfig
    formats: tuple[str, ...]
    settings: Mapping[str, Any]

    def is_done(self, folder: Path) -> bool:
        """Whether `folder` holds whole results of the same settings."""
        try:
            return json.loads((folder / DONE).read_text())["settings"] == self.settings
        except (OSError, ValueError, KeyError):
            return False

    def __call__(self, task: Task, photo: np.ndarray, faces: Sequence[FoundFace]) -> None:
        """The meshes of a photo (H, W, 3) uint8, and its files."""
        torch.set_num_threads(1)
        model, about = load("default"), []
        for number, face in enumerate(faces):
            result = reconstruct_face(photo, face, model, self.config)
            folder = task.folder if len(faces) == 1 else task.folder / f"face_{number}"
            said = {"photo": str(task.photo), "face": number}
            write_result(folder, result, photo, said, self.formats, self.config.renderer)
            about.append({"folder": str(folder.relative_to(task.folder)), "eyes_px": face.framing.middle.tolist()})
        with whole_file(task.folder / DONE) as temporary:
            said = {"photo": str(task.photo), "faces": about, "settings": self.settings}
            temporary.write_text(json.dumps(said, indent=1))


def run_batch(
    tasks: Sequence[Task], network: Reconstructor, work: MeshWork, box: Box | None, crop: bool, workers: int
) -> list[tuple[Task, str]]:
    """-> the photos that were skipped, each with its reason."""
    model, skipped = load("default"), []
    with progress("photos", len(tasks)) as advance, pool_of(min(workers, len(tasks))) as pool:
        waiting: deque[tuple[Task, Future[None]]] = deque()

        def settle() -> None:
            task, result = waiting.popleft()
            try:
                result.result()
            except (Unusable, UserError) as reason:
                skipped.append((task, str(reason)))
            advance()

        for task in tasks:
            try:
                photo = read_photo(task.photo)
                faces = find_faces(photo, network, model, box=box, crop=crop)
            except Unusable as reason:
                skipped.append((task, str(reason)))
                advance()
                continue
            if len(waiting) > IN_FLIGHT * workers:
                settle()
            waiting.append((task, pool.submit(work, task, np.asarray(photo), faces)))
        while waiting:
            settle()
    return skipped


def pool_of(workers: int) -> Executor:
    """As many processes; for one a thread, as a process would only cost its start."""
    if workers <= 1:
        return ThreadPoolExecutor(1)
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
