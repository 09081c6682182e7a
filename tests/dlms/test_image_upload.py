"""An image goes into a whole meter over a connection: resumed, repaired after losses, by whoever may."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.appl import MANAGEMENT, Bench
from firmware.images import TRUST, Recipe
from softmeter.cosem.classes.image_transfer import ImageTransferStatus
from softmeter.device.images import RESTART_S, Phase
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Ahead, Unanswered, drive
from softmeter.dlms.image_upload import MOST_AHEAD, activate, standing, upload, verify
from softmeter.errors import AccessError, RemoteProtocolError
from softmeter.firmware.payload import ApplicationPayload, encode
from softmeter.instant import SECOND, Instant

IMAGE = replace(Recipe(), payload=encode(ApplicationPayload(), 6000)).made()
BLOCKS = -(-len(IMAGE) // 256)
NAME = b"A1.05.02"


class Session:
    """A management client of one meter, with a way to lose what it says."""

    def __init__(self, loses: Callable[[int], bool] = lambda _: False) -> None:
        self.bench = Bench(MANAGEMENT)
        images = self.bench.meter.device.behaviours.firmware
        images.trust, images.block_octets = TRUST, 256
        self.images = images
        self.client: Client = self.bench.client(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC)
        drive(self.client.associate(), self.serve)
        self.loses = loses
        self.told = 0

    def serve(self, request: bytes) -> bytes | None:
        if isinstance(request, Unanswered):
            self.told += 1
            return None if self.loses(self.told) else self.bench.ask(request)
        return self.bench.ask(request)

    def upload(self, *, resume: bool = True, confirmed: bool = True, ahead: int = 1) -> int:
        sent = upload(self.client, IMAGE, NAME, resume=resume, confirmed=confirmed, ahead=ahead)
        return drive(sent, self.serve)


def test_an_image_is_uploaded_verified_and_activated() -> None:
    session, seen = Session(), list[tuple[int, int]]()
    sent = upload(session.client, IMAGE, NAME, sent=lambda done, total: seen.append((done, total)))
    assert drive(sent, session.serve) == BLOCKS
    assert seen[-1] == (len(IMAGE), len(IMAGE))
    assert drive(verify(session.client), session.serve) is ImageTransferStatus.VERIFICATION_SUCCESSFUL
    assert drive(activate(session.client), session.serve) is ImageTransferStatus.ACTIVATION_INITIATED
    assert drive(activate(session.client), session.serve) is ImageTransferStatus.ACTIVATION_INITIATED  # busy
    session.bench.actor.jump(Instant(session.bench.actor.now + RESTART_S * SECOND))
    assert drive(standing(session.client), session.serve).status is ImageTransferStatus.ACTIVATION_SUCCESSFUL


def test_an_image_that_was_found_good_is_not_sent_again() -> None:
    session = Session()
    assert session.upload() == BLOCKS
    drive(verify(session.client), session.serve)
    assert session.upload() == 0
    assert session.images.phase is Phase.VERIFICATION_SUCCESSFUL
    other = drive(upload(session.client, IMAGE[:-1] + b"\0", NAME), session.serve)
    assert (other, session.images.phase) == (BLOCKS, Phase.INITIATED)
    assert session.upload(resume=False) == BLOCKS


@pytest.mark.parametrize("ahead", [2, 15, 100])
def test_several_blocks_under_way_are_answered_in_their_order(ahead: int) -> None:
    session, waiting, most = Session(), deque[bytes](), 0

    def serve(request: bytes) -> bytes | None:
        nonlocal most
        if request:
            answer = session.serve(request)
            assert answer is not None
            waiting.append(answer)
            most = max(most, len(waiting))
            return None if isinstance(request, Unanswered) else waiting.popleft()
        return waiting.popleft()

    seen: list[int] = []
    sent = upload(session.client, IMAGE, NAME, ahead=ahead, sent=lambda done, _: seen.append(done))
    assert drive(sent, serve) == BLOCKS
    assert most == min(ahead, MOST_AHEAD)
    assert not waiting
    assert seen == sorted(seen)
    assert seen[-1] == len(IMAGE)
    assert drive(verify(session.client), session.serve) is ImageTransferStatus.VERIFICATION_SUCCESSFUL


def test_a_block_that_is_refused_among_others_is_told_and_the_others_are_heard() -> None:
    session = Session()
    conversation = upload(session.client, IMAGE, NAME, ahead=4)

    def serve(request: bytes) -> bytes | None:
        answer = session.serve(request)
        session.images.enabled = session.images.enabled and session.told < 8
        return answer

    with pytest.raises(AccessError, match="method 2"):
        drive(conversation, serve)
    assert session.told == 12  # the initiation, the block that was refused, and four that were under way
    assert len(drive(standing(session.client), session.serve).missing) == BLOCKS - 7


def test_what_was_broken_off_goes_on_where_it_stood() -> None:
    session = Session()
    conversation = upload(session.client, IMAGE, NAME)
    request, blocks = next(conversation), 0
    while blocks < 10:
        request = conversation.send(session.serve(request) or b"")
        blocks = session.images.first_missing
    conversation.close()
    assert session.upload() == BLOCKS - 10
    assert session.upload() == 0
    assert session.upload(resume=False) == BLOCKS


def test_another_image_under_way_is_not_taken_for_this_one() -> None:
    session = Session()
    other = replace(Recipe(), payload=encode(ApplicationPayload(), 600)).made()
    drive(upload(session.client, other, NAME), session.serve)
    assert session.upload() == BLOCKS


@pytest.mark.parametrize("every", [2, 3, 7])
def test_blocks_lost_on_the_way_are_sent_again(every: int) -> None:
    session = Session(lambda told: told % every == 0)
    assert session.upload(confirmed=False) > BLOCKS
    assert drive(verify(session.client), session.serve) is ImageTransferStatus.VERIFICATION_SUCCESSFUL


def test_of_blocks_told_ahead_each_fourth_is_answered_and_what_was_lost_is_sent_again() -> None:
    session = Session()

    def serve(request: bytes) -> bytes | None:
        if isinstance(request, Unanswered) and not isinstance(request, Ahead) and session.told % 5 == 2:
            session.told += 1
            return None
        return session.serve(request)

    assert drive(upload(session.client, IMAGE, NAME, confirmed=False, ahead=3), serve) > BLOCKS
    assert drive(verify(session.client), session.serve) is ImageTransferStatus.VERIFICATION_SUCCESSFUL


def test_who_loses_everything_is_told_so_in_the_end() -> None:
    with pytest.raises(RemoteProtocolError, match="blocks are missing"):
        Session(lambda _: True).upload(confirmed=False)


def test_transfer_is_enabled_where_it_is_not() -> None:
    session = Session()
    session.images.enabled = False
    assert session.upload() == BLOCKS
    assert session.images.enabled


def test_a_refusal_is_told() -> None:
    session = Session()
    with pytest.raises(AccessError):
        drive(verify(session.client), session.serve)
    with pytest.raises(AccessError):
        drive(activate(session.client), session.serve)


def test_blocks_do_not_wait_for_the_disk() -> None:
    session = Session()
    meter = session.bench.meter
    conversation = upload(session.client, IMAGE, NAME)
    request, waited = next(conversation), list[bool]()
    try:
        while True:
            meter.unchanged()
            answer = session.serve(request) or b""
            waited.append(meter.must_store)
            request = conversation.send(answer)
    except StopIteration:
        pass
    assert 1 <= sum(waited) <= 3  # the initiation, and counters that outgrew what is reserved
