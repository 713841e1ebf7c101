from pathlib import Path

import pytest

from recon.canvases.ledger import is_free, ledger_of, licences, refuse_unknown
from recon.errors import UserError
from recon.faces import load
from recon.fitting.known import Known
from recon.synthesis.canvas import canvas_schema, row_from_canvas
from recon.synthesis.shards import shard_path, write_shard
from tests.recon.synthesis.fake_canvases import fake_canvas

MODEL = load("default")


def csv_of(folder: Path) -> Known:
    file = folder / "faces.csv"
    file.write_text('file,licence,attribution,source\na.jpg,CC0 1.0,,a site\nmore/b.jpg,CC BY 4.0,"Ada, B.",\n')
    return Known(file, {}, {})


def test_a_photo_is_found_in_the_csv_by_the_end_of_its_path(tmp_path: Path) -> None:
    ledger = ledger_of(csv_of(tmp_path))
    assert ledger.of("here/a.jpg") == {"licence": "CC0 1.0", "attribution": "", "source": "a site"}
    assert ledger.of("more/b.jpg") == {"licence": "CC BY 4.0", "attribution": "Ada, B.", "source": ""}
    assert ledger.of("c.jpg") == {"licence": "", "attribution": "", "source": ""}


def test_what_is_said_of_all_fills_gaps_alone(tmp_path: Path) -> None:
    ledger = ledger_of(csv_of(tmp_path), "own", "me")
    assert ledger.of("c.jpg")["licence"] == "own" and ledger.of("a.jpg")["licence"] == "CC0 1.0"
    assert ledger_of(Known(None, {}, {}), "own").of("a.jpg")["licence"] == "own"


@pytest.mark.parametrize("free", ["CC0 1.0 / US government work", "public domain (portrait), MIT", "CC0-1.0"])
def test_what_asks_for_nothing_may_be_bundled(free: str) -> None:
    assert is_free(free)


@pytest.mark.parametrize("asking", ["", "CC BY 4.0", "Licence Ouverte 2.0 (Etalab)", "MIT", "not public domain"])
def test_what_asks_for_something_may_not(asking: str) -> None:
    assert not is_free(asking)


def test_licences_are_counted() -> None:
    assert licences(["CC0", "", "CC0"]) == "2 CC0, 1 unknown"


def test_an_unknown_licence_is_refused_by_name(tmp_path: Path) -> None:
    rows = [row_from_canvas(fake_canvas(MODEL, number)) for number in range(2)]
    rows[1]["licence"] = ""
    write_shard(shard_path(tmp_path, 0), canvas_schema(MODEL), rows)
    refuse_unknown(tmp_path, ["fake_0"])
    with pytest.raises(UserError, match=r"licence of canvas fake_1 .* is unknown"):
        refuse_unknown(tmp_path)
