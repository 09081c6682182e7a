"""How much code an association and a ciphered GET run: counted, as the time it takes depends on what else runs."""

import gc
import sys
from types import FrameType

from interop.raw_client import GLO_GET, Credentials, RawClient, get_request
from meter.making import KEYS, Made
from softmeter.dlms.server import Server
from softmeter.instant import LinkTime

MANAGEMENT = 1
NOW = LinkTime(0.0)
MOST_CALLS, MOST_CALLS_OF_A_GET = 175, 34
"""Calls of Python functions; some more than there are, so that not every new line needs another number."""


class Beside(RawClient):
    """A client without a socket: it hands its APDUs to the server and counts the calls that this takes."""

    def __init__(self, server: Server) -> None:
        keys = KEYS[MANAGEMENT]
        self.credentials = Credentials(MANAGEMENT, keys.unicast_encryption, keys.authentication)
        self.protection = None
        self.server = server
        self.calls = 0

    def exchange(self, apdu: bytes) -> bytes:
        framed, before, collects = self.framed(apdu), sys.getprofile(), gc.isenabled()
        gc.disable()  # who listens to the collector would be counted with the meter
        sys.setprofile(self._count)
        try:
            self.server.receive(framed, NOW)
            answer = self.server.to_send()
        finally:
            sys.setprofile(before)
            if collects:
                gc.enable()
        return answer[8:]

    def _count(self, _frame: FrameType, event: str, _argument: object) -> None:
        self.calls += event == "call"


def test_an_association_and_a_get_run_no_more_code_than_they_did() -> None:
    meter, counter, calls, calls_of_a_get = Made().meter, 1, 0, 0
    for _ in range(3):  # what is made once is made in the first round
        client = Beside(Server(meter, NOW))
        client.open_hls5(counter)
        client.calls, opening = 0, client.calls
        assert client.service(GLO_GET, get_request(3, "1-0:1.8.0")).startswith(b"\xc4\x01\xc1\x00\x06")
        client.calls, calls_of_a_get = 0, client.calls
        client.release()
        calls = opening + client.calls
        assert client.protection is not None
        counter = client.protection.counter
    assert 0 < calls <= MOST_CALLS
    assert 0 < calls_of_a_get <= MOST_CALLS_OF_A_GET
