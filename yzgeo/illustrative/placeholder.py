"""The picture that stands for photos nobody has taken: the word 示意, drawn by hand into a tiny PNG."""

from __future__ import annotations

import struct
import zlib

import numpy as np

# Two characters of 16 by 16 dots, a row of dots in each number.
_GLYPHS = (
    (0, 0, 0, 0x3FFC, 0, 0, 0, 0x7FFE, 0x0180, 0x0180, 0x1998, 0x1188, 0x318C, 0x2184, 0x6186, 0x0180),
    (0, 0x0180, 0x3FFC, 0x0C30, 0x0420, 0x7FFE, 0, 0x1FF8, 0x1008, 0x1FF8, 0x1008, 0x1FF8, 0x0100, 0x14C8, 0x2404,
     0x6436),
)  # fmt: skip
_SCALE = 8
_MARGIN = 4
_PAPER, _INK = 235, 90


def placeholder_png() -> tuple[bytes, int, int]:
    """
    Draw the placeholder.

    Returns
    -------
    tuple of bytes, int and int
        A grey PNG, its width and its height in pixels; always the same bytes.
    """
    dots = np.hstack([np.array([[row >> (15 - x) & 1 for x in range(16)] for row in glyph]) for glyph in _GLYPHS])
    dots = np.pad(dots, _MARGIN).repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)
    pixels = np.where(dots == 1, _INK, _PAPER).astype(np.uint8)
    height, width = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(lines, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts), width, height


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
