"""A server that uvicorn starts as docs/api.md says has the patience of `yzgeo serve`, no more."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from api.patience import HEAD_BYTES
from tests.clients.conftest import Service


def test_a_head_without_end_is_refused(service_on_file: Service) -> None:
    port = urlsplit(service_on_file.url).port
    with socket.create_connection(("127.0.0.1", port), timeout=60) as sent:
        sent.sendall(b"GET /ogc HTTP/1.1\r\nhost: x\r\nx-long: ")
        for _ in range(0, 2 * HEAD_BYTES, 1 << 14):
            try:
                sent.sendall(b"a" * (1 << 14))
            except ConnectionError:
                break
        try:
            answer = sent.recv(1000)
        except ConnectionError:  # it hung up while we still wrote, and what it said went with the connection
            answer = b""
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")
    assert service_on_file.get("/ogc").status_code == 200
