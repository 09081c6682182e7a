"""An association that is there without an AARQ: messages to all meters at once, which nobody answers (IEC 62056-53).

A message names its sender (general-glo or general-ciphering), is protected with the broadcast key, and holds an
unconfirmed SET or ACTION. What is anything else is dropped, and reported where it is remarkable.
"""

from softmeter.cosem.sessions import Session
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.association import BusyError
from softmeter.dlms.host import BadRequest, Client, DecipherFailed, Event, Guard, Host, Replayed
from softmeter.dlms.layers import GENERAL_CIPHERING, GENERAL_GLO, GENERAL_SIGNING, Unwrapped
from softmeter.dlms.protection import Protector
from softmeter.dlms.services import Services
from softmeter.errors import DecodeError, LocalProtocolError, SecurityError
from softmeter.security.authentication import check_titles
from softmeter.security.ciphering import CounterError
from softmeter.security.suites import Use
from softmeter.wire.types import Cursor

LONGEST_MESSAGE = 1280
"""Octets: an image block of 1,024 and what stands around it."""
MOST_WAITING = 256
"""Messages that a link keeps while the meter is locked: nobody says them again."""
_WITH_TRANSACTION = frozenset({GENERAL_CIPHERING, GENERAL_SIGNING})
_USES = frozenset({Use.BROADCAST, Use.SIGNATURE})


class PreEstablished:
    """What one connection hears of one such client."""

    def __init__(self, host: Host, client: Client, server_sap: int, events: list[Event], guard: Guard | None) -> None:
        if client.pre_established is None:
            raise LocalProtocolError(f"client {client.name} is heard in an association that was opened, or not at all")
        self._host = host
        self._client = client
        self._events = events
        self._guard = guard
        self._protector: Protector | None = None
        self._session = Session(
            client_sap=client.sap,
            audience=client.pre_established,
            security_setup=client.security_setup,
            server_sap=server_sap,
            context_id=Context.LOGICAL_NAMES_CIPHERED,
            mechanism_id=Mechanism.LOWEST,
            conformance=client.conformance.value,
            max_receive_pdu_size=0,
            max_send_pdu_size=0,
        )
        self._services = Services(host, host.view(client.pre_established), client.conformance, client, events, guard)

    def take(self, apdu: bytes) -> bool:
        """Do what a message asks; False where it is none, or not a genuine one.

        Raises:
            BusyError: it is genuine, but the meter is locked.
        """
        if self._guard is not None and not self._guard.admits(self._client.sap):
            return False
        if not self._host.keys(self._client.sap).broadcast_encryption:
            return False  # nothing can be meant for this meter, and nothing is wrong with that
        if len(apdu) > LONGEST_MESSAGE:
            self._events.append(BadRequest(self._client.sap, f"a message of {len(apdu)} octets"))
            return False
        try:
            protector = self._protector_of(_sender(apdu))
            message = protector.open(apdu)
            uses = {use for use, _ in message.counters}
            if Use.BROADCAST not in uses or not uses <= _USES:
                raise SecurityError("another key than that for all meters")  # noqa: TRY301 - one place tells
        except CounterError as error:
            self._tell(Replayed(self._client.sap, error.last))
        except SecurityError:
            self._tell(DecipherFailed(self._client.sap))
        except DecodeError as error:
            self._events.append(BadRequest(self._client.sap, str(error)))
        else:
            self._serve(protector, message)
            return True
        return False

    def _serve(self, protector: Protector, message: Unwrapped) -> None:
        if self._host.locked:
            raise BusyError
        protector.accept(message)
        session = self._session
        session.client_title, session.protection = protector.title, message.protection
        self._host.sessions.current = session
        self._services.serve(message.plain, 0)

    def _protector_of(self, title: bytes) -> Protector:
        protector = self._protector
        if protector is None or protector.title != title:
            check_titles(self._host.system_title, title)
            protector = self._protector = Protector(self._host, self._client, title)
        return protector

    def _tell(self, event: Event) -> None:
        self._events.append(event)
        if self._guard is not None:
            self._guard.heard(event)


def _sender(apdu: bytes) -> bytes:
    """The system title that an APDU names."""
    cursor = Cursor(apdu, 1)
    tag = apdu[0] if apdu else 0
    if tag in _WITH_TRANSACTION:
        cursor.take(cursor.length())
    elif tag != GENERAL_GLO:
        raise DecodeError("a message to all meters that does not name its sender", 0)
    return cursor.take(cursor.length())
