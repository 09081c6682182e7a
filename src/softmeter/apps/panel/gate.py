"""Who may talk to the panel: a gate before every route, which knows nothing of meters.

The panel listens on loopback without a password, so any web page in the same browser could reach it. Against that
stand: the Host must be ours (DNS rebinding), the Origin must be the page's own (cross-site requests), bodies are JSON
(no forms) and small. On other addresses each call of the API needs the token as well.
"""

import hmac
import json
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 4096
_STREAMS = frozenset({"/api/events", "/api/pulses"})
"""Routes of which there are few places: no other page may take them."""
ANY_HOST = "*"
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine only."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


class Refused(Exception):  # noqa: N818  (it is an answer, not a fault)
    """A request that gets no further, with its HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Rules:
    """Whom to let in. Hosts on loopback are always welcome; others only together with a token."""

    token: bytes | None
    hosts: frozenset[str]

    @classmethod
    def of(cls, token: str | None, hosts: Collection[str]) -> Self:
        """Check that no address but loopback goes without a token.

        Raises:
            ValueError: it would.
        """
        strange = sorted(host for host in hosts if not is_loopback(host))
        if strange and not token:
            raise ValueError(f"the panel on {strange[0]} needs a token")
        return cls(token.encode() if token else None, frozenset(host.strip("[]").lower() for host in hosts))

    def check(self, scope: Scope) -> None:
        """Let a request pass or raise `Refused`."""
        headers = _headers(scope)
        host = headers.get("host", "")
        self._check_host(host)
        path: str = scope["path"]
        if not path.startswith("/api/"):
            return
        changes = scope["method"] not in ("GET", "HEAD")
        if changes or path in _STREAMS:
            _check_origin(headers, host)
        if self.token is not None:
            self._check_token(headers, scope)
        if changes:
            _check_body(headers)

    def _check_host(self, host: str) -> None:
        name = _host_name(host)
        if is_loopback(name) or name in self.hosts or ANY_HOST in self.hosts:
            return
        raise Refused(421, "host", f"this panel is not {host!r}; call it by the address it was started on")

    def _check_token(self, headers: dict[str, str], scope: Scope) -> None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        given = headers.get("x-panel-token") or query.get("token", [""])[0]
        if not given:
            raise Refused(401, "token", "a token is needed: header X-Panel-Token or ?token=")
        if not hmac.compare_digest(given.encode(), self.token or b""):
            raise Refused(401, "token", "that is not the token of this panel")


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _host_name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _check_origin(headers: dict[str, str], host: str) -> None:
    """Refuse calls from other pages. A call without Origin comes from no page, or from ours by GET."""
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower()):
        raise Refused(403, "origin", f"pages of {origin!r} may not use this panel")
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "origin", "other pages may not use this panel")


def _check_body(headers: dict[str, str]) -> None:
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Refused(415, "content-type", "send application/json")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > BODY_LIMIT:
        raise Refused(413, "size", f"at most {BODY_LIMIT} bytes")


class Gate:
    """ASGI application that lets pass to another what the rules allow, and adds the security headers."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_security(message.get("headers", []))
            await send(message)

        try:
            self._rules.check(scope)
            body = b"" if scope["method"] in ("GET", "HEAD") else await _body(receive)
        except Refused as refused:
            await _answer(send_guarded, refused)
            return
        if body is None:
            return
        await self._app(scope, _replayed(body, receive), send_guarded)


async def _body(receive: Receive) -> bytes | None:
    """The whole body of a request; its length may be unannounced. None if the caller went before its end."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            raise Refused(413, "size", f"at most {BODY_LIMIT} bytes")
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """`receive` that begins with the body already read."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_replayed() -> Message:
        return pending.pop() if pending else await receive()

    return receive_replayed


def _with_security(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    present = {name for name, _ in headers}
    extra = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
    return [*headers, *((name, value) for name, value in extra if name not in present)]


async def _answer(send: Send, refused: Refused) -> None:
    body = json.dumps({"error": refused.code, "message": refused.message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
