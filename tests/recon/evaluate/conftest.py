from __future__ import annotations

import pytest

from recon.evaluate.held_out import drawn_records
from recon.faces import load
from recon.synthesis.record import Record


@pytest.fixture(scope="session")
def records() -> list[Record]:
    """Six of 64 px."""
    return list(drawn_records(load("default"), 6, 64, seed=5))
