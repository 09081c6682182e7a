"""What a client and a server have agreed on, from the AARE to the release (IEC 62056-53, COSEM-OPEN)."""

from dataclasses import dataclass
from functools import lru_cache

from softmeter.cosem.sessions import Session
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.decisions import DLMS_VERSION
from softmeter.dlms.dialect import Dialect
from softmeter.dlms.layers import Layers
from softmeter.dlms.messages import InitiateResponse
from softmeter.dlms.protection import Protector
from softmeter.dlms.services import Services
from softmeter.security.ciphering import Protection

_LN_VAA = 7


@dataclass(slots=True)
class Agreed:
    """One association at the server."""

    session: Session
    services: Services
    mechanism: Mechanism
    protector: Protector | None
    proving: Protector | None
    """Whose keys answer challenges; not None where there are some."""
    dialect: Dialect
    room: int
    """Octets of an answer, protection included."""
    ours: bytes = b""
    """Our challenge, until it is answered."""
    theirs: bytes = b""
    layers: Layers = ()
    """Those of the last request."""

    @property
    def releases_plain(self) -> bool:
        """Whether a release may come without proof: by the policy, or where the client is known to give none."""
        protector = self.protector
        return self.dialect.plain_release or protector is None or protector.policy.request is Protection.NONE

    def unasked(self, plain: bytes) -> bytes:
        """What answers no request, protected as the last one was."""
        return plain if self.protector is None else self.protector.seal_unasked(self.layers, plain)

    def initiate_response(self, layers: Layers) -> bytes:
        """What was negotiated, protected in the layers of the request."""
        plain = _initiate_response(self.session.conformance, self.session.max_receive_pdu_size)
        return plain if self.protector is None else self.protector.seal(layers, plain)


@lru_cache(maxsize=32)
def _initiate_response(conformance: int, max_pdu_size: int) -> bytes:
    """What most associations of a meter type are told twice: when they open, and when they are released."""
    return encode_apdu(InitiateResponse(None, DLMS_VERSION, Conformance(conformance), max_pdu_size, _LN_VAA))
