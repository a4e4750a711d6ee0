"""A small OpenID provider on Authlib's own server, run as a process: ``python -m tests.yzgeo.workflows.oidc_provider``.

It demands PKCE, a client secret and a registered address, and vouches for whomever ``POST /person`` named last. A fault
named there makes it sign something that a client must not believe.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, UserInfo
from flask import Flask, jsonify, request
from joserfc.jwk import RSAKey

CLIENT_ID, SECRET = "yzgeo", "the secret of yzgeo"
ROOT = Path(__file__).parents[3]


class Client:
    """The one client that is registered."""

    redirect_uri = os.environ.get("OIDC_REDIRECT", "")

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class Code(dict[str, Any]):
    """An authorization code."""

    def get_redirect_uri(self) -> str:
        return self["redirect_uri"]

    def get_scope(self) -> str:
        return self["scope"]

    def get_nonce(self) -> str | None:
        return self["nonce"]

    def get_auth_time(self) -> int:
        return self["auth_time"]

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None

    @property
    def code_challenge(self) -> str:
        return self["challenge"]

    @property
    def code_challenge_method(self) -> str:
        return self["method"]


def create_provider(issuer: str) -> Flask:  # noqa: C901 - many small answers
    """The provider."""
    app = Flask("provider")
    codes: dict[str, Code] = {}
    person: dict[str, Any] = {"claims": {"sub": "1"}, "fault": None}
    key, foreign = (RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}) for _ in range(2))

    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

        def save_authorization_code(self, code: str, request: Any) -> None:
            sent = request.payload.data
            codes[code] = Code(
                redirect_uri=request.payload.redirect_uri,
                scope=request.payload.scope,
                nonce="another" if person["fault"] == "nonce" else sent.get("nonce"),
                auth_time=int(time.time()),
                challenge=sent["code_challenge"],
                method=sent["code_challenge_method"],
            )

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            for code in [code for code, held in codes.items() if held is authorization_code]:
                del codes[code]

        def authenticate_user(self, authorization_code: Code) -> dict[str, Any]:
            return person["claims"]

    class IdCode(OpenIDCode):
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return False

        def get_jwt_config(self, grant: Any) -> dict[str, Any]:
            fault = person["fault"]
            return {
                "key": foreign if fault == "key" else key,
                "alg": "RS256",
                "iss": "http://evil.example" if fault == "issuer" else issuer,
                "exp": -3600 if fault == "expired" else 300,
            }

        def get_audiences(self, request: Any) -> list[str]:
            return ["somebody else"] if person["fault"] == "audience" else [CLIENT_ID]

        def generate_user_info(self, user: dict[str, Any], scope: str) -> UserInfo:
            return UserInfo(user)

    server = AuthorizationServer(app, query_client=lambda _: Client(), save_token=lambda *_: None)
    server.register_grant(CodeGrant, [IdCode(require_nonce=True), CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def metadata() -> Any:
        named = {"issuer": issuer, "jwks_uri": f"{issuer}/jwks"}
        return jsonify({**named, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token"})

    @app.get("/jwks")
    def keys() -> Any:
        return jsonify({"keys": [key.as_dict(private=False)]})

    @app.get("/authorize")
    def authorize() -> Any:
        return server.create_authorization_response(grant_user=person["claims"])

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.post("/person")
    def choose() -> Any:
        person.update(request.get_json())
        return "", 204

    return app


@contextlib.contextmanager
def running(redirect_uri: str) -> Iterator[str]:
    """Run a provider in a process of its own; give its issuer."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as found:
        port = found.getsockname()[1]
    issuer = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.yzgeo.workflows.oidc_provider", str(port)],
        cwd=ROOT,
        env={**os.environ, "OIDC_REDIRECT": redirect_uri, "AUTHLIB_INSECURE_TRANSPORT": "1"},
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{issuer}/jwks").raise_for_status()
                break
            assert process.poll() is None
            time.sleep(0.1)
        yield issuer
    finally:
        process.terminate()
        process.wait(timeout=20)


if __name__ == "__main__":
    create_provider(f"http://127.0.0.1:{sys.argv[1]}").run(port=int(sys.argv[1]))
