"""APPL, data and release: the services of the application layer, under their public test-case names (ATS_AL)."""

import pytest

from conformance.appl import GET_CLOCK, MANAGEMENT, REFUSED, Bench
from dlms.link import initiate, plain_aarq
from softmeter.dlms.acse import Context, Mechanism, Result, Rlre, decode_acse
from softmeter.dlms.conversation import drive

SET_NAME = bytes.fromhex("C101C100010000600102FF020009024142")


@pytest.mark.conformance("APPL_DATA_LN_N1")
def test_data_ln_n1() -> None:
    """DATA_LN_N1.

    Purpose: A GET that cannot be is refused, and does no harm.

    Stimulus: GET of an unknown class, object and attribute; of what is not to be read; with an unknown form; cut at
    every length; with a tail.

    Verdict: Results 9, 4, 4 and 3, exception-responses for the damaged ones; each time the next good GET is served.
    """
    bench = Bench()
    bench.aare(plain_aarq())
    for request, answer in (
        ("C001C1 0001 0000010000FF 02 00", "C401C10109"),
        ("C001C1 0008 0000630000FF 02 00", "C401C10104"),
        ("C001C1 0008 0000010000FF 7F 00", "C401C10104"),
        ("C001C1 000F 0000280000FF 07 00", "C401C10103"),
        ("C009C1 0008 0000010000FF 02 00", "D80103"),
    ):
        assert (bench.ask(bytes.fromhex(request)) or b"").hex().upper() == answer
        assert bench.is_open()
    for damaged in (*(GET_CLOCK[:length] for length in range(1, len(GET_CLOCK))), GET_CLOCK + b"\x00"):
        assert (bench.ask(damaged) or b"")[:1] == b"\xd8"
        assert bench.is_open()


@pytest.mark.conformance("APPL_DATA_LN_N3")
def test_data_ln_n3() -> None:
    """DATA_LN_N3.

    Purpose: A SET that cannot be is refused, and changes nothing.

    Stimulus: As management SET an unknown object, an attribute that is read only, a value of another type, one that
    is cut, and one with a tail.

    Verdict: Results 4, 3 and 12, exception-responses for the damaged ones; what was there stays, a good SET works.
    """
    bench = Bench(MANAGEMENT)
    client = bench.client(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC)
    drive(client.associate(), bench.ask)
    named = dict(bench.meter.attributes)
    seal = client._channel.seal

    def result(request: str) -> str:
        answer = bench.ask(seal(bytes.fromhex(request))) or b""
        return (answer if answer[:1] == b"\xd8" else client._channel.open(answer)).hex().upper()

    for request, answer in (
        ("C101C1 0001 0000630000FF 02 00 090141", "C501C104"),
        ("C101C1 0003 0100010800FF 02 00 0600000000", "C501C103"),
        ("C101C1 0001 0000600102FF 02 00 1105", "C501C10C"),
        ("C101C1 0001 0000600102FF 02 00 090541", "D80103"),
        ("C101C1 0001 0000600102FF 02 00 09014100", "D80103"),
    ):
        assert result(request) == answer
        assert dict(bench.meter.attributes) == named
    assert result(SET_NAME.hex()) == "C501C100"
    assert dict(bench.meter.attributes) != named


@pytest.mark.conformance("APPL_DATA_LN_N4")
def test_data_ln_n4() -> None:
    """DATA_LN_N4.

    Purpose: A service that was not negotiated, or is none, is refused.

    Stimulus: As the public client SET, GET with a list, SET in blocks, a block of ACTION, a DataNotification, and
    octets with tags that no service has.

    Verdict: D8 01 02 for services that were not negotiated, D8 02 02 for unknown ones; the next GET is served.
    """
    bench = Bench()
    bench.aare(plain_aarq())
    for request, answer in (
        (SET_NAME.hex(), "D80102"),
        ("C003C1 01 0008 0000010000FF 02 00", "D80102"),
        ("C103C1 01 00000001 02 0900", "D80102"),
        ("C306C1 01 00000001 00", "D80102"),
        ("0F000000010000", "D80102"),
        ("C6C100", "D80202"),
        ("DE0100", "D80202"),
        ("FF", "D80202"),
    ):
        assert (bench.ask(bytes.fromhex(request)) or b"").hex().upper() == answer
        assert bench.is_open()


def _short_names(request: str) -> None:
    for opened in (False, True):
        bench = Bench()
        if opened:
            bench.aare(plain_aarq(initiate("FFFFFF")))
        state = dict(bench.meter.attributes)
        assert (bench.ask(bytes.fromhex(request)) or b"").hex().upper() == ("D80202" if opened else "D80101")
        assert dict(bench.meter.attributes) == state
        assert bench.is_open() is opened


@pytest.mark.conformance("APPL_DATA_SN_N1")
def test_data_sn_n1() -> None:
    """DATA_SN_N1.

    Purpose: A meter with logical names only owes the Read of short names a refusal.

    Stimulus: ReadRequest of a variable name, without an association and in one with logical names.

    Verdict: D8 01 01 without, D8 02 02 (service unknown) within; the association stays as it was.
    """
    _short_names("0501020008")


@pytest.mark.conformance("APPL_DATA_SN_N2")
def test_data_sn_n2() -> None:
    """DATA_SN_N2.

    Purpose: A meter with logical names only owes the Write of short names a refusal.

    Stimulus: WriteRequest of a variable name, without an association and in one with logical names.

    Verdict: D8 01 01 without, D8 02 02 within; nothing is written.
    """
    _short_names("06010200080101 1105".replace(" ", ""))


@pytest.mark.conformance("APPL_DATA_SN_N3")
def test_data_sn_n3() -> None:
    """DATA_SN_N3.

    Purpose: A meter with logical names only owes other services of short names a refusal.

    Stimulus: UnconfirmedWriteRequest of a variable name, without an association and in one with logical names.

    Verdict: D8 01 01 without, D8 02 02 within; nothing is written.
    """
    _short_names("1601020008011105")


@pytest.mark.conformance("APPL_REL_P1")
def test_rel_p1() -> None:
    """REL_P1.

    Purpose: An association is released, and can be opened again.

    Stimulus: RLRQ with reason normal, and without a reason; each followed by a GET and a new AARQ.

    Verdict: RLRE normal; the GET is refused with D8 01 01; the AARQ is accepted.
    """
    bench = Bench()
    for request in ("6203800100", "6200"):
        assert bench.aare(plain_aarq()).result == Result.ACCEPTED
        assert bench.is_open()
        answer = decode_acse(bench.ask(bytes.fromhex(request)) or b"")
        assert isinstance(answer, Rlre)
        assert answer.reason == 0
        assert bench.ask(GET_CLOCK) == REFUSED
