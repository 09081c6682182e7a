"""How clients get in: associations, security setups, addresses (manual 12)."""

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.association_ln import AssociationLN
from softmeter.cosem.classes.association_ln_v3 import AssociationLNV3
from softmeter.cosem.classes.sap_assignment import SapAssigned, SapAssignment
from softmeter.cosem.classes.security_setup import SecuritySetup
from softmeter.cosem.classes.security_setup_v1 import SecuritySetupV1
from softmeter.cosem.dictionary import Row
from softmeter.cosem.sessions import Session
from softmeter.dlms.association import MAX_PDU
from softmeter.errors import AccessError
from softmeter.meter.clients import (
    CLIENTS,
    CONSUMER,
    MAINTENANCE,
    MANAGEMENT,
    PUBLIC,
    READOUT,
    SECURITY_SETUPS,
    SERVER_SAP,
)
from softmeter.meter.parts_keys import ClientSecurity
from softmeter.meter.policies import OPEN, rights_of
from softmeter.meter.presented import Presented
from softmeter.meter.upgraded import clients_of
from softmeter.security.suites import Suite


def _setup(sap: int, suite: Suite) -> SecuritySetup:
    def security(meter: Presented) -> ClientSecurity:
        return ClientSecurity(meter, sap, may_change_all=sap == MANAGEMENT)

    form = SecuritySetup if suite is Suite.SUITE_0 else SecuritySetupV1
    return form(part=security, keys=security)


def _set_password(meter: Presented, sap: int, password: bytes) -> None:
    if sap not in SECURITY_SETUPS:
        raise AccessError(DataAccessResult.READ_WRITE_DENIED, "this client has no secret")
    meter.key_ring.change(sap, password=password)


def _set_hls_secret(meter: Presented, sap: int, secret: bytes) -> None:
    meter.key_ring.change(sap, hls_secret=secret)


def _association(suite: Suite, sap: int | None = None) -> AssociationLN:
    """The current association, or a client's own; while he is not associated it shows the strongest way he has."""
    own = None
    if sap is not None:
        client = clients_of(suite)[sap]
        (context, mechanism), audience = next(iter(client.ways.items()))
        offered = client.conformance.value
        own = Session(client.sap, audience, client.security_setup, SERVER_SAP, context, mechanism, offered, MAX_PDU, 0)
    if suite is Suite.SUITE_0:
        return AssociationLN(own=own, change_secret=_set_password)
    return AssociationLNV3(own=own, change_secret=_set_password, change_challenge_secret=_set_hls_secret)


def _named(sap: int) -> str:
    return "consumer information push" if sap == CONSUMER else CLIENTS[sap].name


def _devices(meter: Presented) -> tuple[SapAssigned, ...]:
    return (SapAssigned(SERVER_SAP, meter.identity.logical_device_name.encode("ascii")),)


def rows(suite: Suite) -> tuple[Row, ...]:
    """The objects by which clients get in, as a security suite wants them."""
    rights = rights_of(suite)
    # fmt: off
    return (
        Row("0-0:40.0.0", "Current association", _association(suite), rights.current_association),
        *(Row(f"0-0:40.0.{e}", f"Association, {CLIENTS[sap].name}", _association(suite, sap), rights.association)
          for e, sap in enumerate((MANAGEMENT, PUBLIC, READOUT, MAINTENANCE), 1)),
        Row("0-0:41.0.0", "SAP assignment", SapAssignment(devices=_devices), OPEN),
        *(Row(str(name), f"Security setup, {_named(sap)}", _setup(sap, suite),
              rights.security_of_maintenance if sap == MAINTENANCE else rights.security)
          for sap, name in SECURITY_SETUPS.items()),
    )
    # fmt: on
