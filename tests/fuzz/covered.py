"""Which lines of the readers spoilt inputs reach: traced in the process itself, without another program."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from tests.fuzz.campaign import alone_in, fault_of, input_of, put
from tests.fuzz.hostile import all_hostile
from tests.fuzz.reader import ROOT, Reader
from tests.fuzz.readers import READERS
from tests.fuzz.seeds import Seed

# A module of nothing but reading stands alone; of others the functions that read.
MODULES: dict[str, tuple[str, ...]] = {
    "recon/arrays.py": (),
    "recon/matlab.py": (),
    "recon/texts.py": (),
    "recon/configuration/loading.py": (),
    "recon/configuration/reading.py": ("read_config", "read_yaml", "_refuse_endless", "_built", "_filled", "_bundled"),
    "recon/geometry/mesh_files.py": (),
    "recon/photos/reading.py": (),
    "recon/photos/points.py": ("read_points",),
    "recon/photos/aflw2000.py": ("read_fitted", "_array"),
    "recon/faces/unpickling.py": (),
    "recon/faces/flame_files.py": ("read_model", "read_landmarks", "_table", "_read", "_array"),
    "recon/faces/bfm_files.py": (),
    "recon/faces/texture_space.py": ("read_flame_texture",),
    "recon/faces/ict.py": (
        *("read_arrays", "_read_folder", "_check", "_check_landmarks", "_read_vertices", "_read_topology"),
    ),
    "recon/evaluate/readers/landmarks_3d.py": ("read_landmarks", "_read_ljson", "_read_pp", "_read_txt"),
    "recon/evaluate/readers/lfpa.py": (),
    "recon/evaluate/readers/now.py": ("pictures", "read_box", "_points"),
    "recon/evaluate/readers/textured_mesh.py": (
        *("read_mesh", "read_surface", "_surface", "_texture", "_image"),
    ),
    "recon/evaluate/readers/vrml.py": (),
    "recon/evaluate/webmorph.py": ("read_webmorph",),
    "recon/evaluate/results.py": ("read_result", "_check"),
    "recon/fitting/fits.py": ("verdict_of", "read_fit", "_figures", "_stored", "_broken"),
    "recon/fitting/known.py": ("known_of",),
    "recon/canvases/ledger.py": ("ledger_of",),
    "recon/canvases/folder.py": ("fault_of",),
    "recon/skins/stored.py": ("kept",),
    "recon/people/skin/texture.py": ("read_space",),
    "recon/methods/pretrained.py": ("_load", "_build", "_values", "_check", "_widen"),
    "recon/methods/embedder/loading.py": (),
    "recon/train/checkpoint.py": ("load_checkpoint", "_read"),
    "recon/train/retexture.py": ("read_textures",),
    "recon/synthesis/fitted.py": ("at", "key", "read_one", "_broken"),
    "recon/synthesis/shards.py": (
        *("_read", "_value", "_opened", "_metadata", "_group_rows", "_names", "_refuse_bomb", "_read_error"),
    ),
    "recon/synthesis/png.py": ("decode_png",),
    "recon/synthesis/produce.py": ("read_manifest",),
    "recon/synthesis/canvas.py": ("canvases", "canvas", "_rows", "_numbers"),
    "recon/reconstruction/batch.py": ("said_in", "doubts_in"),
    "recon/reconstruction/viewer.py": ("read_mesh",),
    "synth2real/dataset/checksums.py": ("read_checksums", "write_checksums", "name_in", "_checksum"),
    "synth2real/feedback/stages.py": ("stage", "_refuse_other"),
}  # fmt: skip


def lines_of(file: Path, names: tuple[str, ...]) -> set[int]:
    """The lines of all functions in a file, or of those with these names; those that define them do not count."""
    lines: set[int] = set()
    met: set[str] = set()

    def visit(code: CodeType, wanted: bool) -> None:
        for one in code.co_consts:
            if isinstance(one, CodeType):
                plain = one.co_flags & 0x2  # a function's, not a class's or a module's
                inside = wanted or not names or one.co_name in names
                met.add(one.co_name)
                if inside and plain:
                    lines.update(line for *_, line in one.co_lines() if line and line > one.co_firstlineno)
                visit(one, bool(inside and plain))

    visit(compile(file.read_text(), str(file), "exec"), False)
    assert met.issuperset(names), f"{file} has no {set(names) - met}"
    return lines


def measured(each: int, first: int) -> dict[str, tuple[int, int]]:
    """Of each module the lines that were reached and all of them, after every reader's seeds, all that is made to harm
    it and `each` inputs."""
    wanted = {str(ROOT / name): lines_of(ROOT / name, functions) for name, functions in MODULES.items()}
    reached: dict[str, set[int]] = {name: set() for name in wanted}

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        hits = reached.get(frame.f_code.co_filename)
        if hits is None:
            return None
        if event == "line":
            hits.add(frame.f_lineno)
        return trace

    for reader in READERS:
        seeds = reader.seeds()
        inputs = (input_of(reader, seeds, number) for number in range(first, first + each))
        _run_all(reader, chain(seeds, all_hostile(seeds), inputs), trace)
    return {
        str(Path(name).relative_to(ROOT)): (len(hits & wanted[name]), len(wanted[name]))
        for name, hits in reached.items()
    }


def _run_all(reader: Reader, inputs: Iterable[Seed], trace: Callable[..., Any]) -> None:
    with tempfile.TemporaryDirectory() as place:
        alone_in(place)
        for one in inputs:
            with tempfile.TemporaryDirectory(dir=place) as folder:
                file = put(one, Path(folder))
                threading.settrace(trace)
                sys.settrace(trace)  # for each anew: Python drops it where the stack overflows in it
                try:
                    fault_of(reader, file)
                finally:
                    sys.settrace(None)
                    threading.settrace(None)  # type: ignore[arg-type]
        os.chdir(ROOT)
