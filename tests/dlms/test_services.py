"""GET, SET and ACTION: what is served, and how each refusal looks."""

import pytest

from dlms.device import DICTIONARY, MANAGEMENT_SAP, PUBLIC_SAP, READOUT_SAP, Audience, SmallMeter
from dlms.link import Link, initiate
from softmeter.cosem.access import DataAccessResult
from softmeter.dlms.host import AttributeSet, BadRequest, MethodInvoked
from softmeter.errors import AccessError
from vectors.table import cuts, vector

CLOCK_TIME = "0008 0000010000FF 02"
ALIAS = "0001 0000600101FF 02"
LEVEL = "0001 0000600102FF 02"
ENERGY = "0003 0100010800FF 02"
LIMIT = "0003 01001F0400FF 02"
BUFFER = "0007 0100630100FF 02"
JULY = "090C07E507010407000000FF8880"


@pytest.fixture
def public() -> Link:
    link = Link()
    link.open_public()
    return link


@pytest.fixture
def management() -> Link:
    link = Link().open_management()
    link.events.clear()
    return link


@pytest.fixture
def readout() -> Link:
    link = Link()
    link.open_readout()
    return link


# -- GET


def test_the_published_read_of_the_clock(public: Link) -> None:
    answer = public.ask(vector("xdlms.get-normal clock time"))
    expected = vector("xdlms.get-resp clock")
    assert answer is not None
    assert answer == expected[:14] + b"\x00" + expected[15:]  # hundredths 0 where the vector leaves them open


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        (ENERGY, "00060001E240"),
        ("0003 0100010800FF 03", "0002020F00161E"),
        ("0003 0100010800FF 01", "0009060100010800FF"),
        ("0003 0100010800FF 04", "0104"),  # no such attribute
        ("0003 0100010800FF 00", "0104"),  # attribute 0 is not offered
        ("0001 0100010800FF 02", "0109"),  # another class
        ("0003 0100630100FF 02", "0109"),
        ("0003 0100090900FF 02", "0104"),  # no such object
        ("000F 0000280000FF 07", "0103"),  # a secret
        ("000F 0000280000FF 08", "001602"),
    ],
)
@pytest.mark.parametrize("selection", ["00", ""])
def test_reading(management: Link, reference: str, answer: str, selection: str) -> None:
    if selection:
        assert management.get(f"C001C1{reference}{selection}") == f"C401C1{answer}"
    else:
        assert management.get(f"C003C101{reference}00") == f"C403C101{answer}"


def test_the_invoke_id_comes_back_and_unconfirmed_requests_have_no_answer(public: Link) -> None:
    assert public.get(f"C0014F{CLOCK_TIME}00").startswith("C4014F00")
    assert public.get(f"C00181{CLOCK_TIME}00") == ""


def test_clients_see_different_objects(public: Link, readout: Link) -> None:
    assert public.get(f"C001C1{ENERGY}00") == "C401C10104"
    assert readout.get(f"C001C1{ENERGY}00") == "C401C100060001E240"
    assert public.get("C001C1 0008 0000010000FF 03 00") == "C401C10103"
    assert readout.get(f"C101C1{ALIAS}00090141") == "C501C103"


@pytest.mark.parametrize(("sap", "audience"), [(PUBLIC_SAP, Audience.PUBLIC), (READOUT_SAP, Audience.READOUT)])
def test_the_object_list_is_that_of_the_client(sap: int, audience: Audience) -> None:
    link = Link(sap=sap)
    information = initiate(pdu="0000")
    (link.open_public if sap == PUBLIC_SAP else link.open_readout)(information)
    expected = DICTIONARY.object_list(audience).hex().upper()
    assert link.get("C001C1000F0000280000FF0200") == f"C401C100{expected}"


