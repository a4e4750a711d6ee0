"""A file of unsent work: what a phone could not send, brought to the office, photos included."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from yzgeo.access import may_record_somewhere, may_write
from yzgeo.errors import AttachmentRefusedError, ForbiddenError, InputError
from yzgeo.store.base import Store

from . import attachments
from .accounts import By
from .progress import Caller

MOST_ITEMS = 5_000
_SENT = ("id", "layer", "uid", "kind", "valid_at", "payload", "payload_version", "base_revision", "place")


def records_of(
    store: Store, workspace: Path, content: bytes, caller: Caller, *, address: str = ""
) -> list[dict[str, Any]]:
    """
    Read a file of unsent work, and keep its photos.

    Parameters
    ----------
    store
        The store.
    workspace
        Folder of the workspace.
    content
        The file.
    caller
        Who brings it: planner, bureau or admin, or the author of everything in it.
    address
        Where the request came from, for the audit.

    Returns
    -------
    list of dict
        ``owner`` and ``event`` as it would be sent, in the order of writing. A photo that cannot be kept is missing in
        its record, which is therefore refused later on, with the reason.

    Raises
    ------
    InputError
        If that is no such file, or names an account that does not exist.
    ForbiddenError
        If the caller may not bring it.
    """
    items, photos = _read(content)
    owners = {str(item.get("owner", "")) for item in items}
    if not may_record_somewhere(caller.role, caller.subdistricts):
        raise ForbiddenError
    if not may_write(caller.role) and owners - {caller.name}:
        raise ForbiddenError
    for owner in sorted(owners):
        if store.account(owner) is None:
            raise _refused(f"没有账号“{owner}”", f"there is no account “{owner}”")
    names = {str(each["id"]): _photo(store, workspace, each, photos, caller) for each in items if _is_photo(each)}
    deed = By(caller.name, caller.role, address).deed(
        "unsent_imported", "", authors=sorted(owners), records=len(items) - len(names), photos=len(names)
    )
    store.people.note(deed)
    return [{"owner": str(each["owner"]), "event": _event(each, names)} for each in items if not _is_photo(each)]


def _read(content: bytes) -> tuple[list[dict[str, Any]], Mapping[str, Any]]:
    wrong = _refused("不是未上传记录文件", "it is no file of unsent work")
    try:
        told = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise wrong from None
    if not isinstance(told, dict) or (told.get("format"), told.get("version")) != ("yzgeo-unsent", 1):
        raise wrong
    items, photos = told.get("items"), told.get("photos")
    if not isinstance(items, list) or not isinstance(photos, dict) or len(items) > MOST_ITEMS:
        raise wrong
    if not all(isinstance(item, dict) and "id" in item and "owner" in item for item in items):
        raise wrong
    return sorted(items, key=_order), photos


def _order(item: Mapping[str, Any]) -> float:
    order = item.get("order")
    return float(order) if isinstance(order, int | float) else 0.0


def _is_photo(item: Mapping[str, Any]) -> bool:
    return item.get("type") == "photo"


def _photo(
    store: Store, workspace: Path, item: Mapping[str, Any], photos: Mapping[str, Any], caller: Caller
) -> str | None:
    """Keep one photo; one that the phone had sent before is named already."""
    text = photos.get(str(item["id"]))
    if not isinstance(text, str):
        return str(item["sha256"]) if item.get("sha256") else None
    try:
        content = base64.b64decode(text, validate=True)
        return attachments.keep(store, workspace, content, actor=caller.name).sha256
    except (binascii.Error, AttachmentRefusedError):
        return None


def _event(item: Mapping[str, Any], names: Mapping[str, str | None]) -> dict[str, Any]:
    """Put the names of the photos where the phone would have put them."""
    event = {key: item[key] for key in _SENT if key in item}
    given = item.get("photos")
    named = [names.get(str(each)) or str(each) for each in given] if isinstance(given, list) else []
    payload = event.get("payload")
    if named and isinstance(payload, dict):
        more = {"attachment": named[0]} if item.get("kind") == "photo" else {"evidence": named}
        event["payload"] = {**payload, **(more if item.get("kind") in ("photo", "transition") else {})}
    return event


def _refused(zh: str, en: str) -> InputError:
    return InputError(what="yzgeo-unsent", reason_zh=f"{zh}。", reason_en=f"{en}.")
