"""Changes of bytes that know nothing of what they stand for: bits, numbers, words and lines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Rng = np.random.Generator
NUMBERS = (0, 1, 2, 127, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**40, 2**60, 2**63 - 1, -1, -2, -(2**31))
WORDS = (
    *(b"nan", b"-1", b"0", b"1e400", b"inf", b"-1e309", b"1e9", b"9" * 40, b"9" * 5000, b"0x7fffffff", b"1_0"),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\r", b"\n\n", b"\t", b"\x85", b"\x1a"),
    *(b"../../x", b"/etc/hostname", b"null", b"true", b"~", b"{}", b"[]", b'""', b"'", b'"', b"<", b"&", b"#", b"%"),
    *(b"[" * 3000, b"{a: " * 500, b'{"a":' * 3000, b"- " * 500, b"a" * 140_000, b"2001-99-99", b"2001-01-01", b"1,2"),
    *(b"!!python/object/apply:os.system ['true']", b"!!int x", b"!!timestamp x", b"!!bool x", b"!!binary x", b"!!set"),
    *(b"&a [*a]", b"<<: *a", b"? [1]\n: 2", b"---", b"!!float ''", b"*b", b"!<x>", b"key: key: key", b"=", b"!!null x"),
)  # fmt: skip


def _place(data: bytes, rng: Rng) -> int:
    """Anywhere, the beginning and the end more often: headers and footers stand there."""
    kind, n = rng.random(), len(data)
    near = int(min(n, 200) * rng.random())
    return near if kind < 0.35 else max(n - 1 - near, 0) if kind < 0.5 else int(n * rng.random())


def flip(data: bytes, rng: Rng) -> bytes:
    spoilt = bytearray(data)
    for _ in range(int(rng.integers(1, 9)) if data else 0):
        spoilt[_place(data, rng)] ^= 1 << int(rng.integers(8))
    return bytes(spoilt)


def _byte(data: bytes, rng: Rng) -> bytes:
    at = _place(data, rng)
    return data[:at] + bytes([int(rng.choice([0, 1, 0x7F, 0x80, 0xFF, int(rng.integers(256))]))]) + data[at + 1 :]


def _cut(data: bytes, rng: Rng) -> bytes:
    return data[: _place(data, rng)]


def _drop(data: bytes, rng: Rng) -> bytes:
    at = _place(data, rng)
    return data[:at] + data[at + int(2 ** rng.uniform(0, 10)) :]


def _twice(data: bytes, rng: Rng) -> bytes:
    at, length = _place(data, rng), int(2 ** rng.uniform(0, 10))
    return data[: at + length] + data[at : at + length] * int(rng.integers(1, 4)) + data[at + length :]


def _swap(data: bytes, rng: Rng) -> bytes:
    a, b = sorted((_place(data, rng), _place(data, rng)))
    length = min(int(2 ** rng.uniform(0, 8)), b - a)
    return data[:a] + data[b : b + length] + data[a + length : b] + data[a : a + length] + data[b + length :]


def _number(data: bytes, rng: Rng) -> bytes:
    """A field of two, four or eight bytes with a number that no file should have."""
    width, order = int(rng.choice([2, 4, 8])), "little" if rng.random() < 0.7 else "big"
    value = int(NUMBERS[int(rng.integers(len(NUMBERS)))]) % 2 ** (8 * width)
    at = _place(data, rng)
    return data[:at] + value.to_bytes(width, order) + data[at + width :]  # type: ignore[arg-type]


def word(data: bytes, rng: Rng) -> bytes:
    at = _place(data, rng)
    return data[:at] + WORDS[int(rng.integers(len(WORDS)))] + data[at + int(rng.choice([0, 0, 1, 4])) :]


def _line(data: bytes, rng: Rng) -> bytes:
    """A word of a text in another's place, or a line gone or moved."""
    lines = data.split(b"\n")
    i, j = (int(rng.integers(len(lines))) for _ in range(2))
    if rng.random() < 0.5:
        words = lines[i].split(b" ")
        words[int(rng.integers(len(words)))] = WORDS[int(rng.integers(len(WORDS)))]
        lines[i] = b" ".join(words)
    else:
        lines[i] = lines[j] if rng.random() < 0.7 else b""
    return b"\n".join(lines)


CHANGES: tuple[Callable[[bytes, Rng], bytes], ...] = (
    *(flip, flip, _byte, _byte, _cut, _drop, _twice, _swap, _number, _number, word, _line),
)


def changed(data: bytes, rng: Rng) -> bytes:
    return CHANGES[int(rng.integers(len(CHANGES)))](data, rng)
