"""Photos in pieces: begun, continued where the line broke, and kept like any other attachment once they are whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from yzgeo.access import may_record_somewhere
from yzgeo.errors import ForbiddenError, UploadBrokenError, UploadRefusedError
from yzgeo.store.base import Store
from yzgeo.store.uploads import Upload, UploadFolder, Writing, sweep

from . import attachments
from .progress import Caller

KEPT_DAYS = 7
MOST_OF_ONE = 300
# Looking costs a glance at every file of the last days, which each of sixty photos would pay.
_SWEPT_EVERY = timedelta(hours=1)
"""Uploads that one account may have begun and not finished."""


def begin(workspace: Path, caller: Caller, length: int, metadata: Mapping[str, str], *, most: int) -> Upload:
    """
    Begin an upload, and forget those that nobody has continued for `KEPT_DAYS`.

    Parameters
    ----------
    workspace
        Folder of the workspace.
    caller
        Who sends it.
    length
        Bytes of the whole file.
    metadata
        What the sender says of it; ``sha256`` is compared in the end.
    most
        Most bytes that are taken.

    Returns
    -------
    Upload
        The upload.

    Raises
    ------
    ForbiddenError
        If the caller may not record anything, and so has no use for evidence.
    UploadRefusedError
        If it is empty or too large, or too many others wait.
    """
    if not may_record_somewhere(caller.role, caller.subdistricts):
        raise ForbiddenError
    folder, now = UploadFolder(workspace, caller.name), datetime.now(UTC)
    sweep(workspace, now - timedelta(days=KEPT_DAYS), pause=_SWEPT_EVERY)
    if not 0 < length <= most:
        zh, en = f"大小须在 1 字节到 {most} 字节之间", f"a file has 1 to {most} bytes"
        raise UploadRefusedError(reason_zh=zh, reason_en=en)
    if folder.unfinished() >= MOST_OF_ONE:
        zh, en = f"未传完的文件超过 {MOST_OF_ONE} 个", f"more than {MOST_OF_ONE} files are unfinished"
        raise UploadRefusedError(reason_zh=zh, reason_en=en)
    return folder.begin(length, metadata, now=now)


def find(workspace: Path, upload_id: str, caller: Caller) -> Upload:
    """
    Look an upload of one's own up.

    Parameters
    ----------
    workspace
        Folder of the workspace.
    upload_id
        Its id.
    caller
        Who asks.

    Returns
    -------
    Upload
        The upload.

    Raises
    ------
    ForbiddenError
        If the caller may not record anything.
    NotFoundError
        If there is none of theirs.
    """
    if not may_record_somewhere(caller.role, caller.subdistricts):
        raise ForbiddenError
    return UploadFolder(workspace, caller.name).find(upload_id)


def finish(store: Store, workspace: Path, upload: Upload, writing: Writing) -> Upload:
    """
    Keep a file that has arrived whole; one that is not yet whole stays as it is.

    Parameters
    ----------
    store
        The store.
    workspace
        Folder of the workspace.
    upload
        The upload.
    writing
        Its end, so that nobody else finishes it meanwhile.

    Returns
    -------
    Upload
        With the name of what was kept, if it is whole.

    Raises
    ------
    UploadBrokenError
        If the bytes are not those that the sender has; they are let go, so that it begins anew.
    AttachmentRefusedError
        If it is neither a photo nor a PDF document.
    """
    if writing.offset < upload.length:
        return upload
    content = writing.content()
    wanted = upload.metadata.get("sha256", "").lower()
    if wanted and hashlib.sha256(content).hexdigest() != wanted:
        writing.cut(0)
        raise UploadBrokenError(id=upload.id)
    note = attachments.keep(store, workspace, content, actor=upload.actor)
    return UploadFolder(workspace, upload.actor).keep(upload, note.sha256)


def settled(store: Store, workspace: Path, upload: Upload) -> Upload:
    """
    Finish an upload that is whole although nobody said so: the service was stopped between its last byte and that.

    Parameters
    ----------
    store
        The store.
    workspace
        Folder of the workspace.
    upload
        The upload.

    Returns
    -------
    Upload
        With the name of what was kept, if it is whole.
    """
    folder = UploadFolder(workspace, upload.actor)
    if upload.kept is not None or folder.offset(upload) < upload.length:
        return upload
    with folder.writing(upload) as writing:
        return finish(store, workspace, folder.find(upload.id), writing)
