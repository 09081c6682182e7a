"""How clients get in: associations, security setups, addresses (manual 12)."""

from softmeter.cosem.classes.association_ln import AssociationLN
from softmeter.cosem.classes.sap_assignment import SapAssigned, SapAssignment
from softmeter.cosem.classes.security_setup import SecurityPolicy, SecuritySetup
from softmeter.cosem.dictionary import Row
from softmeter.cosem.sessions import Session
from softmeter.dlms.association import MAX_PDU
from softmeter.dlms.host import Client
from softmeter.meter.clients import CLIENTS, MAINTENANCE, MANAGEMENT, PUBLIC, READOUT, SECURITY_SETUPS, SERVER_SAP
from softmeter.meter.policies import ASSOCIATION, CURRENT_ASSOCIATION, OPEN, SECURITY
from softmeter.meter.presented import Presented
from softmeter.security.suites import Suite


class _Security:
    """The security settings of one client: suite 0, everything authenticated and encrypted (manual 12.3)."""

    policy = SecurityPolicy.AUTHENTICATED_ENCRYPTED
    suite = Suite.SUITE_0

    def __init__(self, meter: Presented, sap: int) -> None:
        self._meter = meter
        self._sap = sap

    @property
    def client_system_title(self) -> bytes:
        return self._meter.counters.last_title(self._sap)

    @property
    def server_system_title(self) -> bytes:
        return self._meter.identity.system_title


def _setup(sap: int) -> SecuritySetup:
    return SecuritySetup(part=lambda meter: _Security(meter, sap))


def _association(client: Client) -> AssociationLN:
    """A client's own association object; while he is not associated it shows the strongest way he has."""
    (context, mechanism), audience = next(iter(client.ways.items()))
    offered = client.conformance.value
    own = Session(client.sap, audience, client.security_setup, SERVER_SAP, context, mechanism, offered, MAX_PDU, 0)
    return AssociationLN(own=own)


def _devices(meter: Presented) -> tuple[SapAssigned, ...]:
    return (SapAssigned(SERVER_SAP, meter.identity.logical_device_name.encode("ascii")),)


# fmt: off
ROWS = (
    Row("0-0:40.0.0", "Current association", AssociationLN(), CURRENT_ASSOCIATION),
    *(Row(f"0-0:40.0.{e}", f"Association, {CLIENTS[sap].name}", _association(CLIENTS[sap]), ASSOCIATION)
      for e, sap in enumerate((MANAGEMENT, PUBLIC, READOUT, MAINTENANCE), 1)),
    Row("0-0:41.0.0", "SAP assignment", SapAssignment(devices=_devices), OPEN),
    *(Row(str(name), f"Security setup, {CLIENTS[sap].name}", _setup(sap), SECURITY)
      for sap, name in SECURITY_SETUPS.items()),
)
# fmt: on
