"""`recon reconstruct`: photos to detailed meshes, a folder a face."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from recon.detail.relief import DetailConfig
from recon.errors import UserError, did_you_mean
from recon.faces import load
from recon.files import image_files, whole_file
from recon.methods.base import Reconstructor
from recon.photos.reading import Unusable, read_photo
from recon.reconstruction.face_finder import FoundFace, find_faces
from recon.reconstruction.pipeline import known_size, network_of, reconstruct_face
from recon.reconstruction.results import FORMATS, write_result

Box = tuple[float, float, float, float]
DONE = "photo.json"  # written last in a photo's folder: what is whole is not made again


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", type=Path, nargs="+", metavar="PHOTO_OR_FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder a photo, in it one a face")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--box", type=float, nargs=4, metavar=("X", "Y", "W", "H"), help="the face, in the photo's pixels"
    )
    where.add_argument("--crop", action="store_true", help="each photo is a ready crop of one face")
    parser.add_argument("--no-detail", action="store_true", help="leave out the relief that the photo's shading shows")
    parser.add_argument("--formats", default="obj", metavar="LIST", help=f"of {','.join(FORMATS)} (default: obj)")
    parser.add_argument("--network", type=Path, metavar="FILE", help="weights (default: the bundled ones)")
    parser.add_argument("--device", default="cpu", help="for the network: cpu or cuda (default: cpu)")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes for the meshes"
    )


def run(args: argparse.Namespace) -> None:
    formats = chosen_formats(args.formats)
    if args.workers < 1:
        raise UserError(f"--workers {args.workers}: give at least 1")
    tasks = list(photos_in(args.photos, args.out))
    box = None if args.box is None else tuple(args.box)
    if box is not None and (len(tasks) > 1 or min(box[2:]) <= 0):
        raise UserError("--box X Y W H names the one face of one photo, with a width and a height above 0")
    network = network_of(args.network).to(device_of(args.device))
    todo = [task for task in tasks if not (task.folder / DONE).is_file()]
    detail = None if args.no_detail else DetailConfig()
    skipped = reconstruct_all(todo, network, box, args.crop, detail, formats, args.workers)
    for task, reason in skipped:
        print(f"skipped {task.photo}: {reason}")
    made = len(todo) - len(skipped)
    if skipped and len(skipped) == len(tasks):
        first, reason = skipped[0]
        raise UserError(f"{first.photo}: {reason}" if len(tasks) == 1 else f"none of the {len(tasks)} photos is usable")
    there = f", {len(tasks) - len(todo)} were there already" if len(todo) < len(tasks) else ""
    print(f"{made} of {len(todo)} photos reconstructed in {args.out}{there}")


@dataclass(frozen=True)
class Task:
    photo: Path
    folder: Path


def photos_in(places: Sequence[Path], out: Path) -> Iterator[Task]:
    """The photos that the command line names, each with a folder of its own under `out`."""
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


def chosen_formats(text: str) -> tuple[str, ...]:
    formats = tuple(word.strip().lower() for word in text.split(",") if word.strip())
    for word in formats:
        if word not in FORMATS:
            raise UserError(f"--formats knows {', '.join(FORMATS)}, not {word}{did_you_mean(word, FORMATS)}")
    return formats or ("obj",)


def device_of(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError):
        raise UserError(f"--device {name} is not there: give cpu, or cuda on a machine with a GPU") from None
    return device


def reconstruct_all(
    tasks: Sequence[Task],
    network: Reconstructor,
    box: Box | None,
    crop: bool,
    detail: DetailConfig | None,
    formats: tuple[str, ...],
    workers: int,
) -> list[tuple[Task, str]]:
    """The network here, the meshes in processes. -> the photos that were skipped, each with its reason."""
    model, skipped = load("default"), []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    alone = workers == 1 or len(tasks) == 1  # a process of its own would only cost its start
    context = multiprocessing.get_context("spawn")
    pool: Executor = ThreadPoolExecutor(1) if alone else ProcessPoolExecutor(workers, mp_context=context)
    with Progress(*columns, transient=True) as progress, pool:
        bar = progress.add_task("photos", total=len(tasks))
        waiting: deque[tuple[Task, Future[None]]] = deque()

        def settle() -> None:
            task, result = waiting.popleft()
            try:
                result.result()
            except (Unusable, UserError) as reason:
                skipped.append((task, str(reason)))
            progress.advance(bar)

        for task in tasks:
            try:
                photo = read_photo(task.photo)
                faces = find_faces(photo, network, model, known_size(network), box, crop)
            except Unusable as reason:
                skipped.append((task, str(reason)))
                progress.advance(bar)
                continue
            if len(waiting) > 2 * workers:  # photos in flight are held in memory
                settle()
            waiting.append((task, pool.submit(make_meshes, task, np.asarray(photo), faces, detail, formats)))
        while waiting:
            settle()
    return skipped


def make_meshes(
    task: Task, photo: np.ndarray, faces: Sequence[FoundFace], detail: DetailConfig | None, formats: tuple[str, ...]
) -> None:
    """The mesh work of one photo, and its files."""
    torch.set_num_threads(1)
    model = load("default")
    about: list[dict[str, Any]] = []
    for number, face in enumerate(faces):
        result = reconstruct_face(photo, face, model, detail)
        folder = task.folder if len(faces) == 1 else task.folder / f"face_{number}"
        write_result(folder, result, photo, {"photo": str(task.photo), "face": number}, formats)
        about.append({"folder": str(folder.relative_to(task.folder)), "eyes_px": face.framing.middle.tolist()})
    with whole_file(task.folder / DONE) as temporary:
        temporary.write_text(json.dumps({"photo": str(task.photo), "faces": about}, indent=1))
