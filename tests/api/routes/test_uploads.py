"""The tus protocol, spoken by hand: pieces, broken lines, a service that starts again, and who may do what."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import io
import os
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from api.main import create_app
from tests.api.conftest import Client
from yzgeo.store import uploads

TUS = {"Tus-Resumable": "1.0.0", "X-Requested-With": "x"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}
KEPT = "x-yzgeo-attachment"


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A picture with noise, so that it has some bytes."""
    image = Image.effect_noise((320, 240), 80).convert("RGB")
    written = io.BytesIO()
    image.save(written, "JPEG", quality=90)
    return written.getvalue()


def encoded(**metadata: str) -> dict[str, str]:
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
    return {"Upload-Metadata": ",".join(pairs)}


def begin(client: Client, content: bytes, **metadata: str) -> str:
    told = encoded(filename="现场.jpg", filetype="image/jpeg", **metadata)
    answer = client.post("/api/uploads", headers={**TUS, **told, "Upload-Length": str(len(content))})
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "0"), answer.text
    return answer.headers["location"]


def send(client: Client, path: str, offset: int, piece: bytes, **headers: str):
    return client.request("PATCH", path, headers={**PIECE, "Upload-Offset": str(offset), **headers}, content=piece)


def head(client: Client, path: str):
    return client.request("HEAD", path, headers=TUS)


