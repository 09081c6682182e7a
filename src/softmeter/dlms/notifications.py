"""What a meter says without being asked, at the client's end: between answers, awaited, or pushed (IEC 62056-53)."""

from collections.abc import Callable
from dataclasses import replace

from softmeter.dlms.apdu import decode_apdu, encode_apdu
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, Patient
from softmeter.dlms.gbt import Transfer, ends_burst, is_gbt
from softmeter.dlms.messages import DataNotification, GeneralBlock
from softmeter.dlms.unsolicited import CONFIRMED, DataNotificationConfirm, EventNotification, Unsolicited
from softmeter.errors import RemoteProtocolError

LONGEST_PUSH = 1 << 20
"""Octets of one notification in blocks."""
_ROOM = 0xFFFF


def taken_notifications(client: Client) -> list[Unsolicited]:
    """What came between answers since the last call, the oldest first; only the newest are kept."""
    kept = [_notification(apdu) for apdu in client.carrier.unsolicited]
    client.carrier.unsolicited.clear()
    return kept


def awaited_notification(client: Client) -> Conversation[Unsolicited | None]:
    """The next notification in an open association, confirmed where that is asked; None if none came in time."""
    response = yield Patient(b"")
    if not response:
        return None
    ask = client.invocation()
    notification = _notification(ask.open((yield from client.carrier.gathered(response))))
    confirmation = confirming(notification)
    if confirmation is not None:
        yield from ask.tell(confirmation)
    return notification


def confirming(notification: Unsolicited) -> DataNotificationConfirm | None:
    """The answer to a notification that asks for one."""
    if isinstance(notification, DataNotification) and notification.long_invoke_id & CONFIRMED:
        return DataNotificationConfirm(notification.long_invoke_id, b"")
    return None


class PushReceiver:
    """One connection on which a meter pushes, outside of any association.

    `unprotect` gives the plain APDU of a protected one, `protect` the other way round; without them all is plain.
    """

    def __init__(
        self,
        unprotect: Callable[[bytes], bytes] = lambda apdu: apdu,
        protect: Callable[[bytes], bytes] = lambda apdu: apdu,
    ) -> None:
        self._unprotect = unprotect
        self._protect = protect
        self._transfer: Transfer | None = None
        self._out: list[bytes] = []

    def receive(self, apdu: bytes) -> Unsolicited | None:
        """Take an APDU; the notification that is complete with it.

        Raises:
            RemoteProtocolError: it is none, or does not verify.
        """
        whole = self._gathered(apdu) if is_gbt(apdu) else apdu
        if whole is None:
            return None
        notification = _notification(self._unprotect(whole))
        confirmation = confirming(notification)
        if confirmation is not None:
            self._out.append(self._protect(encode_apdu(confirmation)))
        return notification

    @property
    def held(self) -> int:
        """Octets of a push that is not whole yet."""
        return 0 if self._transfer is None else self._transfer.received_octets

    def to_send(self) -> list[bytes]:
        """Confirmations and acknowledgements to send."""
        out, self._out = self._out, []
        return out

    def _gathered(self, apdu: bytes) -> bytes | None:
        block: GeneralBlock = decode_apdu(apdu)
        if self._transfer is None or block.number == 1:
            self._transfer = Transfer(_ROOM, limit=LONGEST_PUSH)
            self._transfer.send(b"")
        transfer = self._transfer
        try:
            transfer.take(replace(block, acknowledged=0))  # nothing of ours is: some senders write anything there
        except RemoteProtocolError:
            self._transfer = None
            raise
        whole = transfer.received
        if whole is not None:
            self._transfer = None
        elif ends_burst(block):
            self._out += transfer.burst()
        return whole


def _notification(plain: bytes) -> Unsolicited:
    apdu = decode_apdu(plain)
    if not isinstance(apdu, DataNotification | EventNotification):
        raise RemoteProtocolError(f"{type(apdu).__name__} in place of a notification")
    return apdu
