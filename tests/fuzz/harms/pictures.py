"""Made to harm: pictures."""

from __future__ import annotations

import struct
import zlib

from tests.fuzz.harms.arrays import zeros


def images() -> dict[str, bytes]:
    def png(width: int, height: int, body: bytes, kind: int = 2, depth: int = 8, extra: bytes = b"") -> bytes:
        def chunk(name: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

        head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")

    body = zeros(6 * 10**8)[0]
    return {
        "a PNG of 100,000 px a side": png(100_000, 100_000, zlib.compress(b"")),
        "a PNG bomb": png(14_000, 14_000, body),
        "a grey PNG bomb": png(14_800, 14_800, body, 0),
        "a PNG bomb of 16 bits": png(14_800, 14_800, body, 0, 16),
        "a narrow PNG": png(2**31 - 1, 16, zlib.compress(b"")),
        "Postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\n(x) run\nshowpage\n",
        "a GIF of 65,535 px": b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + bytes(6)
        + b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x02\x4c\x01\x00;",
        "a BMP of 2**31 rows": b"BM" + struct.pack("<IHHI", 99, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 2**20, -(2**31), 1, 24, 0, 0, 1, 1, 0, 0),
        "a PPM of billions": b"P6 60000 60000 255\n" + bytes(99),
    }  # fmt: skip