def test_a_photo_in_pieces_is_kept_as_if_it_had_come_at_once(connect, app, settings, workspace, photo: bytes) -> None:
    client = connect("field")
    whole = client.post("/api/attachments", files={"file": ("a.jpg", photo)}, headers=TUS).json()["sha256"]
    path = begin(client, photo, sha256=hashlib.sha256(photo).hexdigest())
    first = send(client, path, 0, photo[:5000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "5000")
    assert KEPT not in first.headers
    # The answer was lost, and the phone sends the piece again: it is told where the upload is.
    assert send(client, path, 0, photo[:5000]).json()["code"] == "upload_offset"
    # The service starts again.
    later = Client(create_app(settings, workspace.store))
    later.sign_in("field")
    asked = head(later, path)
    assert (asked.headers["upload-offset"], asked.headers["upload-length"]) == ("5000", str(len(photo)))
    last = send(later, path, 5000, photo[5000:])
    assert (last.status_code, last.headers[KEPT]) == (204, whole)
    again = head(later, path)
    assert (again.headers["upload-offset"], again.headers[KEPT]) == (str(len(photo)), whole)
    assert send(later, path, len(photo), b"").headers[KEPT] == whole
    assert later.get(f"/api/attachments/{whole}").status_code == 200
    assert not list((settings.workspace / "uploads").glob("*/*.part"))
    later.close()


def test_a_service_killed_after_the_last_byte_finishes_when_asked(connect, settings, photo: bytes) -> None:
    client = connect("field")
    path = begin(client, photo)
    [part] = (settings.workspace / "uploads").glob("*/*.part")
    part.write_bytes(photo)
    assert head(client, path).headers[KEPT]


def test_bytes_that_are_not_the_senders_are_let_go(connect, photo: bytes) -> None:
    client = connect("field")
    path = begin(client, photo, sha256=hashlib.sha256(b"another").hexdigest())
    answer = send(client, path, 0, photo)
    assert (answer.status_code, answer.json()["code"], answer.json()["title"]) == (
        460,
        "upload_broken",
        "Checksum Mismatch",
    )
    assert head(client, path).headers["upload-offset"] == "0"


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_a_piece_with_a_checksum(connect, photo: bytes, kind: str) -> None:
    client, piece = connect("field"), photo[:100]
    path = begin(client, photo)
    good = f"{kind} {base64.b64encode(hashlib.new(kind, piece).digest()).decode()}"
    assert send(client, path, 0, piece, **{"Upload-Checksum": good}).status_code == 204
    assert send(client, path, 100, piece[:-1], **{"Upload-Checksum": good}).status_code == 460
    assert head(client, path).headers["upload-offset"] == "100"
    for unknown in ("md5 AAAA", f"{kind} ***", "?"):
        assert send(client, path, 100, piece, **{"Upload-Checksum": unknown}).status_code == 400


def test_what_is_no_photo_is_refused_at_its_end(connect) -> None:
    client, content = connect("field"), b"MZ" + bytes(200)
    path = begin(client, content)
    for answer in (send(client, path, 0, content), head(client, path)):
        assert answer.status_code == 422
    assert send(client, path, 0, content).json()["code"] == "upload_offset"
    assert client.request("DELETE", path, headers=TUS).status_code == 204
    assert head(client, path).status_code == 404


def test_limits_are_told(connect, settings) -> None:
    client, most = connect("field"), settings.max_attachment_mib << 20
    told = client.request("OPTIONS", "/api/uploads").headers
    assert (told["tus-version"], told["tus-max-size"]) == ("1.0.0", str(most))
    assert told["tus-extension"] == "creation,termination,checksum"
    for length in ("0", str(most + 1)):
        assert client.post("/api/uploads", headers={**TUS, "Upload-Length": length}).json()["code"] == "upload_refused"
    for length in ("", "-1", "x", "٣", "9" * 16):
        answer = client.post("/api/uploads", headers={**TUS, "Upload-Length": length.encode()})
        assert answer.status_code == 400, length
    path = begin(client, b"%PDF-1234")
    assert send(client, path, 0, b"%PDF-12345").json()["code"] == "upload_offset"
    assert send(client, path, 0, b"%PDF", **{"Content-Type": "text/plain"}).status_code == 415
    bad = client.post("/api/uploads", headers={**TUS, "Upload-Length": "5", "Upload-Metadata": "a ***"})
    assert bad.status_code == 400
    old = client.post("/api/uploads", headers={"X-Requested-With": "x", "Upload-Length": "5"})
    assert (old.status_code, old.headers["tus-version"], old.json()["code"]) == (412, "1.0.0", "tus_version")


def test_larger_than_an_ordinary_body_may_be_in_one_piece(connect, settings) -> None:
    client, content = connect("field"), b"%PDF-1.4\n" + bytes((settings.max_body_mib << 20) + 1)
    path = begin(client, content)
    assert send(client, path, 0, content).headers[KEPT] == hashlib.sha256(content).hexdigest()


def test_nobody_touches_what_others_send(connect, photo: bytes) -> None:
    client, other = connect("field"), connect("admin")
    path = begin(client, photo)
    assert head(other, path).status_code == 404
    assert send(other, path, 0, photo).status_code == 404
    assert other.request("DELETE", path, headers=TUS).status_code == 404
    for name in ("%2e%2e%2fyzgeo.gpkg", "A" * 32):
        assert head(client, f"/api/uploads/{name}").status_code == 404
    assert connect("viewer").post("/api/uploads", headers={**TUS, "Upload-Length": "5"}).status_code == 403


def test_two_requests_do_not_write_at_once(connect, settings, photo: bytes) -> None:
    """A line left behind holds the file until it falls silent."""
    client = connect("field")
    path = begin(client, photo)
    [part] = (settings.workspace / "uploads").glob("*/*.part")
    with part.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        answer = send(client, path, 0, photo)
        assert (answer.status_code, answer.json()["code"]) == (423, "upload_busy")
    assert send(client, path, 0, photo).status_code == 204


def test_what_nobody_continues_is_swept_when_others_begin(connect, settings, photo: bytes) -> None:
    client = connect("field")
    left, alive = begin(client, photo), begin(client, photo)
    past = (datetime.now(UTC) - timedelta(days=8)).timestamp()
    os.utime(settings.workspace / uploads.FOLDER / ".swept", (past, past))
    for file in (settings.workspace / uploads.FOLDER).glob("*/*"):
        if alive.rpartition("/")[2] not in file.name or file.suffix == ".json":
            os.utime(file, (past, past))
    begin(client, photo)
    assert head(client, left).status_code == 404
    assert head(client, alive).headers["upload-offset"] == "0"


def test_a_revoked_phone_sends_nothing(connect, photo: bytes) -> None:
    client = connect("field")
    phone = {"x-yzgeo-device": "6f1e6f70-7e0b-4c5a-9d5e-2f6f5f0f0a01"}
    path = begin(client, photo)
    assert client.request("HEAD", path, headers={**TUS, **phone}).status_code == 204
    client.request("DELETE", f"/api/devices/{phone['x-yzgeo-device']}", headers=TUS)
    assert send(client, path, 0, photo, **phone).json()["code"] == "device_revoked"
    assert client.post("/api/uploads", headers={**TUS, **phone, "Upload-Length": "5"}).status_code == 403
