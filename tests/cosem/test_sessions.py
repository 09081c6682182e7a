from dlms.device import NOT_OPEN, Audience
from softmeter.cosem.sessions import Session, Sessions
from softmeter.obis import Obis


def session(sap: int) -> Session:
    return Session(sap, Audience.PUBLIC, Obis(0, 0, 0, 0, 0, 0), 1, 1, 0, 0x1011, 1024, 0)


def test_a_client_is_shown_by_the_session_being_served_else_by_the_last_open() -> None:
    sessions = Sessions()
    assert sessions.of(16) is None
    first, second, other = session(16), session(16), session(1)
    for one in (first, second, other):
        sessions.opened(one)
    assert sessions.of(16) is second
    sessions.current = first
    assert sessions.of(16) is first
    assert sessions.of(1) is other


def test_a_closed_session_is_forgotten() -> None:
    sessions = Sessions()
    one = session(16)
    sessions.opened(one)
    sessions.current = one
    sessions.closed(one)
    sessions.closed(NOT_OPEN)
    assert sessions.of(16) is None
    assert sessions.current is None
