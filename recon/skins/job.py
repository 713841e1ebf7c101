"""Folders of photos to one file of skins: `recon learn-textures`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recon.errors import UserError
from recon.faces import load
from recon.files import only_run_in, refuse_unwritable
from recon.fitting.known import known_of
from recon.fitting.report import kind_of
from recon.methods.pretrained import network_digest
from recon.people.skin.texture import MODEL, write_space
from recon.photos.folder import find_images
from recon.reconstruction.batch import digest_of
from recon.reconstruction.networks import network_of
from recon.skins.atlas_mesh import atlas_mesh
from recon.skins.card import card_of
from recon.skins.learn import learn
from recon.skins.reading import Reading
from recon.skins.sheet import write_sheets
from recon.skins.stored import READER_VERSION, Task, kept, read_all

FEWEST = 8
MOST_BYTES = 8_000_000


@dataclass(frozen=True)
class Outcome:
    """out: the file. photos: how many there were. used: of them. card: see `card_of`. reasons: why others were not
    used, and how often. sheets: pictures of drawn skins."""

    out: Path
    photos: int
    used: int
    card: dict[str, Any]
    reasons: Counter[str]
    sheets: tuple[Path, Path]

    def __str__(self) -> str:
        near, tones = self.card["likeness"], self.card["tones"]
        return "\n".join(
            [
                *(f"{times:5d} not used: {reason}" for reason, times in self.reasons.most_common()),
                "tones: " + ", ".join(f"{share:.0%} {name}" for name, share in tones.items() if share),
                f"200 draws lie {near['draw_least']:.3f} to {near['draw_median']:.3f} (least, median) from the nearest"
                f" photo's skin, photos {near['photo_least']:.3f} to {near['photo_median']:.3f} from one another's",
                f"skins of {self.used} of {self.photos} photos are in {self.out}; {self.sheets[0]} shows draws",
            ]
        )


def learn_textures(
    folders: Sequence[Path], out: Path, cache: Path, weights: Path | None = None, workers: int = 1
) -> Outcome:
    """Learn a space of skins from all photos under `folders`; goes on where it was stopped.

    Args:
        out: a .safetensors file. cache: folder of the photos' readings. weights: of the network; None: the bundled one.
    Raises:
        UserError: no photos, too few that show skin, or `out` can't be written.
    """
    if out.suffix != ".safetensors":
        raise UserError(f"--out {out}: give a name that ends in .safetensors")
    refuse_unwritable(out.parent)
    place = cache / f"{network_digest(network_of(weights))}_{READER_VERSION}"
    tasks, ledger = tasks_of(folders, place)
    with only_run_in(cache):
        read_all([task for task in tasks if not task.file.exists()], weights, workers)
    answers = [kept(task.file) for task in tasks]
    readings = [one for one in answers if isinstance(one, Reading)]
    said = [one for one, answer in zip(ledger, answers, strict=True) if isinstance(answer, Reading)]
    reasons = Counter(kind_of(one) for one in answers if isinstance(one, str))
    if len(readings) < FEWEST:
        raise UserError(
            f"only {len(readings)} of {len(tasks)} photos show skin that can be read: give {FEWEST} or more"
        )
    model = load(MODEL)
    learnt = learn(readings, model.expression_names, atlas_mesh(model))
    if (left := len(readings) - len(learnt.used)) > 0:
        reasons["too little of its skin is seen"] += left
    card = card_of(learnt, [said[i] for i in learnt.used])
    write_space(out, replace(learnt.space, card=card))
    return Outcome(out, len(tasks), len(learnt.used), card, reasons, write_sheets(model, out))


def tasks_of(folders: Sequence[Path], place: Path) -> tuple[list[Task], list[dict[str, str]]]:
    """The photos of folders, each once, with the files of their readings in `place`; photo, sha256, licence and
    attribution of each, as far as a faces.csv in or beside its folder says."""
    tasks, ledger, met = [], [], set()
    for folder in folders:
        photos = find_images(folder)
        known = known_of(folder, photos)
        for photo in photos:
            name, digest = photo.relative_to(folder).as_posix(), digest_of(photo)
            if digest in met:
                continue
            met.add(digest)
            tasks.append(Task(photo, place / f"{digest[:24]}.npz", known.points.get(name)))
            ledger.append({"photo": name, "sha256": digest[:16], **known.of(name)})
    return tasks, ledger
