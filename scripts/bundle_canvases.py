"""The canvases that ship with the project, out of folders that `synth2real canvases` made.

    python scripts/bundle_canvases.py open_canvases portrait_canvases --count 160 --out data/canvases

Only photos in the public domain or under CC0 are taken, never one whose licence asks for a name; the sheet shows no
photo. --leave-out names canvases that were looked at and are not wanted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from recon.canvases.selection import select_canvases
from recon.errors import UserError
from synth2real.dataset.checksums import write_checksums

MOST_MB = 12.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=160)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--leave-out", nargs="*", default=[])
    given = parser.parse_args()
    try:
        count = select_canvases(given.folders, given.count, given.out, given.leave_out)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    write_checksums(given.out)
    size = sum(file.stat().st_size for file in given.out.rglob("*") if file.is_file()) / 1e6
    print(f"{count} canvases, {size:.1f} MB in {given.out}")
    return 0 if size <= MOST_MB else 1


if __name__ == "__main__":
    sys.exit(main())