def test_a_part_of_a_profile(management: Link) -> None:
    management.meter.profile.fill(20)
    column = "0204 120003 09060100010800FF 0F02 120000"
    found = management.get(f"C001C1{BUFFER}01 01 0204 {column} 06000003F0 06000003F1 0101{column}")
    assert found == "C401C100 0102 0201 06000003F0 0201 06000003F1".replace(" ", "")
    entries = "0204 0600000002 0600000002 120003 120003"
    assert management.get(f"C001C1{BUFFER}01 02 {entries}") == "C401C100 0101 0201 06000003E9".replace(" ", "")
    nothing = f"0204 {column} 0600000001 0600000002 0100"
    assert management.get(f"C001C1{BUFFER}01 01 {nothing}") == "C401C1000100"


@pytest.mark.parametrize(
    ("reference", "selection", "result"),
    [
        (BUFFER, "01 03 00", "0D"),  # no such selector
        (BUFFER, "01 01 00", "0C"),  # no descriptor
        (BUFFER, "01 02 0204 0600000000 0600000000 120001 120000", "FA"),
        (ENERGY, "01 01 00", "0D"),  # has no selectors
        ("0003 0100010800FF 01", "01 01 00", "0D"),
    ],
)
def test_selections_that_cannot_be(management: Link, reference: str, selection: str, result: str) -> None:
    assert management.get(f"C001C1{reference}{selection}") == f"C401C101{result}"


def test_a_list_is_answered_item_by_item(management: Link) -> None:
    targets = f"{ENERGY}00 {LIMIT}00 0001 0000000000FF 0200 {BUFFER}01 01 00"
    expected = "C403C104 00060001E240 00120041 0104 010C"
    assert management.get(f"C003C104{targets}") == expected.replace(" ", "")


def test_a_list_of_whole_profiles_is_bounded(management: Link) -> None:
    management.meter.profile.fill(5280)
    answer = management.get("C003C120" + f"{BUFFER}00" * 32)
    size, number = 0, 0
    while answer.startswith("C402C100"):
        number += 1
        size += len(answer) // 2
        answer = management.get(f"C002C1{number:08X}")
    assert answer.startswith("C402C101")
    assert answer.endswith("0102")  # the last ones: temporary failure
    assert 1 << 20 < size < (1 << 20) + 250_000


def test_what_is_ciphered_outside_a_ciphered_context_is_refused(public: Link) -> None:
    for name in (
        "sec.glo-get.auth_enc",
        "sec.general-glo-ciphering(GET clock)",
        "sec.general-ded-ciphering(GET clock) form",
    ):
        assert public.ask(vector(name)) == bytes.fromhex("D80105")
    assert [type(event) for event in public.events[1:]] == [BadRequest] * 3


def test_an_object_that_is_not_ready_says_so(management: Link) -> None:
    broken = management.meter
    broken.fault = AccessError(DataAccessResult.TEMPORARY_FAILURE)
    assert management.get("C001C1 0001 0000600A01FF 02 00") == "C401C10102"
    assert management.get("C003C101 0001 0000600A01FF 02 00") == "C403C1010102"


def test_a_long_result_of_a_selection_goes_in_blocks() -> None:
    link = Link()
    link.open_readout(initiate(pdu="0040"))
    link.meter.profile.fill(20)
    assert link.get(f"C001C1{BUFFER}01 02 0204 0600000001 0600000014 120001 120000").startswith("C402C10000000001")


def test_a_value_that_the_device_takes(management: Link) -> None:
    assert management.get("C101C1 0001 0000600601FF 02 00 1102") == "C501C100"
    assert management.get("C001C1 0001 0000600601FF 02 00") == "C401C1001102"
    assert management.get("C101C1 0001 0000600601FF 02 00 120002") == "C501C10C"


# -- SET


