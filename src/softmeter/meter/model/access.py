"""How clients get in: associations, security setups, addresses (manual 12)."""

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.association_ln import AssociationLN
from softmeter.cosem.classes.sap_assignment import SapAssigned, SapAssignment
from softmeter.cosem.classes.security_setup import SecuritySetup
from softmeter.cosem.dictionary import Row
from softmeter.cosem.sessions import Session
from softmeter.dlms.association import MAX_PDU
from softmeter.dlms.host import Client
from softmeter.errors import AccessError
from softmeter.meter.clients import CLIENTS, MAINTENANCE, MANAGEMENT, PUBLIC, READOUT, SECURITY_SETUPS, SERVER_SAP
from softmeter.meter.parts_keys import ClientSecurity
from softmeter.meter.policies import ASSOCIATION, CURRENT_ASSOCIATION, OPEN, SECURITY, SECURITY_OF_MAINTENANCE
from softmeter.meter.presented import Presented


def _setup(sap: int) -> SecuritySetup:
    def security(meter: Presented) -> ClientSecurity:
        return ClientSecurity(meter, sap, may_change_master=sap == MANAGEMENT)

    return SecuritySetup(part=security, keys=security)


def _set_password(meter: Presented, sap: int, password: bytes) -> None:
    if sap not in SECURITY_SETUPS:
        raise AccessError(DataAccessResult.READ_WRITE_DENIED, "this client has no secret")
    meter.key_ring.change(sap, password=password)


def _association(client: Client) -> AssociationLN:
    """A client's own association object; while he is not associated it shows the strongest way he has."""
    (context, mechanism), audience = next(iter(client.ways.items()))
    offered = client.conformance.value
    own = Session(client.sap, audience, client.security_setup, SERVER_SAP, context, mechanism, offered, MAX_PDU, 0)
    return AssociationLN(own=own, change_secret=_set_password)


def _devices(meter: Presented) -> tuple[SapAssigned, ...]:
    return (SapAssigned(SERVER_SAP, meter.identity.logical_device_name.encode("ascii")),)


# fmt: off
ROWS = (
    Row("0-0:40.0.0", "Current association", AssociationLN(change_secret=_set_password), CURRENT_ASSOCIATION),
    *(Row(f"0-0:40.0.{e}", f"Association, {CLIENTS[sap].name}", _association(CLIENTS[sap]), ASSOCIATION)
      for e, sap in enumerate((MANAGEMENT, PUBLIC, READOUT, MAINTENANCE), 1)),
    Row("0-0:41.0.0", "SAP assignment", SapAssignment(devices=_devices), OPEN),
    *(Row(str(name), f"Security setup, {CLIENTS[sap].name}", _setup(sap),
          SECURITY_OF_MAINTENANCE if sap == MAINTENANCE else SECURITY)
      for sap, name in SECURITY_SETUPS.items()),
)
# fmt: on
