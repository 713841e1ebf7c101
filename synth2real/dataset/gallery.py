"""A page that shows a dataset in a browser, from a disk and without a network."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from PIL import Image

from recon.errors import UserError
from recon.files import whole_file
from synth2real.dataset.sheets import views

PAGE = Path(__file__).with_name("gallery.html")  # a string.Template; it travels with the package
SORT = '<button type="button" id="sort" aria-pressed="false">largest drift first</button>'


def write_gallery(out: Path, rows: Iterable[Mapping[str, Any]], title: str, facts: str) -> None:
    """Write `out/index.html` and a strip `out/gallery/<index>.jpg` of each row's views, linked by relative names.

    title: the page's heading; facts: one line of plain text under it. An unwritable folder is a UserError.
    """
    names: list[str] = []
    figures: list[str] = []
    for row in rows:
        pictures = views(row)
        names = list(pictures)
        strip = out / "gallery" / f"{row['index']:06d}.jpg"
        try:
            with whole_file(strip) as temporary:
                Image.fromarray(np.concatenate(list(pictures.values()), axis=1)).save(temporary, "JPEG", quality=90)
        except OSError as error:
            raise UserError(f"{strip.parent} can't be written ({error.strerror}): check --out") from None
        figures.append(_figure(row))
    buttons = "\n".join(
        f'<button type="button" data-view="{i}" aria-pressed="{str(i == 0).lower()}">{name}</button>'
        for i, name in enumerate(names)
    )
    page = Template(PAGE.read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        facts=html.escape(facts),
        views=len(names),
        buttons=buttons,
        figures="\n".join(figures),
        sort=SORT if "data-drift" in "".join(figures[:1]) else "",
    )
    with whole_file(out / "index.html") as temporary:
        temporary.write_text(page, encoding="utf-8")


def _figure(row: Mapping[str, Any]) -> str:
    index = row["index"]
    caption, drift = f"{index}", ""
    if "drift_mm" in row and row["drift_mm"] is None:
        caption, drift = f"{caption} <span>no face in the image</span>", ' data-drift="0"'
    elif "drift_mm" in row:
        caption += f" <span>drift {row['drift_px']:.1f} px, {row['drift_mm']:.1f} mm</span>"
        drift = f' data-drift="{row["drift_mm"]:.4f}"'
    return (
        f'<figure data-index="{index}"{drift}><button type="button" aria-label="all views of {index}">'
        f'<img src="gallery/{index:06d}.jpg" loading="lazy" alt="views of {index}"></button>'
        f"<figcaption>{caption}</figcaption></figure>"
    )
