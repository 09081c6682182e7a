"""Who may call the panel, from where and with how much."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from apps.panel.test_server import LOCAL, Client
from softmeter.apps.panel.contract import PanelMeter
from softmeter.apps.panel.gate import BODY_LIMIT
from softmeter.apps.panel.server import create_app


@pytest.fixture
def client(meter: PanelMeter) -> Client:
    return Client(create_app(meter), LOCAL)


def test_body_is_limited_announced_or_not(client: Client, meter: Any) -> None:
    json_type = {"content-type": "application/json"}
    long = b'{"duration_ms": 1' + b" " * BODY_LIMIT + b"}"
    assert client.post("/api/display/press", content=long, headers=json_type).status_code == 413

    async def chunks() -> AsyncIterator[bytes]:
        yield long[:3000]
        yield long[3000:]

    assert client.post("/api/display/press", content=chunks(), headers=json_type).status_code == 413
    assert meter.presses == []


def test_forms_are_refused(client: Client, meter: Any) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = client.post("/api/display/press", content=b'{"duration_ms": 1}', headers={"content-type": kind})
        assert answer.status_code == 415
    assert meter.presses == []


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "8.8.8.8:8080", "localhost.evil"]
)
def test_foreign_host_is_refused_everywhere(client: Client, host: str) -> None:
    for path in ("/", "/api/state", "/api/events", "/panel.js"):
        assert client.get(path, headers={"host": host}).json()["error"] == "host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:9", "127.8.8.8", "[::1]:8080"])
def test_loopback_by_any_name_is_welcome(client: Client, host: str) -> None:
    assert client.get("/api/state", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8081"},
        {"origin": "http://localhost:8080"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_pages_are_refused(client: Client, meter: Any, headers: dict[str, str]) -> None:
    for path, body in (("/api/display/press", {"duration_ms": 1}), ("/api/bench/override", {"voltage_v": 1})):
        answer = client.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "origin")
    for stream in ("/api/events", "/api/pulses"):
        assert client.get(stream, headers=headers).status_code == 403
    assert meter.presses == []


def test_own_page_is_welcome(client: Client) -> None:
    headers = {"origin": LOCAL, "sec-fetch-site": "same-origin"}
    assert client.post("/api/display/press", json={"duration_ms": 1}, headers=headers).status_code == 204


def test_other_address_needs_a_token(meter: PanelMeter) -> None:
    with pytest.raises(ValueError, match=r"192\.0\.2\.7 needs a token"):
        create_app(meter, allowed_hosts=["192.0.2.7"])
    with pytest.raises(ValueError, match="needs a token"):
        create_app(meter, token="", allowed_hosts=["*"])
    client = Client(create_app(meter, token="s3cret", allowed_hosts=["192.0.2.7"]), "http://192.0.2.7")
    assert client.get("/").status_code == 200
    for path in (
        "/api/openapi.json",
        "/api/bench",
        "/api/state",
        "/api/state?token=wrong",
        "/api/state?token=",
        "/api/state?token=s3cre%C3%A9",
    ):
        assert (client.get(path).status_code, client.get(path).json()["error"]) == (401, "token")
    assert client.get("/api/events").status_code == 401
    assert client.post("/api/display/press", json={"duration_ms": 1}).status_code == 401
    assert client.get("/api/state?token=s3cret").status_code == 200
    assert client.get("/api/state", headers={"x-panel-token": "s3cret"}).status_code == 200


def test_any_host_only_with_token(meter: PanelMeter) -> None:
    client = Client(create_app(meter, token="s3cret", allowed_hosts=["*"]), "http://meter.example")
    assert client.get("/api/state?token=s3cret").status_code == 200