@pytest.mark.parametrize(
    ("reference", "value", "result"),
    [
        (ALIAS, "0903414243", "00"),
        (ALIAS, "0600000001", "0C"),
        (LEVEL, "090100", "FA"),
        (LIMIT, "120040", "00"),
        (LIMIT, "120065", "FA"),
        (LIMIT, "0140", "D80103"),
        (CLOCK_TIME, JULY, "00"),
        (CLOCK_TIME, "1907E507010407000000FF8880", "00"),
        (CLOCK_TIME, "090CFFFFFFFFFFFFFFFFFF8000FF", "FA"),
        ("0008 0000010000FF 04", "1100", "03"),
        ("0008 0000010000FF 01", "09060000010000FF", "03"),
        ("0008 0000010000FF 63", "1100", "04"),
        ("0001 0000000000FF 02", "1100", "04"),
        ("0001 0000010000FF 02", "1100", "09"),
    ],
)
def test_setting(management: Link, reference: str, value: str, result: str) -> None:
    before = management.meter.state
    answer = management.get(f"C101C1{reference}00{value}")
    assert answer == (result if len(result) > 2 else f"C501C1{result}")
    if result == "00":
        key = bytes.fromhex(reference)
        assert management.events == [AttributeSet(MANAGEMENT_SAP, key)]
        assert (management.meter.changes, management.meter.must_store) == (1, True)
    else:
        assert management.meter.state == before
        assert not management.meter.must_store


def test_a_set_of_a_part_is_not_offered(management: Link) -> None:
    assert management.get(f"C101C1{ALIAS}01 01 00 090141") == "C501C10D"


def test_an_unconfirmed_set_is_carried_out_in_silence(management: Link) -> None:
    assert management.get(f"C10181{LIMIT}00120007") == ""
    assert management.meter.limit == 7


def test_a_list_is_set_item_by_item(management: Link) -> None:
    targets, values = f"{LIMIT}00 {ENERGY}00 {ALIAS}00", "120008 0600000000 0601010101"
    assert management.get(f"C104C103{targets}03{values}") == "C505C10300030C"
    assert management.meter.limit == 8


@pytest.mark.parametrize("damaged", [f"C104C101{LIMIT}0002120008120009", f"C104C102{LIMIT}00{LIMIT}0001120008"])
def test_a_list_with_other_values_than_targets_sets_nothing(management: Link, damaged: str) -> None:
    before = management.meter.state
    assert management.get(damaged) == "D80103"
    assert management.meter.state == before


# -- ACTION


@pytest.mark.parametrize(
    ("reference", "parameter", "answer"),
    [
        ("0008 0000010000FF 03", "010F00", "0000"),
        ("0008 0000010000FF 03", "00", "0000"),
        ("0008 0000010000FF 06", "01100001", "0000"),
        ("0008 0000010000FF 06", "01100385", "FA00"),
        ("0008 0000010000FF 06", "0109", "D80103"),
        ("0008 0000010000FF 06", "011101", "0C00"),
        ("0008 0000010000FF 07", "010F00", "0400"),
        ("0001 0000600101FF 01", "010F00", "0400"),
        ("0003 0000010000FF 01", "010F00", "0900"),
        ("0003 0100090900FF 01", "010F00", "0400"),
        ("000F 0000280000FF 01", "010900", "FA00"),
        ("000F 0000280000FF 02", "010900", "0300"),
        ("000F 0000280000FF 03", "0100", "0300"),
        ("0007 0100630100FF 01", "010F00", "0000"),
    ],
)
def test_invoking(management: Link, reference: str, parameter: str, answer: str) -> None:
    found = management.get(f"C301C1{reference}{parameter}")
    assert found == (answer if answer.startswith("D8") else f"C701C1{answer}")
    if answer == "0000":
        assert management.events == [MethodInvoked(MANAGEMENT_SAP, bytes.fromhex(reference))]
        assert management.meter.must_store
    else:
        assert management.meter.changes == 0


