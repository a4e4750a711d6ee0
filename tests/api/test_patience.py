"""A real server with little patience: who sends too slowly, or never reads, is let go, and everyone else is served."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from api import patience
from api.patience import PatientProtocol

HEAD = b"POST /take HTTP/1.1\r\nhost: x\r\n"
PATIENCE_S = 0.4


class Served:
    """An application that reads bodies and can answer with many megabytes; and what became of its requests."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.port = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        taken = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.ended.append("gone")
                return
            taken += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(400 if scope["path"] == "/much" else 0):
            await send({"type": "http.response.body", "body": b"x" * (1 << 16), "more_body": True})
        await send({"type": "http.response.body", "body": str(taken).encode()})
        self.ended.append("answered")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(patience, "HEAD_S", PATIENCE_S)
    monkeypatch.setattr(patience, "LOOK_S", PATIENCE_S)
    monkeypatch.setattr(patience, "BODY_BYTES", 1000)
    found = Served()
    config = uvicorn.Config(
        found, port=0, http=PatientProtocol, lifespan="off", log_level="error", timeout_keep_alive=20
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    found.port = server.servers[0].sockets[0].getsockname()[1]
    yield found
    server.should_exit = True
    thread.join(20)


async def dripped(port: int, start: bytes, *, every_s: float, piece: bytes = b"", most_s: float = 20) -> bytes:
    """Send the start and then pieces until the server has had enough; give what it said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start)
    answer, until = asyncio.ensure_future(reader.read()), time.monotonic() + most_s
    while not answer.done() and time.monotonic() < until:
        with contextlib.suppress(ConnectionError):
            writer.write(piece)
        await asyncio.wait([answer], timeout=every_s)
    assert answer.done(), "the server still waits"
    writer.close()
    return b"" if answer.exception() else answer.result()


@pytest.mark.parametrize(
    ("start", "piece", "status"),
    [
        (b"", b"", b"408"),
        (b"GET / HT", b"", b"408"),
        (HEAD, b"x-a: b\r\n", b"408"),
        (HEAD + b"content-length: 100000\r\n\r\n", b"x", b"408"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n", b"408"),
        (HEAD + b"x-a: " + b"y" * (1 << 19), b"", b"431"),
    ],
)
def test_who_sends_too_slowly_or_a_head_without_end_is_let_go(
    served, start: bytes, piece: bytes, status: bytes
) -> None:
    answer = asyncio.run(dripped(served.port, start, every_s=0.05, piece=piece))
    overtaken = status == b"431" and not answer  # by the reset that follows where we still send
    assert overtaken or answer.startswith(b"HTTP/1.1 " + status)
    assert "answered" not in served.ended


def test_who_never_reads_is_let_go(served) -> None:
    async def ask() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1 << 10)
        writer.write(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        until = time.monotonic() + 20
        while not served.ended and time.monotonic() < until:
            await asyncio.sleep(0.05)
        writer.close()

    asyncio.run(ask())
    assert served.ended, "the answer waits in memory for ever"


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch, served: Served) -> Served:
    """Patience that a busy machine does not try."""
    monkeypatch.setattr(patience, "HEAD_S", 2.0)
    monkeypatch.setattr(patience, "LOOK_S", 2.0)
    return served


def test_a_body_that_comes_steadily_may_take_longer(calm) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(12):
            yield b"x" * 1000
            time.sleep(0.2)

    answer = httpx.post(f"http://127.0.0.1:{calm.port}/take", content=pieces(), timeout=30)
    assert (answer.status_code, answer.text) == (200, "12000")


def test_one_connection_serves_many_requests_with_pauses(calm) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{calm.port}") as client:
        for size in (0, 10, 200_000):
            assert client.post("/take", content=b"x" * size).text == str(size)
        time.sleep(2.2)  # longer than a head may take: nothing has begun
        assert client.get("/much").text.endswith("x0")
