from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from recon.errors import UserError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def docs():
    spec = importlib.util.spec_from_file_location("scene_docs", ROOT / "scripts/scene_docs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_settings_say(docs) -> None:
    assert (ROOT / "docs/scene.md").read_text() == docs.page(), "run scripts/scene_docs.py"


def test_every_key_stands_there_with_a_meaning_and_its_range(docs) -> None:
    text = docs.page()
    for one in docs.settings_of(docs.SceneConfig):
        if not one.group:
            (line,) = [line for line in text.splitlines() if line.startswith(f"| `{one.key}` |")]
            assert len(one.meaning) > 5 and line.endswith(f"| {one.range or one.type} | {one.default} |")


def test_the_pictures_are_there_and_small(docs) -> None:
    places = [docs.place_of(name) for name, group in docs.GROUPS.items() if group.rows]
    sizes = [(ROOT / "docs" / place).stat().st_size for place in places]
    assert min(sizes) > 1000 and sum(sizes) < 400_000


def test_a_key_without_a_group_is_said(docs, monkeypatch) -> None:
    lost = docs.GROUPS["expression"]._replace(keys=("smile", "grin", "extreme"))
    monkeypatch.setitem(docs.GROUPS, "expression", lost)
    with pytest.raises(UserError, match="must name open_mouth once"):
        docs.page()


def test_a_picture_shows_each_value_of_each_row(docs, monkeypatch) -> None:
    shown = []

    def rendered(row, value):
        shown.append((row.key, value))
        return docs.np.full((docs.TILE, docs.TILE, 3), 128, docs.np.uint8)

    monkeypatch.setattr(docs, "rendered", rendered)
    group = docs.GROUPS["framing"]
    sheet = docs.picture(group)
    assert sheet.size == (docs.LABEL + 3 * docs.TILE, 3 * (docs.TILE + docs.LINE))
    assert ("eye_share", 0.27) in shown and len(shown) == 9
