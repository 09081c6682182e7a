"""A whole meter and a client of it, for the cases of the application layer."""

from dlms.link import CLIENT_TITLE, NOW
from meter.making import KEYS, Made
from softmeter.dlms.acse import Aare, Context, Mechanism, decode_acse
from softmeter.dlms.apdu import decode_apdu
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import Client
from softmeter.dlms.messages import ConfirmedServiceError, InitiateResponse
from softmeter.dlms.server import Server
from softmeter.entropy import SeededEntropy
from softmeter.security.suites import Key
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

PUBLIC, MANAGEMENT, READOUT = 16, 1, 2
GET_CLOCK = bytes.fromhex("C001C100080000010000FF0200")
GET_OBJECTS = bytes.fromhex("C001C1000F0000280000FF0200")
REFUSED = bytes.fromhex("D80101")


class Bench:
    """A new meter with one connection to it."""

    def __init__(self, sap: int = PUBLIC) -> None:
        made = Made()
        self.meter, self.actor = made.meter, made.actor
        self.sap = sap
        self.connect()

    def connect(self) -> None:
        """A further connection; the one before is left as it is."""
        self.server = Server(self.meter, NOW)
        self._answers = Reassembly()

    def ask(self, apdu: bytes) -> bytes | None:
        """The first answer to an APDU, None where there is none."""
        self.server.receive(encode_datagram(Datagram(self.sap, 1, apdu)), NOW)
        octets = self.server.to_send()
        if octets:
            self._answers.receive(octets)
        datagram = self._answers.take()
        return None if datagram is None else datagram.apdu

    def aare(self, aarq: bytes) -> Aare:
        """The answer to an AARQ."""
        answer = decode_acse(self.ask(aarq) or b"")
        assert isinstance(answer, Aare)
        return answer

    def is_open(self) -> bool:
        return (self.ask(GET_CLOCK) or b"").startswith(b"\xc4\x01\xc1\x00")

    def client(self, context: Context, mechanism: Mechanism, *, counter: int = 1) -> Client:
        """A client of the connection's address that enters in one of its ways."""
        keys = KEYS.get(self.sap)
        ciphered = context is Context.LOGICAL_NAMES_CIPHERED
        if keys is None:
            return Client(Credentials(), SeededEntropy(1))
        password = Key(keys.password) if mechanism is Mechanism.LLS else Key()
        if not ciphered:
            return Client(Credentials(mechanism, password), SeededEntropy(1))
        credentials = Credentials(
            mechanism,
            password,
            Family.SERVICE,
            system_title=CLIENT_TITLE,
            encryption_key=Key(keys.unicast_encryption),
            authentication_key=Key(keys.authentication),
        )
        return Client(credentials, SeededEntropy(1), counter=counter)


def granted(answer: Aare) -> InitiateResponse:
    """What an accepting AARE offers."""
    initiate = decode_apdu(answer.user_information or b"")
    assert isinstance(initiate, InitiateResponse)
    return initiate


def told(answer: Aare) -> ConfirmedServiceError:
    """The service error in a rejecting AARE."""
    error = decode_apdu(answer.user_information or b"")
    assert isinstance(error, ConfirmedServiceError)
    return error
