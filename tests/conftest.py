from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The tests' own stand-ins are imported as tests.fakes and the like, by spawned workers too: they inherit the path.
sys.path.insert(0, str(Path(__file__).parents[1]))

# Before any library reads them: no network, no display, no chatter.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ.setdefault("PYGLET_HEADLESS", "1")
os.environ.setdefault("PYOPENGL_PLATFORM", "egl")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow") or os.environ.get("CI") == "true":
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: give --slow"))


@pytest.fixture(autouse=True)
def fresh_accelerator() -> Iterator[None]:
    """accelerate refuses another precision in the same process until its shared state is reset."""
    yield
    if state := sys.modules.get("accelerate.state"):
        state.AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Sums in another order have other last bits: the runs that are compared add alike."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
