import pytest

from tests.synth2real.dataset.verify.damage import small_renders


@pytest.fixture(scope="session")
def renders(tmp_path_factory):
    """20 renders in three shards; not to be changed."""
    return small_renders(tmp_path_factory.mktemp("renders") / "made")
