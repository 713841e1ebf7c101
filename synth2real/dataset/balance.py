"""What was asked of a dataset's balance, and what came of it: shares, drift and yield of each group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from recon.configuration import from_plain
from recon.faces import load
from recon.synthesis.groups import groups_of
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.schema import row_from_traits
from recon.synthesis.shards import Rows
from recon.synthesis.traits import traits_of


def balance_section(manifest: Mapping[str, Any], shards: list[Path]) -> str:
    """The card's table of wanted and achieved shares; empty where no balance was asked for.

    Where images were rejected, the yield of a group is the share of its candidates that were kept: the traits of those
    that are not there are drawn again.
    """
    groups = groups_of(manifest["scene"].get("balance") or {})
    if not groups:
        return ""
    rows = Rows(shards)
    drift = [name for name in ("drift_mm",) if name in rows.columns]
    kept = list(rows.rows(["index", *groups, *drift]))
    chosen = manifest.get("max_drift_mm") is not None and "selected" not in manifest
    rejected = _rejected(manifest, kept, groups) if chosen else []
    heads = ["trait", "group", "wanted", "achieved"]
    heads += [*(["median drift, mm"] if drift else []), *(["yield"] if rejected else [])]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for trait, several in groups.items():
        for group in several:
            inside = [row for row in kept if row[trait] is not None and group.holds(row[trait])]
            lost = sum(row[trait] is not None and group.holds(row[trait]) for row in rejected)
            cells = [trait, group.name, f"{group.share:.1%}", f"{len(inside) / len(kept):.1%}"]
            cells += [_median(row["drift_mm"] for row in inside)] if drift else []
            cells += [f"{len(inside) / max(len(inside) + lost, 1):.1%}"] if rejected else []
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(["## Balance", *lines])


def _rejected(manifest: Mapping[str, Any], kept: list[dict[str, Any]], traits: Iterable[str]) -> list[dict[str, Any]]:
    """The traits of candidates that are not among the rows."""
    model, scene = load("default"), from_plain(SceneConfig, manifest["scene"], "manifest.json")
    there = {row["index"] for row in kept}
    missing = (index for index in range(max(there) + 1) if index not in there)
    drawn = (row_from_traits(traits_of(model, draw_scene(model, manifest["seed"], index, scene))) for index in missing)
    return [{name: row[name] for name in traits} for row in drawn]


def _median(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{np.median(known):.2f}" if known else "none"
