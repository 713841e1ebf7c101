import sys
from pathlib import Path

# The fake records of the shards' tests serve here too.
sys.path.insert(0, str(Path(__file__).parents[1] / "recon" / "synthesis"))
