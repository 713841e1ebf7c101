import sys
from pathlib import Path

# The fake records of the shards' tests serve here too, as `tests.recon.synthesis.fake_records`.
sys.path.insert(0, str(Path(__file__).parents[2]))
