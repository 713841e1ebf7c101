"""What a publication of a dataset consists of: its own files, and those that are made for the Hub beside it.

    data/train-*.parquet      as they are: the full half      light/train-*.parquet   a part, with previews
    showcase/train-*.parquet  a few meshes                    README.md, and its pictures sheet.jpg, plots.png
    manifest.json, checksums.json, template.npz, scene.yaml   what the rows depend on

Made files stand in a folder beside the dataset, named by its checksums: each is a function of the dataset alone, and
one that is there is whole, so that a publication that was cut off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from recon.configuration import from_plain, write_config
from recon.errors import UserError
from recon.files import whole_file
from recon.methods.pretrained import digest
from recon.progress import tracked
from recon.synthesis.produce import read_manifest
from recon.synthesis.scene import SceneConfig
from recon.synthesis.shards import Rows, row_count, shards_in
from synth2real.dataset.checksums import BESIDE, FILE, name_in
from synth2real.dataset.licences import ingredients_of, licence_of
from synth2real.dataset.publish.card import Published, published_card
from synth2real.dataset.publish.light import write_light
from synth2real.dataset.publish.plots import write_plots
from synth2real.dataset.publish.showcase import write_showcase
from synth2real.dataset.sheets import contact_sheet
from synth2real.dataset.verify.files import check_files
from synth2real.dataset.verify.job import job_of
from synth2real.dataset.verify.verdict import Verdict

FOLDERS = ("data/", "light/", "showcase/")  # of the repository, in which nothing else may stay
SHOWCASE = "showcase/train-00000.parquet"
SHEET_ROWS, SHEET_COLUMNS = 16, 4  # the first ones, never chosen


@dataclass(frozen=True)
class Staged:
    """folder: of the made files. files: path in the repository -> file here, the card last. licence: of the whole."""

    folder: Path
    files: Mapping[str, Path]
    licence: str


def made_in(folder: Path) -> Path:
    """Where the files are made that a publication of the dataset `folder` has beside the dataset's own."""
    return folder.resolve().parent / f".{folder.resolve().name}.publish"


def stage(folder: Path, repo: str, licence: str | None = None, ingredients: Sequence[str] = ()) -> Staged:
    """Make what is missing of a publication of the dataset `folder` as `repo`.

    licence: None: the freest that its ingredients allow. ingredients: `name=licence` of those that are not known.

    Raises:
        UserError: there is no dataset, it is damaged or not finished, or its ingredients don't allow the licence.
    """
    manifest = read_manifest(folder)
    columns = job_of(manifest).schema().columns
    found = ingredients_of(manifest, ingredients)
    licence = licence_of(found, licence)
    shards = _whole(folder, manifest)
    staged = made_in(folder) / digest(folder / FILE)[:16]

    files = {name_in(folder, shard): shard for shard in shards}
    for shard in tracked(shards, "shards made light"):
        light = staged / "light" / shard.name
        if not light.exists():
            write_light(shard, columns, light)
        files[name_in(staged, light)] = light
    files[SHOWCASE] = staged / SHOWCASE
    if not files[SHOWCASE].exists():
        write_showcase(shards, files[SHOWCASE])
    translated = "generator" in manifest.get("weights", {})
    shown = ("image", "render", "depth") if translated else ("render", "correspondence", "depth")
    contact_sheet(islice(Rows(shards), SHEET_ROWS), shown, staged / "sheet.jpg", SHEET_COLUMNS)
    write_plots(shards, staged / "plots.png")
    write_config(from_plain(SceneConfig, manifest["scene"], "manifest.json"), staged / "scene.yaml")
    of = Published(repo, manifest, shards, columns, found, licence, row_count(files[SHOWCASE]))
    with whole_file(staged / "README.md") as temporary:
        temporary.write_text(published_card(of), encoding="utf-8")
    files |= {name: folder / name for name in (*BESIDE, FILE)}
    files |= {name: staged / name for name in ("sheet.jpg", "plots.png", "scene.yaml", "README.md")}
    return Staged(staged, files, licence)


def _whole(folder: Path, manifest: Mapping[str, Any]) -> list[Path]:
    """The shards, where each file is what the checksums say."""
    if not (folder / FILE).exists():
        raise UserError(f"{folder} has no {FILE}: run the command that made it again, which writes it")
    verdict = Verdict()
    check_files(folder, manifest, verdict)
    if verdict.wrong:
        raise UserError(f"{folder} is not whole ({verdict.wrong[0]}): see `synth2real verify {folder}`")
    return shards_in(folder)
