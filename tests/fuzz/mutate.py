"""Files spoilt at random: their bytes, or what is inside a format whose checksums would hide it."""

from __future__ import annotations

import io
import json
import pickle
import pickletools
import struct
import zipfile
import zlib
from collections.abc import Callable
from itertools import islice, pairwise
from typing import Any

import numpy as np
from safetensors.numpy import load as tensors_in
from safetensors.numpy import save as tensors_out

from recon.arrays import array_of, npy_header
from tests.fuzz.changes import Rng, changed, flip, word
from tests.fuzz.twists import misfit, twisted

VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**31, 2**63, 10**400, 1.5, float("nan"), float("inf"), "", "x", "../../x", "\ud800", "a\nb"),
    *([], {}, [[]], [None], {"a": 1}, [1] * 300, "9" * 5000, -(2**63), 1e308, "__proto__", [[1, 2], [3]], ["a", "b"]),
)

PACKINGS = (*[zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED] * 5, zipfile.ZIP_LZMA)
PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"(d", b"(l")
MOST_INSTRUCTIONS, MOST_UNPACKED = 20_000, 2**24  # of what is opened to be spoilt: there are bombs among it


def mutated(data: bytes, rng: Rng) -> bytes:
    """The bytes with one to four things changed, one most often, within their format where it is known."""
    inside = _inside(data)
    for _ in range(int(rng.choice([1, 1, 1, 2, 3, 4]))):
        data = inside(data, rng) if inside is not None and rng.random() < 0.7 else changed(data, rng)
        inside = _inside(data)
    return data


def _inside(data: bytes) -> Callable[[bytes, Rng], bytes] | None:
    if data.startswith(b"PK\x03\x04"):
        return _in_zip
    if data.startswith(b"\x89PNG"):
        return _in_png
    if data.startswith(b"glTF"):
        return _in_glb
    if data.startswith(b"MATLAB 5.0"):
        return _in_mat
    if data.startswith(b"\x93NUMPY"):
        return _in_npy
    if data[:2] in PICKLES:
        return _in_pickle
    if data[:1] == b"{":
        return _in_json
    if len(data) > 16 and data[8:9] == b"{" and int.from_bytes(data[:8], "little") < len(data):
        return _in_safetensors
    return None


def _in_zip(data: bytes, rng: Rng) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as stored:
            entries = stored.infolist()
            if sum(one.file_size for one in entries) > MOST_UNPACKED:
                return flip(data, rng)
            members = {one.filename: stored.read(one) for one in entries}
    except Exception:
        return flip(data, rng)
    name = sorted(members)[int(rng.integers(len(members)))] if members else "x"
    what = rng.random()
    if what < 0.1:
        members.pop(name, None)
    elif what < 0.15:
        members[f"../{name}"] = members.get(name, b"")
    elif what < 0.2 and members:
        members[name] = members[sorted(members)[int(rng.integers(len(members)))]]
    else:
        members[name] = mutated(members.get(name, b""), rng)
    held = io.BytesIO()
    how = PACKINGS[int(rng.integers(len(PACKINGS)))]
    with zipfile.ZipFile(held, "w") as stored:
        for name, member in members.items():
            stored.writestr(zipfile.ZipInfo(name), member, how)  # of no date
    return held.getvalue()


