"""Evidence is checked by content, cleaned, kept once and found again."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image

from yzgeo.access import Caller
from yzgeo.errors import AttachmentRefusedError, NotFoundError
from yzgeo.workflows import attachments
from yzgeo.workflows.workspace import Workspace


def picture(width: int, height: int, *, kind: str = "JPEG", orientation: int | None = None) -> bytes:
    image = Image.new("RGB", (width, height), "white")
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    written = io.BytesIO()
    image.save(written, kind, exif=exif)
    return written.getvalue()


def test_a_large_photo_is_made_smaller_upright_and_named_by_its_hash(workspace: Workspace) -> None:
    # Orientation 6: the camera was turned a quarter, so width and height change places.
    note = attachments.keep(workspace.store, workspace.path, picture(3000, 1500, orientation=6), actor="wang")
    assert (note.width, note.height) == (1280, 2560)
    found, content = attachments.find(workspace.store, workspace.path, note.sha256, Caller("field", "wang"))
    assert found == note
    assert hashlib.sha256(content).hexdigest() == note.sha256
    assert (note.lon, note.lat, note.taken_at) == (None, None, None)


@pytest.mark.parametrize(("kind", "media"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_three_kinds_of_pictures_are_taken(workspace: Workspace, kind: str, media: str) -> None:
    assert attachments.keep(workspace.store, workspace.path, picture(9, 9, kind=kind), actor="wang").media_type == media


def test_the_same_photo_twice_is_one(workspace: Workspace) -> None:
    first = attachments.keep(workspace.store, workspace.path, picture(20, 10), actor="wang")
    assert attachments.keep(workspace.store, workspace.path, picture(20, 10), actor="li") == first


def test_a_thumbnail_fits_its_frame() -> None:
    assert Image.open(io.BytesIO(attachments.thumbnail(picture(640, 320)))).size == (320, 160)


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ\x90", b"<html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"\x89PNG\r\n\x1a\n broken"],
)
def test_anything_else_is_refused_and_not_kept(workspace: Workspace, content: bytes) -> None:
    with pytest.raises(AttachmentRefusedError):
        attachments.keep(workspace.store, workspace.path, content, actor="wang")
    assert [path for path in (workspace.path / "attachments").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("size", [(10_000, 7_000), (20_000, 10_000)])
def test_a_small_file_that_would_fill_the_memory_is_refused(workspace: Workspace, size: tuple[int, int]) -> None:
    written = io.BytesIO()
    Image.new("1", size).save(written, "PNG")
    assert len(written.getvalue()) < 100_000
    with pytest.raises(AttachmentRefusedError):
        attachments.keep(workspace.store, workspace.path, written.getvalue(), actor="wang")


def test_a_very_large_photo_keeps_its_shape(workspace: Workspace) -> None:
    """It is read at half its size; which side is up is known all the same."""
    note = attachments.keep(workspace.store, workspace.path, picture(6000, 4000, orientation=6), actor="wang")
    assert (note.width, note.height) == (1707, 2560)


def test_what_was_never_kept_is_not_found(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError):
        attachments.find(workspace.store, workspace.path, "b" * 64, Caller("admin", "root"))


def test_who_neither_sent_it_nor_sees_its_feature_finds_nothing(workspace: Workspace) -> None:
    note = attachments.keep(workspace.store, workspace.path, picture(20, 10), actor="wang")
    for caller in (Caller("admin", "root"), Caller("field", "li", ("211202001",)), Caller("anonymous")):
        with pytest.raises(NotFoundError):
            attachments.find(workspace.store, workspace.path, note.sha256, caller)
