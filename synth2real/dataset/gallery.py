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
    page = PAGE.substitute(
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
        caption += f" <span>drift {row['drift_mm']:.1f} mm, IoU {row['mask_iou']:.2f}</span>"
        drift = f' data-drift="{row["drift_mm"]:.4f}"'
    return (
        f'<figure data-index="{index}"{drift}><button type="button" aria-label="all views of {index}">'
        f'<img src="gallery/{index:06d}.jpg" loading="lazy" alt="views of {index}"></button>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


SORT = '<button type="button" id="sort" aria-pressed="false">largest drift first</button>'

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ground: light-dark(#f6f5f2, #16181b); --ink: light-dark(#1d1f22, #e6e4df);
  --quiet: light-dark(#6a6c70, #94969b); --line: light-dark(#d9d7d1, #2e3136); --view: 0; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header { position: sticky; top: 0; z-index: 1; padding: 14px 20px 10px; background: var(--ground);
  border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 18px; font-weight: 600; }
header p { margin: 2px 0 10px; color: var(--quiet); }
nav { display: flex; flex-wrap: wrap; gap: 6px; }
nav button { padding: 4px 11px; border: 1px solid var(--line); border-radius: 5px; background: none; color: inherit;
  font: inherit; font-size: 14px; cursor: pointer; }
nav button[aria-pressed=true] { background: var(--ink); border-color: var(--ink); color: var(--ground); }
#sort { margin-left: auto; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 14px; padding: 18px 20px; }
figure { margin: 0; }
figure button { display: block; width: 100%; aspect-ratio: 1; padding: 0; overflow: hidden; border: 0;
  border-radius: 4px; background: #181a1e; cursor: zoom-in; }
figure img { display: block; width: calc($views * 100%); max-width: none; height: 100%;
  transform: translateX(calc(var(--view) * -100% / $views)); }
figcaption { display: flex; justify-content: space-between; gap: 6px; padding: 3px 1px; font-size: 12px;
  font-variant-numeric: tabular-nums; }
figcaption span { color: var(--quiet); }
dialog { width: min(96vw, 1500px); padding: 12px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--ground); color: inherit; }
dialog:focus-visible { outline: 0; }
dialog::backdrop { background: rgb(0 0 0 / .6); }
dialog img { display: block; width: 100%; }
dialog p { margin: 8px 0 0; color: var(--quiet); }
:focus-visible { outline: 2px solid #4a86d8; outline-offset: 2px; }
</style>
</head>
<body>
<header>
<h1>$title</h1>
<p>$facts</p>
<nav aria-label="view">
$buttons
$sort
</nav>
</header>
<main>
$figures
</main>
<dialog aria-label="all views"><img alt=""><p></p></dialog>
<script>
const main = document.querySelector("main"), dialog = document.querySelector("dialog");
const sort = document.getElementById("sort"), choices = [...document.querySelectorAll("[data-view]")];
function show(view) {
  main.style.setProperty("--view", view);
  choices.forEach((button, i) => button.setAttribute("aria-pressed", i === view));
}
choices.forEach((button, i) => button.addEventListener("click", () => show(i)));
document.addEventListener("keydown", event => {
  if (!event.ctrlKey && !event.metaKey && !event.altKey && choices[event.key - 1]) show(event.key - 1);
});
main.addEventListener("click", event => {
  const figure = event.target.closest("figure button")?.parentElement;
  if (!figure) return;
  dialog.querySelector("img").src = figure.querySelector("img").getAttribute("src");
  dialog.querySelector("p").textContent = figure.innerText + " | " + choices.map(b => b.textContent).join(", ");
  dialog.showModal();
});
dialog.addEventListener("click", () => dialog.close());
sort?.addEventListener("click", () => {
  const byDrift = sort.getAttribute("aria-pressed") !== "true";
  sort.setAttribute("aria-pressed", byDrift);
  const key = figure => byDrift ? -figure.dataset.drift : +figure.dataset.index;
  main.append(...[...main.children].sort((a, b) => key(a) - key(b)));
});
</script>
</body>
</html>
""")
