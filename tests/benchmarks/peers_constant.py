"""The limit: bytes that are there already, from a bare ASGI application and from a route of FastAPI."""

from __future__ import annotations

import os

from fastapi import FastAPI, Request, Response

BODY = b"x" * int(os.environ.get("PEERS_BYTES", "1000"))
HEADERS = [(b"content-type", b"application/octet-stream"), (b"content-length", str(len(BODY)).encode())]


async def application(scope, receive, send) -> None:
    """Answer, whatever is asked; a client that names an entity tag gets 304."""
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
        return
    held = any(name == b"if-none-match" for name, _ in scope["headers"])
    await send({"type": "http.response.start", "status": 304 if held else 200, "headers": [] if held else HEADERS})
    await send({"type": "http.response.body", "body": b"" if held else BODY})


framework = FastAPI()


@framework.get("/")
async def constant(request: Request) -> Response:
    """Answer as FastAPI does; a client that names an entity tag gets 304."""
    if request.headers.get("if-none-match"):
        return Response(status_code=304)
    return Response(BODY, media_type="application/octet-stream")
