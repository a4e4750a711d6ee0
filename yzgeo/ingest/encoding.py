"""Which encoding Chinese texts are in: UTF-8, or GBK with its superset GB18030.

A declaration (``.cpg``, a byte in the DBF head, a flag in a zip) is a hint, since all of them lie in practice. Bytes
that are not valid UTF-8 cannot be UTF-8; bytes that are valid in both are judged by whether they give common Chinese.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from yzgeo.errors import FileUnreadableError

Verdict = Literal["certain", "ask", "refuse"]

_SAMPLES = 4000
_SAMPLES_SHOWN = 4
_SAMPLE_SIGNS = 40
_MARGIN = 0.25
_CONVINCING = 0.45

# Code page marks: what a .cpg file or a DBF head may say, and the codec it means.
_NAMES = {
    "utf8": "UTF-8",
    "65001": "UTF-8",
    "cp65001": "UTF-8",
    "gbk": "GBK",
    "936": "GBK",
    "cp936": "GBK",
    "ansi936": "GBK",
    "ms936": "GBK",
    "gb2312": "GBK",
    "euccn": "GBK",
    "gb18030": "GB18030",
    "54936": "GB18030",
}
_DBF_CODE_PAGES = {0x4D: "GBK", 0x7A: "GBK"}

# Word for word, what is common in UTF-8 (Han, full-width signs) and in GBK (the 3,755 characters of level one).
_HAN = re.compile("[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]")
_DBF_END = 0x0D


@dataclass(frozen=True, slots=True)
class EncodingCandidate:
    """
    One encoding, how well it explains the bytes, and why, in two languages.

    ``samples`` are texts of the file as this encoding reads them: who knows the words knows the encoding.
    """

    id: str
    score: float
    zh: str
    en: str
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EncodingGuess:
    """The answer: a certain encoding, a question, or nothing that fits."""

    verdict: Verdict
    chosen: str | None
    candidates: tuple[EncodingCandidate, ...]

    def as_dict(self) -> dict[str, object]:
        """
        Give the shape that reports use.

        Returns
        -------
        dict
            ``verdict``, ``chosen`` and ``candidates`` with score, evidence and texts read.
        """
        return {
            "verdict": self.verdict,
            "chosen": self.chosen,
            "candidates": [
                {
                    "id": item.id,
                    "score": round(item.score, 3),
                    "evidence": [item.zh],
                    "evidence_en": [item.en],
                    "samples": list(item.samples),
                }
                for item in self.candidates
            ],
        }


@dataclass(frozen=True, slots=True)
class DbfField:
    """One column of a DBF table as its head describes it."""

    raw_name: bytes
    kind: str
    width: int


@dataclass(frozen=True, slots=True)
class DbfHead:
    """The head of a DBF table."""

    fields: tuple[DbfField, ...]
    records: int
    head_bytes: int
    record_bytes: int
    code_page: str | None


def guess(samples: Iterable[bytes], *, declared: str | None = None) -> EncodingGuess:
    """
    Decide in which encoding texts are.

    Parameters
    ----------
    samples
        Raw texts; each may be cut in the middle of its last character, as fields of fixed width are.
    declared
        What the file claims.

    Returns
    -------
    EncodingGuess
        Certain wherever only one encoding can be, or one is plainly better.

    Examples
    --------
    >>> guess(["红旗街道".encode("gbk")], declared="UTF-8").chosen
    'GBK'
    """
    texts = [text for text in dict.fromkeys(samples) if text][:_SAMPLES]
    mark = _by_mark(texts)
    if mark is not None:
        return EncodingGuess(
            "certain", mark, (EncodingCandidate(mark, 1.0, "文件开头有字节顺序标记", "a byte order mark"),)
        )
    claimed = canonical(declared)
    if all(text.isascii() for text in texts):
        chosen = claimed or "UTF-8"
        return EncodingGuess("certain", chosen, (EncodingCandidate(chosen, 1.0, "全部是 ASCII 字符", "ASCII only"),))
    found = [_with_samples(item, texts) for item in (_as_utf8(texts), _as_gb(texts)) if item is not None]
    if not found:
        return EncodingGuess("refuse", None, ())
    marked = sorted((_with_claim(item, claimed) for item in found), key=lambda item: -item.score)
    best = marked[0]
    if best.score < _CONVINCING:
        # Texts in other scripts are often valid GBK by accident; then only the format itself may know.
        return EncodingGuess("ask", None, (*_as_declared(declared, texts), *marked))
    if len(marked) == 1 or best.score - marked[1].score >= _MARGIN:
        return EncodingGuess("certain", best.id, tuple(marked))
    return EncodingGuess("ask", None, tuple(marked))


def canonical(name: str | None) -> str | None:
    """
    Bring the name of a code page to one spelling.

    Parameters
    ----------
    name
        Content of a ``.cpg`` file, for instance ``936`` or ``utf-8``.

    Returns
    -------
    str or None
        ``UTF-8``, ``GBK``, ``GB18030``, or None for anything else.
    """
    key = re.sub(r"[^a-z0-9]", "", (name or "").strip().lower())
    return _NAMES.get(key)


def decode(raw: bytes, encoding: str) -> str:
    """
    Decode a text of fixed width: a character cut at the end is dropped.

    Parameters
    ----------
    raw
        The bytes.
    encoding
        A codec; GBK is read with its superset GB18030.

    Returns
    -------
    str
        The text; bytes that fit nowhere else become U+FFFD.
    """
    codec = "gb18030" if encoding.upper() in {"GBK", "GB18030"} else encoding
    return codecs.getincrementaldecoder(codec)("replace").decode(raw)


def read_dbf_head(content: bytes) -> DbfHead:
    """
    Read the head of a DBF table.

    Parameters
    ----------
    content
        The file, or at least its head.

    Returns
    -------
    DbfHead
        Its columns, with names as raw bytes.

    Raises
    ------
    FileUnreadableError
        If it is no DBF table.
    """
    if len(content) < 33:
        raise _bad_dbf()
    records, head_bytes, record_bytes = struct.unpack_from("<IHH", content, 4)
    fields = []
    for offset in range(32, min(head_bytes, len(content)) - 31, 32):
        if content[offset] == _DBF_END:
            break
        raw = content[offset : offset + 11].split(b"\x00", 1)[0]
        fields.append(DbfField(raw, chr(content[offset + 11]), content[offset + 16]))
    if not fields or sum(field.width for field in fields) + 1 > record_bytes:
        raise _bad_dbf()
    return DbfHead(tuple(fields), records, head_bytes, record_bytes, _DBF_CODE_PAGES.get(content[29]))


def dbf_samples(content: bytes, head: DbfHead) -> list[bytes]:
    """
    Collect the texts of a DBF table: column names and the values of text columns.

    Parameters
    ----------
    content
        The file; it may be cut off.
    head
        Its head.

    Returns
    -------
    list of bytes
        Names first, then values, without padding.
    """
    samples = [field.raw_name for field in head.fields]
    starts = [1 + sum(field.width for field in head.fields[:index]) for index in range(len(head.fields))]
    texts = [(start, field.width) for start, field in zip(starts, head.fields, strict=True) if field.kind == "C"]
    if not texts:
        return samples
    for row in range(min(head.records, _SAMPLES // len(texts) + 1)):
        base = head.head_bytes + row * head.record_bytes
        if base + head.record_bytes > len(content):
            break
        samples += [content[base + start : base + start + width].rstrip(b" \x00") for start, width in texts]
    return samples


def dbf_names(head: DbfHead, encoding: str) -> tuple[tuple[str, bool], ...]:
    """
    Decode column names, which DBF cuts after ten bytes, possibly inside a character.

    Parameters
    ----------
    head
        The table's head.
    encoding
        The encoding decided for the table.

    Returns
    -------
    tuple of (str, bool)
        The name without a broken last character, and whether it may be cut (then the column is recognised by how it
        starts).
    """
    return tuple((decode(field.raw_name, encoding).strip(), len(field.raw_name) >= 9) for field in head.fields)


def mend_dbf_names(content: bytes, head: DbfHead, encoding: str) -> bytes:
    """
    Take broken characters off the ends of a table's column names, which readers refuse otherwise.

    Parameters
    ----------
    content
        The file.
    head
        Its head.
    encoding
        The encoding decided for the table.

    Returns
    -------
    bytes
        The file with whole characters in its column names, all of them different; the same bytes if nothing is broken.
    """
    mended = bytearray(content)
    codec = "gb18030" if encoding.upper() in {"GBK", "GB18030"} else encoding
    taken: set[bytes] = set()
    for index, (name, _) in enumerate(dbf_names(head, encoding)):
        raw, number = name.encode(codec, "replace")[:10], 1
        while raw.upper() in taken:
            number += 1
            tail = f"_{number}".encode()
            raw = decode(name.encode(codec, "replace")[: 10 - len(tail)], encoding).encode(codec) + tail
        taken.add(raw.upper())
        offset = 32 + 32 * index
        if raw != head.fields[index].raw_name:
            mended[offset : offset + 11] = raw.ljust(11, b"\x00")
    return bytes(mended)


def zip_names(names: Sequence[bytes], flags: Sequence[bool]) -> tuple[str, ...]:
    """
    Decode the names of an archive's members.

    Parameters
    ----------
    names
        Raw names.
    flags
        Whether the archive says that a name is UTF-8.

    Returns
    -------
    tuple of str
        Readable names; those without the flag are decided together, as one program wrote them all.
    """
    loose = [name for name, flag in zip(names, flags, strict=True) if not flag]
    decided = guess(loose)
    encoding = decided.chosen or (decided.candidates[0].id if decided.candidates else "cp437")
    return tuple(decode(name, "UTF-8" if flag else encoding) for name, flag in zip(names, flags, strict=True))


def _as_declared(declared: str | None, texts: list[bytes]) -> tuple[EncodingCandidate, ...]:
    """Offer an encoding of other scripts that the file itself names, if it reads at all."""
    name = (declared or "").strip()
    try:
        for text in texts:
            text.decode(name)
    except (LookupError, UnicodeDecodeError, ValueError):
        return ()
    item = EncodingCandidate(name, 0.4, f"文件声明是 {name}", f"the file declares {name}")
    return (_with_samples(item, texts),)


def _by_mark(texts: list[bytes]) -> str | None:
    first = texts[0] if texts else b""
    if first.startswith(codecs.BOM_UTF8):
        return "UTF-8-SIG"
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and len(first) > 2:
        return "UTF-16"
    return None


def _as_utf8(texts: list[bytes]) -> EncodingCandidate | None:
    decoded = []
    for text in texts:
        try:
            decoded.append(_strict(text, "utf-8"))
        except UnicodeDecodeError:
            return None
    share = _share_of_han(decoded)
    return EncodingCandidate(
        "UTF-8",
        0.5 + 0.4 * share,
        f"全部字节符合 UTF-8，{share:.0%} 的非 ASCII 字符是汉字或全角符号",
        f"all bytes are valid UTF-8; {share:.0%} of the characters beyond ASCII are Chinese",
    )


def _as_gb(texts: list[bytes]) -> EncodingCandidate | None:
    decoded = []
    for text in texts:
        try:
            decoded.append(_strict(text, "gb18030"))
        except UnicodeDecodeError:
            return None
    common = _share_of_common(decoded)
    four = any(len(sign.encode("gb18030")) == 4 for text in decoded for sign in text if ord(sign) > 0x7F)
    name = "GB18030" if four else "GBK"
    return EncodingCandidate(
        name,
        0.1 + 0.8 * common,
        f"全部字节符合 {name}，{common:.0%} 的非 ASCII 字符是常用汉字或全角符号",
        f"all bytes are valid {name}; {common:.0%} of the characters beyond ASCII are common Chinese",
    )


def _strict(text: bytes, codec: str) -> str:
    # final=False keeps back a character cut at the end instead of failing on it.
    return codecs.getincrementaldecoder(codec)("strict").decode(text, final=False)


def _share_of_han(decoded: list[str]) -> float:
    beyond = [sign for text in decoded for sign in text if ord(sign) > 0x7F]
    return sum(bool(_HAN.match(sign)) for sign in beyond) / len(beyond) if beyond else 0.0


def _share_of_common(decoded: list[str]) -> float:
    """Measure how much is level-one Chinese or signs: UTF-8 read as GBK gives rare characters instead."""
    beyond = [sign for text in decoded for sign in text if ord(sign) > 0x7F]
    leads = [sign.encode("gb18030") for sign in beyond]
    common = sum(
        len(raw) == 2 and (0xB0 <= raw[0] <= 0xD7 or raw[0] in {0xA1, 0xA3}) and raw[1] >= 0xA1 for raw in leads
    )
    return common / len(beyond) if beyond else 0.0


def _with_samples(item: EncodingCandidate, texts: list[bytes]) -> EncodingCandidate:
    read = (decode(text, item.id).strip()[:_SAMPLE_SIGNS] for text in texts if not text.isascii())
    return replace(item, samples=tuple(dict.fromkeys(text for text in read if text))[:_SAMPLES_SHOWN])


def _with_claim(item: EncodingCandidate, claimed: str | None) -> EncodingCandidate:
    family = {"GBK", "GB18030"}
    if claimed is None:
        return item
    if claimed == item.id or {claimed, item.id} <= family:
        return replace(
            item, score=item.score + 0.1, zh=f"{item.zh}；文件也这样声明", en=f"{item.en}; the file says so too"
        )
    return replace(item, zh=f"{item.zh}；文件却声明为 {claimed}", en=f"{item.en}; the file claims {claimed} though")


def _bad_dbf() -> FileUnreadableError:
    return FileUnreadableError(
        path=".dbf", reason="属性表损坏或不完整 / the table is damaged or cut off", formats="DBF"
    )
