"""Class 15, Association LN: who is associated, how, and with which objects (IEC 62056-62, 4.4.4)."""

from collections.abc import Callable
from typing import Any

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.cosem.interface import AttributeSpec, Holder, Interface, computed, encoded, method, setter
from softmeter.cosem.sessions import AssociationStatus, Session
from softmeter.errors import AccessError
from softmeter.obis import Obis
from softmeter.wire.types import (
    Bits,
    Data,
    EnumOf,
    anything,
    bits,
    i8,
    logical_name,
    octets,
    of,
    struct,
    structure,
    u8,
    u16,
)

DLMS_VERSION = 6
SHORTEST_SECRET, LONGEST_SECRET = 8, 64


@structure
class Partners:
    """associated_partners_id."""

    client_sap: int = of(i8)
    server_sap: int = of(u16)


@structure
class RegisteredName:
    """An object identifier of the DLMS User Association, arc by arc: 2.16.756.5.8.kind.number."""

    joint_iso_ctt: int = of(u8)
    country: int = of(u8)
    country_name: int = of(u16)
    identified_organisation: int = of(u8)
    dlms_ua: int = of(u8)
    kind: int = of(u8)
    number: int = of(u8)

    @classmethod
    def context(cls, number: int) -> "RegisteredName":
        """An application context name."""
        return cls(2, 16, 756, 5, 8, 1, number)

    @classmethod
    def mechanism(cls, number: int) -> "RegisteredName":
        """An authentication mechanism name."""
        return cls(2, 16, 756, 5, 8, 2, number)


@structure
class XdlmsContextInfo:
    """What was negotiated; `cyphering_info` is never shown."""

    conformance: Bits = of(bits)
    max_receive_pdu_size: int = of(u16)
    max_send_pdu_size: int = of(u16)
    dlms_version_number: int = of(u8)
    quality_of_service: int = of(i8)
    cyphering_info: bytes = of(octets)


class AssociationLN(Interface, class_id=15, version=1):
    """One client's association; without `own` the current one, whoever asks.

    `own`: what the client may negotiate at most, shown while he is not associated.
    """

    own: Session | None = None
    change_secret: Callable[[Any, int, bytes], None] | None = None
    """What a SET of the secret does: meter, client address, secret. Raises AccessError."""
    change_challenge_secret: Callable[[Any, int, bytes], None] | None = None
    """The same of change_HLS_secret; None where no mechanism has a secret."""

    def takes(self, spec: AttributeSpec) -> bool:
        return self.change_secret is not None and super().takes(spec)

    def session(self, meter: Holder) -> Session:
        if self.own is None:
            session = meter.sessions.current
            if session is None:
                raise AccessError(DataAccessResult.OBJECT_UNAVAILABLE, "nobody is associated")
            return session
        return meter.sessions.of(self.own.client_sap) or self.own

    @computed(2, encoded)
    def object_list(self, meter: Holder) -> bytes:
        return meter.dictionary.object_list(self.session(meter).audience)

    @computed(3, struct(Partners))
    def associated_partners_id(self, meter: Holder) -> Partners:
        session = self.session(meter)
        return Partners(session.client_sap, session.server_sap)

    @computed(4, struct(RegisteredName))
    def application_context_name(self, meter: Holder) -> RegisteredName:
        return RegisteredName.context(self.session(meter).context_id)

    @computed(5, struct(XdlmsContextInfo))
    def xdlms_context_info(self, meter: Holder) -> XdlmsContextInfo:
        session = self.session(meter)
        sizes = session.max_receive_pdu_size, session.max_send_pdu_size
        return XdlmsContextInfo(Bits(session.conformance, 24), *sizes, DLMS_VERSION, 0, b"")

    @computed(6, struct(RegisteredName))
    def authentication_mechanism_name(self, meter: Holder) -> RegisteredName:
        return RegisteredName.mechanism(self.session(meter).mechanism_id)

    @computed(7, octets)
    def secret(self, _: Holder) -> bytes:
        """Refuse, whatever a policy says: a secret never leaves the meter."""
        raise AccessError(DataAccessResult.READ_WRITE_DENIED)

    @setter(7)
    def set_secret(self, meter: Holder, secret: bytes) -> None:
        """Take another password for the client."""
        _check_length(secret)
        if self.change_secret is None:
            raise AccessError(DataAccessResult.READ_WRITE_DENIED)
        self.change_secret(meter, self.session(meter).client_sap, secret)

    @computed(8, EnumOf(AssociationStatus))
    def association_status(self, meter: Holder) -> AssociationStatus:
        return self.session(meter).status

    @computed(9, logical_name)
    def security_setup_reference(self, meter: Holder) -> Obis:
        return self.session(meter).security_setup

    @method(1, octets, returns=octets)
    def reply_to_hls_authentication(self, _meter: Holder, _: bytes) -> bytes:
        """Refuse: the association answers this itself while its challenge is open; here there is none."""
        raise AccessError(ActionResult.OTHER_REASON, "no challenge is open")

    @method(2, octets)
    def change_hls_secret(self, meter: Holder, secret: bytes) -> None:
        """Take another secret for HLS 6; refuse where the mechanisms (GMAC) have keys, not a secret."""
        if self.change_challenge_secret is None:
            raise AccessError(ActionResult.OTHER_REASON, "the mechanism has no secret")
        _check_length(secret)
        self.change_challenge_secret(meter, self.session(meter).client_sap, secret)

    @method(3, anything)
    def add_object(self, _meter: Holder, _: Data) -> None:
        """Refuse: the objects are fixed by the meter type."""
        raise AccessError(ActionResult.READ_WRITE_DENIED)

    @method(4, anything)
    def remove_object(self, _meter: Holder, _: Data) -> None:
        """Refuse: the objects are fixed by the meter type."""
        raise AccessError(ActionResult.READ_WRITE_DENIED)


def _check_length(secret: bytes) -> None:
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise AccessError(DataAccessResult.OTHER_REASON, f"a secret has {SHORTEST_SECRET} to {LONGEST_SECRET} octets")
