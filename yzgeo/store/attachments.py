"""Attachments on disk: named by the hash of their bytes, so that none can be changed or stored twice."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from yzgeo.errors import NotFoundError, StorageError

FOLDER = "attachments"


class AttachmentFolder:
    """The photos and documents of one workspace; what they are stands in the ledger's store."""

    def __init__(self, workspace: Path) -> None:
        self._root = workspace / FOLDER

    def put(self, content: bytes) -> str:
        """
        Keep bytes durably; keeping the same bytes again changes nothing.

        Parameters
        ----------
        content
            The file's bytes.

        Returns
        -------
        str
            Their SHA-256 in hexadecimal.

        Raises
        ------
        StorageError
            If the disk refuses; nothing is left behind.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.path(sha256)
        if target.exists():
            return sha256
        unfinished = target.with_name(f".{sha256}.{uuid4().hex}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
            _sync(target.parent)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise StorageError(path=str(target), reason=error.strerror or str(error)) from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """
        Read an attachment.

        Parameters
        ----------
        sha256
            Its name.

        Returns
        -------
        bytes
            Its bytes, checked against the name.

        Raises
        ------
        NotFoundError
            If there is no such file.
        StorageError
            If the file is not what its name says.
        """
        path = self.path(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise NotFoundError(what=sha256) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StorageError(path=str(path), reason="内容与名称不符 (the content is not what its name says)")
        return content

    def path(self, sha256: str) -> Path:
        """
        Tell where an attachment lies.

        Parameters
        ----------
        sha256
            Its name.

        Returns
        -------
        Path
            A file that may not be there.

        Raises
        ------
        NotFoundError
            If that is no SHA-256: it would lead out of the folder.
        """
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise NotFoundError(what=sha256)
        return self._root / sha256[:2] / sha256


def _sync(folder: Path) -> None:
    """A new name is durable only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
