"""The switches, and the old mechanisms that only the client's role has."""

import hashlib
from dataclasses import replace

import pytest

from dlms.device import ENERGY, MANAGEMENT_SAP
from dlms.foreign_meter import CLIENT_TITLE as FOREIGN_CLIENT
from dlms.foreign_meter import ForeignMeter
from dlms.link import Link
from dlms.secure_device import SecureMeter
from dlms.secure_link import Line
from softmeter.cosem.access import ActionResult
from softmeter.dlms import messages as m
from softmeter.dlms.acse import AUTHENTICATION, Aare, Aarq, Diagnostic, Mechanism, Result, decode_acse, encode_acse
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.client import Client
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import drive
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.dialect import Dialect
from softmeter.dlms.host import AssociationReleased, DecipherFailed
from softmeter.dlms.host import Client as Described
from softmeter.dlms.refusals import CounterTooLowError, WrongKeyError
from softmeter.entropy import SeededEntropy
from softmeter.errors import LocalProtocolError, SecurityError
from softmeter.instant import LinkTime
from softmeter.security.suites import Key
from softmeter.wire.types import octets

VALUE = (3, ENERGY, 2)
SECRET = b"a secret"


def test_a_failed_ciphered_aarq_is_answered_by_an_exception_where_that_is_wanted() -> None:
    meter = SecureMeter(dialect=Dialect(exceptions_to_aarq=True))
    Line(meter, counter=500).open()
    with pytest.raises(CounterTooLowError) as refused:
        Line(meter, counter=1).open()
    assert refused.value.expected == 503
    with pytest.raises(WrongKeyError):
        Line(meter, counter=600, encryption_key=Key(bytes(16))).open()


def test_a_plain_release_ends_a_ciphered_association_where_that_is_wanted() -> None:
    for accepted in (False, True):
        meter = SecureMeter(dialect=Dialect(plain_release=accepted))
        link = Link(meter).open_management()
        answer = link.ask("6203800100")
        assert answer == bytes.fromhex("6303800100" if accepted else "D80105")
        kind = AssociationReleased if accepted else DecipherFailed
        assert isinstance(link.events[-1], kind)


def test_a_plain_release_is_enough_where_the_policy_demands_nothing() -> None:
    assert Link(SecureMeter(policy=0)).open_management().ask("6203800100") == bytes.fromhex("6303800100")


class HashingMeter(ForeignMeter):
    """A meter of another make that proves itself by MD5 or SHA-1."""

    right = True
    theirs = b""
    mechanism = 0

    def serve(self, request: bytes) -> bytes:
        if request[0] != 0x60:
            return super().serve(request)
        aarq = decode_acse(request)
        assert isinstance(aarq, Aarq)
        self.theirs, self.mechanism = aarq.authentication or b"", aarq.mechanism or 0
        response = m.InitiateResponse(None, 6, Conformance(0x501E1D), 500, 7)
        return encode_acse(
            Aare(
                context=aarq.context,
                result=Result.ACCEPTED,
                diagnostic=Diagnostic.AUTHENTICATION_REQUIRED,
                requirements=AUTHENTICATION,
                mechanism=aarq.mechanism,
                authentication=self.challenge,
                user_information=encode_apdu(response),
            )
        )

    def _hash(self, challenge: bytes) -> bytes:
        name = "md5" if self.mechanism == Mechanism.HLS_MD5 else "sha1"
        return hashlib.new(name, challenge + SECRET, usedforsecurity=False).digest()

    def _reply(self, invoke_id: int, parameter: bytes | None) -> object:
        if octets.decode(parameter or b"") != self._hash(self.challenge):
            return m.ActionResponseNormal(invoke_id, ActionResult.OTHER_REASON, None)
        proof = self._hash(self.theirs)
        return m.ActionResponseNormal(
            invoke_id, ActionResult.SUCCESS, octets.encode(proof if self.right else proof[1:])
        )


@pytest.mark.parametrize("mechanism", [Mechanism.HLS_MD5, Mechanism.HLS_SHA1])
def test_a_client_speaks_the_old_mechanisms_with_meters_that_know_no_other(mechanism: Mechanism) -> None:
    meter = HashingMeter()
    drive(Client(Credentials(mechanism, Key(SECRET)), SeededEntropy(1)).associate(), meter.serve)
    with pytest.raises(WrongKeyError):
        drive(Client(Credentials(mechanism, Key(b"another")), SeededEntropy(1)).associate(), meter.serve)
    meter.right = False
    with pytest.raises(WrongKeyError):
        drive(Client(Credentials(mechanism, Key(SECRET)), SeededEntropy(1)).associate(), meter.serve)


@pytest.mark.parametrize("mechanism", [Mechanism.HLS, Mechanism.HLS_MD5, Mechanism.HLS_SHA1])
def test_a_server_does_not(mechanism: Mechanism) -> None:
    client: Described = SecureMeter().clients[MANAGEMENT_SAP]
    (context, _), audience = next(iter(client.ways.items()))
    with pytest.raises(LocalProtocolError, match="no proof any more"):
        replace(client, ways={(context, mechanism): audience})


def test_a_client_talks_to_the_meter_it_means_only() -> None:
    line = Line(SecureMeter(), server_title=FOREIGN_CLIENT[::-1])
    with pytest.raises(SecurityError, match="another meter"):
        line.open()


def test_counters_of_a_request_that_waited_are_taken_once() -> None:
    line = Line(SecureMeter()).open()
    line.meter.locked = True
    link = line.link
    link.counter = 50
    link.send(link.glo(bytes.fromhex("C301C1 0008 0000010000FF 03 01 0F00")))
    assert link.server.waiting
    line.meter.locked = False
    link.events += link.server.resume(line_time())
    answer = link.answer()
    assert answer is not None
    assert link.unprotect(answer).hex().upper() == "C701C10000"


def line_time() -> LinkTime:
    from dlms.link import NOW

    return NOW
