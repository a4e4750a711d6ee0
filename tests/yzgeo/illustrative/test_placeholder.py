"""The placeholder is a picture that any program opens."""

from __future__ import annotations

import struct
import zlib

from yzgeo.illustrative.placeholder import placeholder_png


def test_it_is_a_small_grey_png() -> None:
    content, width, height = placeholder_png()
    assert content == placeholder_png()[0]
    assert len(content) < 2_000
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (width, height)
    start = content.index(b"IDAT") + 4
    size = struct.unpack(">I", content[start - 8 : start - 4])[0]
    pixels = zlib.decompress(content[start : start + size])
    assert len(pixels) == height * (width + 1)
    assert set(pixels) == {0, 90, 235}
