"""Where data lies that is not part of the project, beside the checkout; tests that need it skip where it is absent."""

from pathlib import Path

SHARED = Path(__file__).parents[2] / "shared"
