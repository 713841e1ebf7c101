import sys
from pathlib import Path

# Spawned workers import the fake job by its name, so the root must be on the path that they inherit.
sys.path.insert(0, str(Path(__file__).parents[3]))