def _in_png(data: bytes, rng: Rng) -> bytes:
    """A chunk changed, and its checksum put right."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return flip(data, rng)
    i = int(rng.integers(len(chunks)))
    kind, body = chunks[i]
    if kind == b"IDAT" and rng.random() < 0.3:
        body = zlib.compress(mutated(bytes(min(len(body) * 4, 10_000)), rng))
    else:
        body = changed(body, rng)
    chunks[i] = kind, body
    if rng.random() < 0.2:
        chunks.append(chunks[int(rng.integers(len(chunks)))])
    return data[:8] + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _in_glb(data: bytes, rng: Rng) -> bytes:
    length = int.from_bytes(data[12:16], "little")
    text = _in_json(data[20 : 20 + length], rng)
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    return data[:8] + struct.pack("<II", 20 + len(text) + len(rest), len(text)) + data[16:20] + text + rest


def _in_npy(data: bytes, rng: Rng) -> bytes:
    """Another array; of objects, another pickle behind the header."""
    try:
        *_, dtype, start = npy_header(data)
        if dtype.hasobject:
            return data[:start] + _in_pickle(data[start:], rng)
        held = io.BytesIO()
        np.save(held, twisted(array_of(bytearray(data)), rng), allow_pickle=False)
    except ValueError:
        return changed(data, rng)
    return held.getvalue()


def _in_pickle(data: bytes, rng: Rng) -> bytes:
    """An instruction left out, doubled, or another in its place: of the same kind, any, or one for a bad value."""
    try:
        steps = list(islice(pickletools.genops(data), MOST_INSTRUCTIONS))
    except Exception:  # a spoilt pickle may end in any
        return changed(data, rng)
    begins = [place or 0 for *_, place in steps]
    parts = [data[a:b] for a, b in pairwise([*begins, len(data)])]
    names = [code.name for code, *_ in steps]
    told = [k for k, name in enumerate(names) if "PUT" not in name and "MEMO" not in name]
    i, what = told[int(rng.integers(len(told)))], rng.random()
    if what < 0.3:
        parts[i] = pickle.dumps(VALUES[int(rng.integers(len(VALUES)))], 2)[2:-1]
    elif what < 0.6:
        alike = [k for k in told if names[k] == names[i]]
        parts[i] = parts[alike[int(rng.integers(len(alike)))]]
    elif what < 0.8:
        parts[i] = parts[told[int(rng.integers(len(told)))]]
    else:
        parts[i] *= 0 if what < 0.9 else 2
    return data[: begins[0]] + b"".join(parts)


def _in_safetensors(data: bytes, rng: Rng) -> bytes:
    """Other tensors, or another header before the same."""
    if rng.random() < 0.5:
        try:
            said = json.loads(_header_of(data)[0])["__metadata__"]
            header, rest = _header_of(tensors_out(misfit(tensors_in(data), rng)))
            return _headed(json.dumps({"__metadata__": said, **json.loads(header)}).encode(), rest)
        except Exception:  # a spoilt file may end in any
            return changed(data, rng)
    header, rest = _header_of(data)
    return _headed(_in_json(header, rng), rest)


def _header_of(data: bytes) -> tuple[bytes, bytes]:
    """Of a safetensors file, and what follows."""
    end = 8 + int.from_bytes(data[:8], "little")
    return data[8:end], data[end:]


def _headed(header: bytes, rest: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header + rest


def _in_mat(data: bytes, rng: Rng) -> bytes:
    """An element changed, inside its compression where it has one."""
    parts, at = [], 128
    while at + 8 <= len(data):
        kind, length = struct.unpack("<II", data[at : at + 8])
        parts.append((kind, data[at + 8 : at + 8 + length]))
        at += 8 + length
    if not parts:
        return flip(data, rng)
    i = int(rng.integers(len(parts)))
    kind, body = parts[i]
    try:
        body = zlib.compress(changed(zlib.decompressobj().decompress(body, MOST_UNPACKED), rng))
    except zlib.error:
        body = changed(body, rng)
    parts[i] = kind, body
    return data[:128] + b"".join(struct.pack("<II", kind, len(body)) + body for kind, body in parts)


def _in_json(data: bytes, rng: Rng) -> bytes:
    """A value anywhere in the tree exchanged, dropped or renamed."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return word(data, rng)
    node, key, holder = content, None, None
    for _ in range(int(rng.integers(1, 7))):
        if not isinstance(node, dict | list) or not node:
            break
        holder = node
        key = sorted(node)[int(rng.integers(len(node)))] if isinstance(node, dict) else int(rng.integers(len(node)))
        node = node[key]  # type: ignore[index]
    value = VALUES[int(rng.integers(len(VALUES)))]
    if isinstance(node, str) and node[:1] == "{" and rng.random() < 0.8:
        value = _in_json(node.encode(), rng).decode("latin1")
    if holder is None:
        content = value
    elif rng.random() < 0.15:
        del holder[key]  # type: ignore[arg-type]
    elif isinstance(holder, dict) and rng.random() < 0.15:
        holder[str(value)[:50]] = node
    else:
        holder[key] = value  # type: ignore[index]
    return json.dumps(content).encode()