def test_a_list_of_methods(management: Link) -> None:
    methods = "0008 0000010000FF 06 0008 0000010000FF 06 0003 0100010800FF 01"
    before = management.meter.clock.second
    assert management.get(f"C303C103{methods}03 100005 100385 0F00") == "C703C1030000FA000000"
    assert management.meter.clock.second == before + 5
    assert management.get(f"C303C103{methods}02 100005 100385") == "D80103"


def test_the_public_invokes_nothing(public: Link) -> None:
    assert public.get("C301C1 0008 0000010000FF 03 010F00") == "C701C10300"


def test_a_returned_value_that_does_not_fit_is_an_error_of_the_value() -> None:
    link = Link().open_management(initiate("401A5D", "0040"))
    assert link.get("C301C1 2328 0000800000FF 01 01 0904 01020304") == "C701C1000100090401020304"
    assert link.get("C301C1 2328 0000800000FF 01 01 0930" + "11" * 48) == "C701C1000101FA"


# -- services that are not offered


@pytest.mark.parametrize(
    "request_",
    [
        f"C101C1{ALIAS}00090141",
        f"C003C101{CLOCK_TIME}00",
        f"C104C101{ALIAS}0001090141",
        f"C102C1{ALIAS}00 01 00000001 02 0900",
        "C103C1 01 00000001 02 0900",
        "C303C101 0008 0000010000FF 03 01 0F00",
        f"C001C1{CLOCK_TIME}0101 00",
    ],
)
def test_what_was_not_negotiated_is_not_served(public: Link, request_: str) -> None:
    before = public.meter.state
    assert public.get(request_) == "D80102"
    assert public.meter.state == before


@pytest.mark.parametrize(
    "request_",
    [
        "C302C100000001",
        "C306C1 01 00000001 00",
        "C401C1001100",
        "0E010601",
        f"C200{CLOCK_TIME}1105",
    ],
)
def test_what_no_association_offers_is_not_served(management: Link, request_: str) -> None:
    assert management.get(request_) == "D80102"


@pytest.mark.parametrize("request_", ["0F000000010000", "104000000100", f"C200{CLOCK_TIME}1105"])
def test_what_only_meters_say_is_not_served(public: Link, request_: str) -> None:
    assert public.get(request_) == "D80102"


def test_unknown_services_and_damaged_requests(public: Link) -> None:
    assert public.get("D9C000000100010100080000010000FF020100") == "D80102"
    assert public.get("E0830001000300") == "D80102"
    assert public.get("00") == "D80202"
    assert public.get("C0") == "D80103"
    assert public.get("C009C1") == "D80103"
    assert public.get("6103800100") == "D80202"
    assert [type(event) for event in public.events[1:]] == [BadRequest] * 4


def test_a_damaged_request_is_answered_and_the_next_one_served(public: Link) -> None:
    request = vector("xdlms.get-normal clock time")
    for cut in cuts(request):
        if cut:
            answer = public.ask(cut)
            assert answer is not None
            assert answer[:1] == b"\xd8"
    assert public.ask(request + b"\x00") == bytes.fromhex("D80103")
    assert public.get(f"C001C1{CLOCK_TIME}00").startswith("C401C100")


@pytest.mark.parametrize("depth", [17, 400])
def test_nested_values_end(management: Link, depth: int) -> None:
    assert management.get(f"C101C1{ALIAS}00" + "0101" * depth + "00") == "D80103"


def test_a_count_larger_than_what_is_there(management: Link) -> None:
    assert management.get("C003C1848000000000") == "D80103"
    assert management.get(f"C101C1{ALIAS}000184FFFFFFFF") == "D80103"


def test_a_meter_is_told_who_asks() -> None:
    meter = SmallMeter()
    one, other = Link(meter), Link(meter)
    one.open_public()
    other.open_readout()
    assert one.get("C001C1000F0000280000FF0300") == "C401C10002020F10120001"
    assert other.get("C001C1000F0000280000FF0300") == "C401C10002020F02120001"
    assert one.get("C001C1000F0000280000FF0300") == "C401C10002020F10120001"
