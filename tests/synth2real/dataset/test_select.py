import json
import shutil

import numpy as np
import pytest

from recon.synthesis.shards import Rows
from synth2real.cli import main
from synth2real.dataset.select import select
from synth2real.dataset.verify import verify

WHERE = "abs(yaw_deg) < 12 or index == 19"


def same(row, other):
    return row.keys() == other.keys() and all(np.array_equal(row[name], other[name]) for name in row)


@pytest.fixture(scope="module")
def selected(renders, tmp_path_factory):
    out = tmp_path_factory.mktemp("select") / "part"
    assert main(["select", str(renders), "--where", WHERE, "--out", str(out)]) == 0
    return out


def test_the_rows_are_those_that_are_meant_to_the_last_byte(selected, renders):
    wanted = [row for row in Rows(renders) if abs(row["yaw_deg"]) < 12 or row["index"] == 19]
    assert 2 < len(wanted) < 20
    assert all(map(same, Rows(selected), wanted)) and len(Rows(selected)) == len(wanted)
    manifest = json.loads((selected / "manifest.json").read_text())
    assert manifest.pop("selected") == {"where": WHERE, "rows": 20}
    assert manifest == json.loads((renders / "manifest.json").read_text())
    assert f"those of 20 rows for which `{WHERE}`" in (selected / "README.md").read_text()
    assert {path.name for path in selected.iterdir()} == {path.name for path in renders.iterdir()}


def test_it_verifies_and_a_row_that_was_taken_away_is_found(selected, tmp_path):
    whole = verify(selected, sample=20)
    assert not whole.wrong and whole.remade == len(Rows(selected))
    rows = list(Rows(selected))
    gone = rows[1]["index"]
    part = tmp_path / "part"
    shutil.copytree(selected, part)
    manifest = json.loads((part / "manifest.json").read_text())
    select(selected, f"index != {gone}", tmp_path / "less")
    assert not verify(tmp_path / "less", sample=0).wrong
    less = json.loads((tmp_path / "less" / "manifest.json").read_text())
    assert less["selected"] == {"where": f"({WHERE}) and (index != {gone})", "rows": 20}
    (tmp_path / "less" / "manifest.json").write_text(json.dumps(manifest))  # as if nothing were taken
    (tmp_path / "less" / "checksums.json").unlink()
    said = [str(one) for one in verify(tmp_path / "less", sample=20).wrong]
    assert said == [f"data: index {gone} is missing: made again, it is neither rejected nor left out"]


def test_again_is_the_same_and_other_things_are_refused(selected, renders, capsys):
    before = (selected / "data/train-00000.parquet").read_bytes()
    assert main(["select", str(renders), "--where", WHERE, "--out", str(selected)]) == 0
    assert (selected / "data/train-00000.parquet").read_bytes() == before
    capsys.readouterr()
    for words, said in (
        (["--where", "index < 3", "--out", str(selected)], "holds other files"),
        (["--where", "yaw < 3", "--out", "new"], "did you mean 'yaw_deg'"),
        (["--where", "depth == 1", "--out", "new"], "no column depth to select by"),
        (["--where", "index < 0", "--out", "new"], "holds for none of the 20 rows"),
    ):
        assert main(["select", str(renders), *words]) == 2
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1
