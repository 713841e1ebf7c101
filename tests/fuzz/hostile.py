"""Files made to harm: what is known to break readers of each kind."""

from __future__ import annotations

from functools import cache
from pathlib import PurePath

from tests.fuzz.harms import arrays, containers, meshes, pictures, texts
from tests.fuzz.seeds import Seed, same_bytes

KINDS = {
    (".pkl",): (arrays.pickles,),
    (".npy",): (arrays.npys, arrays.pickles),
    (".npz",): (arrays.zips, arrays.pickles),
    (".pt",): (arrays.zips, arrays.pickles),
    (".png", ".jpg", ".gif", ".bmp", ".tif", ".webp", ".ppm"): (pictures.images,),
    (".yaml",): (texts.yamls,),
    (".json", ".ljson"): (texts.jsons,),
    (".safetensors",): (containers.safetensors,),
    (".glb",): (meshes.glbs,),
    (".obj",): (meshes.objs,),
    (".ply",): (meshes.plys,),
    (".pp",): (texts.xmls,),
    (".csv",): (texts.csvs,),
    (".mat",): (containers.mats,),
    (".h5",): (containers.hdf5s,),
    (".parquet",): (containers.parquets,),
}


@cache
def hostile_of(suffix: str) -> dict[str, bytes]:
    """What is known to break readers of files with this ending, by its name."""
    makers = next((made for suffixes, made in KINDS.items() if suffix in suffixes), ())
    with same_bytes():
        return {name: data for make in makers for name, data in make().items()}


def hostile_for(name: str) -> list[bytes]:
    return list(hostile_of(PurePath(name).suffix).values())


def with_hostile(seeds: list[Seed], suffix: str, data: bytes) -> Seed | None:
    """The first seed whose target has this ending, with the data in its place."""
    seed = next((one for one in seeds if PurePath(one.target).suffix == suffix), None)
    return None if seed is None else seed.with_target(data)


def all_hostile(seeds: list[Seed]) -> list[Seed]:
    """Every file made to harm of every ending that the seeds' targets have."""
    suffixes = dict.fromkeys(PurePath(one.target).suffix for one in seeds)
    made = [with_hostile(seeds, suffix, data) for suffix in suffixes for data in hostile_of(suffix).values()]
    return [one for one in made if one is not None]
