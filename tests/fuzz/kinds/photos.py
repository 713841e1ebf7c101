"""Photos, and the points and lists beside them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from recon.canvases.ledger import ledger_of
from recon.evaluate.readers import landmarks_3d, lfpa, now
from recon.evaluate.webmorph import read_webmorph
from recon.fitting.known import known_of
from recon.photos.aflw2000 import read_fitted
from recon.photos.folder import find_images, load_photos
from recon.photos.points import read_points
from recon.photos.reading import Unusable, read_photo
from tests.fuzz.reader import Reader
from tests.fuzz.seeds import PLACES, RNG, Seed, alone, made, mat, npy, png, texts, unfit


def images() -> list[Seed]:
    picture = Image.fromarray(RNG.integers(0, 256, (24, 32, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    small, ours = picture.resize((9, 40)), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    dated = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    profile = dated[:24] + bytes(12) + dated[36:]
    kinds: list[tuple[str, Image.Image, dict[str, Any]]] = [
        ("a.png", picture, {}),
        ("b.png", picture.convert("P"), {"transparency": 3, "icc_profile": profile}),
        ("c.png", Image.fromarray(RNG.integers(0, 2**16, (20, 20), dtype=np.uint16)), {}),
        ("d.png", picture.convert("RGBA"), {"icc_profile": ours[:24] + bytes(12) + ours[36:]}),
        ("small.png", small, {}),
        ("a.jpg", picture, {"exif": exif, "icc_profile": profile}),
        ("b.jpg", picture.convert("CMYK"), {"progressive": True}),
        ("a.gif", picture, {"save_all": True, "append_images": [picture] * 2}),
        ("a.tif", picture, {"compression": "tiff_lzw"}),
        ("b.tif", Image.fromarray(RNG.normal(size=(20, 20)).astype(np.float32)), {}),
        *((f"a.{end}", picture, {}) for end in ("webp", "bmp", "jp2", "tga", "ppm", "ico", "avif")),
    ]
    seeds = []
    for name, image, options in kinds:
        held = io.BytesIO()
        image.save(held, Image.registered_extensions()[Path(name).suffix], **options)
        seeds.append(alone(name, held.getvalue(), image is not small))
    return seeds


def faces_csv() -> list[Seed]:
    columns = [f"{point}_{axis}" for point in ("left_eye", "right_eye", "nose", "mouth_l", "mouth_r") for axis in "xy"]
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(["file", *columns, "licence", "attribution", "source"])
    for name in ("a.png", "b/c.png", "ü.png"):
        writer.writerow([name, *range(10), "CC0", '"A, B"', "here"])
    table = held.getvalue()
    photos = {"a.png": png(), "b/c.png": png()}
    tables = table, table.replace("b/c.png", "a.png"), table.replace(",7,", ",nan,")
    return [Seed("faces.csv", {"faces.csv": one.encode(), **photos}, one is table) for one in tables]


def aflw() -> list[Seed]:
    content = {
        "Pose_Para": np.ones((1, 7)),
        "Shape_Para": np.zeros((199, 1)),
        "Exp_Para": np.zeros((29, 1)),
    }

    def write(folder: Path, packed: bool, **points: np.ndarray) -> Path:
        mat(folder / "a.mat", {**content, **points}, packed)
        (folder / "a.jpg").touch()
        return folder / "a.mat"

    return made(
        lambda folder: write(folder, False, pt3d_68=np.ones((3, 68))),
        lambda folder: write(folder, True, pt3d_68=np.ones((3, 68))),
        lambda folder: write(folder, True, pt2d=np.ones((2, 68))),
    ) + unfit(made(lambda folder: write(folder, False), lambda folder: write(folder, False, pt3d_68=np.ones((68, 3)))))


def points_68() -> list[Seed]:
    """3D landmarks, of menpo, of MeshLab and as text."""
    sizes = dict(
        zip(("chin", "leyebrow", "reyebrow", "nose", "leye", "reye", "mouth"), (17, 5, 5, 9, 6, 6, 20), strict=True)
    )
    labels, at = [], 0
    for name, size in sizes.items():
        labels.append({"label": name, "mask": list(range(at, at + size))})
        at += size
    group = {"labels": labels, "landmarks": {"points": PLACES[:68].tolist()}}
    rows = "".join(f'<point x="{x}" y="{y}" z="{z}" active="1" name="a"/>' for x, y, z in PLACES[:7])
    return [
        alone("a.ljson", json.dumps({"groups": {"LJSON": group}})),
        alone("a.pp", f"<!DOCTYPE PickedPoints>\n<PickedPoints>{rows}</PickedPoints>\n"),
        alone("a.txt", "\n".join(f"{x}, {y} {z}" for x, y, z in PLACES[:7])),
    ]


def _marked() -> list[Seed]:
    order = "\n".join(f"{k + 1} {k + 2}" for k in range(34))
    points = "\n".join(f"{k} {k} 1" for k in range(34))
    files = {"order.txt": order.encode(), "a.pts": points.encode(), "a.jpg": b""}
    unmarked = Seed("order.txt", {"order.txt": order.encode()}, False)
    return [Seed("order.txt", files), Seed("a.pts", files), unmarked]


def _webmorph() -> list[Seed]:
    return texts("a.pts", "#version: 1\n" + "\n".join(f"{k} {k + 1.5}" for k in range(189)) + "\n")


def _boxes() -> list[Seed]:
    box = {"left": 10, "top": np.float64(12.5), "right": 50, "bottom": 55}
    turned = {**box, "left": 60}
    return [alone("a.npy", npy(np.array(one, dtype=object), True), one is box) for one in (box, turned)]


def _lists() -> list[Seed]:
    empty, missing = alone("imagepathsvalidation.txt", "\n", False), alone("other.txt", "A/selfie/a.jpg", False)
    return [alone("imagepathsvalidation.txt", "A/selfie/a.jpg\nB/selfie/b.jpg\n"), empty, missing]


def _pictures(file: Path) -> None:
    now.pictures(file.parent, "validation")


READERS = (
    Reader("images", read_photo, images, (Unusable,)),
    Reader("photos' points", read_points, faces_csv),
    Reader("photos' licences", lambda file: ledger_of(known_of(file.parent, find_images(file.parent))), faces_csv),
    Reader(
        "lists of names",
        lambda file: load_photos(file.parent, 16, "none", drop=file),
        lambda: [Seed("drop.txt", {"drop.txt": b"a.png\nb\n", "c.png": png(), "a.png": png()})],
    ),
    Reader("AFLW2000-3D", lambda file: read_fitted(file.with_suffix(".jpg")), aflw),
    Reader("3D landmarks", landmarks_3d.read_landmarks, points_68),
    Reader("AFLW-LFPA", lambda file: lfpa.load_lfpa(file.parent), _marked),
    Reader("webmorph", read_webmorph, _webmorph),
    Reader("NoW's boxes", now.read_box, _boxes),
    Reader(
        "NoW's list",
        _pictures,
        _lists,
    ),
)
