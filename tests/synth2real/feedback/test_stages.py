from pathlib import Path

import pytest
import yaml

from recon.errors import UserError
from synth2real.feedback.stages import FILE, stage


def test_a_finished_stage_is_not_made_again(tmp_path: Path):
    calls = []
    for _ in range(2):
        stage(tmp_path / "a", {"steps": 3, "of": {"x": 1.5}}, lambda: calls.append(1))
    assert calls == [1]
    kept = yaml.safe_load((tmp_path / "a" / FILE).read_text())
    assert kept["finished"] and len(kept["hash"]) == 16 and kept["settings"] == {"steps": 3, "of": {"x": 1.5}}


def test_a_killed_stage_is_gone_on_with(tmp_path: Path):
    def killed():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage(tmp_path, {"steps": 3}, killed)
    calls = []
    stage(tmp_path, {"steps": 3}, lambda: calls.append(1))
    assert calls == [1]


def test_other_settings_are_refused_by_their_key(tmp_path: Path):
    stage(tmp_path, {"of": {"x": 1}}, lambda: None)
    with pytest.raises(UserError, match=r"begun with of\.x = 1, not 2"):
        stage(tmp_path, {"of": {"x": 2}}, lambda: None)
