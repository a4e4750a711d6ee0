"""Photos and documents as evidence: checked by their content, cleaned of what they tell besides, kept by their hash."""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from yzgeo.errors import AttachmentRefusedError, NotFoundError
from yzgeo.store.attachments import AttachmentFolder
from yzgeo.store.base import Attachment, Store

from .progress import Caller, may_see_attachment

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PDF = "application/pdf"
LONGEST_SIDE = 2560
THUMBNAIL_SIDE = 320
_MOST_PIXELS = 60_000_000
_QUALITY = 88
# A picture of the most pixels takes a quarter of a gigabyte while it is drawn: others wait their turn.
_DRAWN_AT_ONCE = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class _Picture:
    content: bytes
    media_type: str
    width: int
    height: int
    position: tuple[float, float] | None
    taken_at: str | None


def keep(store: Store, workspace: Path, content: bytes, *, actor: str) -> Attachment:
    """
    Keep a photo or a document.

    A photo is drawn anew, upright and no larger than `LONGEST_SIDE`: what a camera writes beside the picture is gone
    then, and so is anything hidden behind it. Where and when it was taken is kept in the store.

    Parameters
    ----------
    store
        Where it is noted.
    workspace
        Folder of the workspace.
    content
        The file as it was sent; neither its name nor a declared type is believed.
    actor
        Who sends it.

    Returns
    -------
    Attachment
        What was kept; the first note where the same bytes were kept before.

    Raises
    ------
    AttachmentRefusedError
        If it is neither a photo nor a PDF document, or cannot be read.
    StorageError
        If the disk refuses.
    """
    now = datetime.now(UTC)
    if content.startswith(b"%PDF-"):
        kept = AttachmentFolder(workspace).put(content)
        note = Attachment(kept, PDF, len(content), actor, now)
    else:
        with _DRAWN_AT_ONCE:
            picture = _draw(content)
        kept = AttachmentFolder(workspace).put(picture.content)
        lon, lat = picture.position or (None, None)
        note = Attachment(
            kept,
            picture.media_type,
            len(picture.content),
            actor,
            now,
            width=picture.width,
            height=picture.height,
            lon=lon,
            lat=lat,
            taken_at=picture.taken_at,
        )
    store.ledger.put_attachment(note)
    return store.ledger.attachment(kept) or note


def find(store: Store, workspace: Path, sha256: str, caller: Caller) -> tuple[Attachment, bytes]:
    """
    Get an attachment that someone sent, or that speaks of a feature they may see.

    Parameters
    ----------
    store
        Where it is noted.
    workspace
        Folder of the workspace.
    sha256
        Its name.
    caller
        Who asks.

    Returns
    -------
    tuple of Attachment and bytes
        What is known of it, and its content.

    Raises
    ------
    NotFoundError
        If there is none for the caller; the hash alone opens nothing.
    """
    note = store.ledger.attachment(sha256)
    if note is None or not may_see_attachment(store, sha256, caller):
        raise NotFoundError(what=sha256)
    return note, AttachmentFolder(workspace).get(sha256)


def thumbnail(content: bytes) -> bytes:
    """
    Draw a photo small.

    Parameters
    ----------
    content
        A photo that was kept.

    Returns
    -------
    bytes
        JPEG, at most `THUMBNAIL_SIDE` wide and high.
    """
    with Image.open(io.BytesIO(content)) as image:
        small = image.convert("RGB")
        small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        written = io.BytesIO()
        small.save(written, "JPEG", quality=80)
    return written.getvalue()


def _draw(content: bytes) -> _Picture:
    refused = AttachmentRefusedError(reason_zh="不是可用的照片或 PDF", reason_en="it is no usable photo or PDF")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = Image.open(io.BytesIO(content), formats=list(FORMATS))
            if image.width * image.height > _MOST_PIXELS:
                raise AttachmentRefusedError(
                    reason_zh=f"像素超过 {_MOST_PIXELS // 1_000_000} 百万",
                    reason_en=f"it has more than {_MOST_PIXELS // 1_000_000} million pixels",
                )
            kind = image.format or "JPEG"
            tags = image.getexif()
            image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is read at half its size where that is enough
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, Warning):
        raise refused from None
    plain = upright.convert("RGB") if kind == "JPEG" else upright.convert("RGBA")
    written = io.BytesIO()
    # A copy of the pixels alone: Pillow would write along what it read beside them.
    bare = Image.frombytes(plain.mode, plain.size, plain.tobytes())
    bare.save(written, kind, **({} if kind == "PNG" else {"quality": _QUALITY}))
    return _Picture(written.getvalue(), FORMATS[kind], bare.width, bare.height, _position(tags), _taken_at(tags))


def _position(tags: Image.Exif) -> tuple[float, float] | None:
    place = tags.get_ifd(ExifTags.IFD.GPSInfo)
    try:
        lat = _degrees(place[ExifTags.GPS.GPSLatitude], south_or_west=place[ExifTags.GPS.GPSLatitudeRef] == "S")
        lon = _degrees(place[ExifTags.GPS.GPSLongitude], south_or_west=place[ExifTags.GPS.GPSLongitudeRef] == "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (lon, lat) if -180 <= lon <= 180 and -90 <= lat <= 90 else None


def _degrees(parts: tuple[float, float, float], *, south_or_west: bool) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    total = degrees + minutes / 60 + seconds / 3600
    return round(-total if south_or_west else total, 7)


def _taken_at(tags: Image.Exif) -> str | None:
    text = tags.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or tags.get(ExifTags.Base.DateTime)
    try:
        # The camera's own clock, without a zone.
        return datetime.strptime(str(text), "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007
    except ValueError:
        return None
