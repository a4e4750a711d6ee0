"""How long the service waits for a client: HTTP as uvicorn speaks it, with an end to every wait.

uvicorn ends connections on which nothing happens between requests. A head that never ends, a body that trickles and a
client that never reads what it asked for would be waited for without end, and a head would be read at any length.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 20.0
"""A request's head is there within this time from its first byte, or from the connection."""
HEAD_BYTES = 1 << 18
"""As much as comes in one piece at most: what came before the head in the same piece is counted with it."""
LOOK_S = 30.0
"""A body and a reader are looked at this often, seconds."""
BODY_BYTES = 1 << 15
"""In that time a body must bring this much, and a reader make room for some: a kibibyte a second."""


class PatientProtocol(HttpToolsProtocol):
    """One connection."""

    _heading = False
    _receiving = False
    _head_bytes = 0
    _body_bytes = 0
    _head_timer: TimerHandle | None = None
    _body_timer: TimerHandle | None = None
    _read_timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """
        Begin to wait for the first request.

        Parameters
        ----------
        transport
            The connection.
        """
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_S, self._refuse, b"408 Request Timeout")

    def data_received(self, data: bytes) -> None:
        """
        Take what came. A request that came in one piece, as nearly all do, needs no timer.

        Parameters
        ----------
        data
            What came.
        """
        self._head_bytes = self._head_bytes + len(data) if self._heading else len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._heading and self._head_bytes > HEAD_BYTES:
            self._refuse(b"431 Request Header Fields Too Large")
        elif self._heading and self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_S, self._refuse, b"408 Request Timeout")
        elif self._receiving and self._body_timer is None:
            self._body_bytes = 0
            self._body_timer = self.loop.call_later(LOOK_S, self._look)

    def on_message_begin(self) -> None:
        """Begin a head."""
        super().on_message_begin()
        self._heading = True

    def on_headers_complete(self) -> None:
        """End a head."""
        super().on_headers_complete()
        self._heading, self._receiving = False, True
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def on_body(self, body: bytes) -> None:
        """
        Take a piece of a body.

        Parameters
        ----------
        body
            The piece.
        """
        super().on_body(body)
        self._body_bytes += len(body)

    def on_message_complete(self) -> None:
        """End a body."""
        super().on_message_complete()
        self._receiving = False

    def pause_writing(self) -> None:
        """Wait for a client that does not read."""
        super().pause_writing()
        if self._read_timer is None:
            self._read_timer = self.loop.call_later(LOOK_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: it reads again."""
        super().resume_writing()
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _look(self) -> None:
        """End a body that trickles; what we ourselves have no room for is no fault of the client's."""
        self._body_timer = None
        if not self._receiving:
            return
        if self._body_bytes < BODY_BYTES and not self.flow.read_paused:
            self._refuse(b"408 Request Timeout")
            return
        self._body_bytes = 0
        self._body_timer = self.loop.call_later(LOOK_S, self._look)

    def _refuse(self, status: bytes) -> None:
        """End the connection, with a status where no answer has begun."""
        if self.cycle is None or self._heading or not self.cycle.response_started:
            self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """
        Wait for nothing any more.

        Parameters
        ----------
        exc
            Why it was lost.
        """
        for timer in (self._head_timer, self._body_timer, self._read_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)
