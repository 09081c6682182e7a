"""The client's end of a ciphered association: how requests are sealed and responses opened.

Source: IEC 62056-53, ciphered APDUs. Requests and responses are of one family.
"""

from dataclasses import replace

from softmeter.dlms.apdu import decode_apdu
from softmeter.dlms.credentials import Credentials, Family, Signing
from softmeter.dlms.layers import Unwrapped, overhead
from softmeter.dlms.messages import ConfirmedServiceError, ExceptionResponse
from softmeter.dlms.proofs import Prover
from softmeter.dlms.refusals import WrongKeyError, refused_service
from softmeter.dlms.sealing import Sealer, TitleError
from softmeter.entropy import Entropy
from softmeter.errors import DecodeError, RemoteProtocolError, SecurityError
from softmeter.security.ciphering import Protection, ReceiveCounter, SendCounter
from softmeter.security.identity import Introduced
from softmeter.security.suites import Use

__all__ = ["Channel", "Credentials", "Family", "Signing"]

_EXCEPTION, _SERVICE_ERROR = 0xD8, 0x0E
NOTIFICATIONS = frozenset({b"\x0f", b"\xc2"})
"""What a plain APDU begins with that answers nothing."""


class Channel:
    """Seals requests and opens responses with the keys of one client and one meter.

    `entropy` is needed for keys that live for one APDU only.
    """

    __slots__ = ("_credentials", "_dedicated", "_initiate", "_received", "_sealer", "_told", "_usual", "sent")

    def __init__(self, credentials: Credentials, counter: int, entropy: Entropy) -> None:
        self._credentials = credentials
        self.sent = SendCounter(counter)
        self._dedicated = SendCounter()
        self._received: dict[Use, ReceiveCounter] = {}
        self._told: dict[Use, ReceiveCounter] = {}
        titles = credentials.system_title, credentials.server_title
        self._sealer = Sealer(credentials.key_set(), titles, self._draw, entropy, credentials.dialect)
        self._initiate, self._usual = credentials.layers(initiate=True), credentials.layers(initiate=False)

    @property
    def server_title(self) -> bytes:
        """The meter's system title, once it is known."""
        return self._sealer.peer

    @server_title.setter
    def server_title(self, title: bytes) -> None:
        self._sealer.peer = title

    def introduce(self, certificate: bytes) -> None:
        """Check what the meter signs by the certificate that it shows, if somebody we trust vouches for it."""
        sealer = self._sealer
        identity = sealer.keys.identity
        key = None if identity is None else identity.vouched(certificate, sealer.peer)
        if identity is not None and key is not None:
            sealer.keys = replace(sealer.keys, identity=Introduced(identity, sealer.peer, key))

    @property
    def received(self) -> ReceiveCounter:
        """The meter's counter under the global key."""
        return self._received.setdefault(Use.UNICAST, ReceiveCounter())

    @property
    def overhead(self) -> int:
        """How many octets sealing adds at most."""
        return overhead(self._usual)

    @property
    def prover(self) -> Prover:
        """Our answers to the meter's challenges."""
        return Prover(self._credentials.mechanism, self._sealer, self._credentials.password)

    def seal(self, plain: bytes) -> bytes:
        """What is sent in place of the APDU `plain`."""
        return self._sealer.wrap(self._initiate if plain[:1] == b"\x01" else self._usual, plain)

    def open(self, octets: bytes) -> bytes:
        """The APDU in a response.

        Raises:
            RefusalError: the meter refused, or its protection does not verify with our keys.
            RemoteProtocolError: the response is not protected as the request was, or is an old one.
        """
        first = octets[0] if octets else -1
        if first == _EXCEPTION or (first == _SERVICE_ERROR and len(octets) == 4):
            answer = decode_apdu(octets)
            if isinstance(answer, ExceptionResponse | ConfirmedServiceError):
                raise refused_service(answer)
        if not self._credentials.is_ciphered:
            return octets
        response = self._unwrapped(octets)
        wanted = self._credentials.protection
        if self._credentials.signing is not Signing.NONE:
            wanted |= Protection.SIGNED
        if wanted & ~response.protection:
            raise SecurityError("a response with less protection than the request")
        for use, counter in response.counters:
            self._accept(use, counter, is_answer=response.plain[:1] not in NOTIFICATIONS)
        return response.plain

    def _accept(self, use: Use, counter: int, *, is_answer: bool) -> None:
        """Take note of a counter; notifications have a row of their own, as a datagram may overtake an answer."""
        known = self._received if is_answer else self._told
        if is_answer and use not in self._told:  # those of before the first answer are old
            self._told[use] = ReceiveCounter(counter)
        known.setdefault(use, ReceiveCounter()).accept(counter)

    def _unwrapped(self, octets: bytes) -> Unwrapped:
        try:
            response = self._sealer.unwrap(octets)
        except TitleError as error:
            raise SecurityError("a response from another meter") from error
        except SecurityError as error:
            raise WrongKeyError(
                "the meter's answer does not verify with these keys: they are not the meter's"
            ) from error
        except DecodeError as error:
            raise SecurityError(f"a response under the tag of another, or damaged: {error}") from error
        if not response.layers:
            raise RemoteProtocolError("the meter answers a protected request without protection")
        return response

    def _draw(self, use: Use) -> int:
        return self._dedicated.draw() if use is Use.DEDICATED else self.sent.draw()
