"""The clients of the meter: addresses, ways in, services (manual 12.3, table of conformance).

Beside the four of the manual there is the client that reaches all meters at once: 102 as in IDIS. It is the manual's
"FW Update client" of chapter 10.
"""

from collections.abc import Mapping
from dataclasses import replace

from softmeter.dlms import announcing
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.conformance import Conformance as Bit
from softmeter.dlms.host import Client
from softmeter.meter.policies import Audience
from softmeter.obis import Obis

PUBLIC, MANAGEMENT, READOUT, MAINTENANCE = 16, 1, 2, 6
"""Client addresses (SAP)."""
BROADCAST = announcing.CLIENT
"""The client address of messages to all meters; their keys are those of the management client's security setup."""
CONSUMER = 103
"""The client address under which keys and counter of ciphered P1 telegrams are kept: that of the customer information
push of IDIS. Nobody can associate as this client."""

SECURITY_SETUPS = {
    MANAGEMENT: Obis(0, 0, 43, 0, 0),
    CONSUMER: Obis(0, 0, 43, 0, 1),
    READOUT: Obis(0, 0, 43, 0, 2),
    MAINTENANCE: Obis(0, 0, 43, 0, 6),
}
"""Client address to the object that presents his keys; the public client has none."""

SERVER_SAP = 1

_PUBLIC = Bit.GENERAL_BLOCK_TRANSFER | Bit.BLOCK_GET | Bit.ACCESS | Bit.GET | Bit.ACTION
_MANAGING = _PUBLIC | Bit.GENERAL_PROTECTION | Bit.BLOCK_SET | Bit.MULTIPLE_REFERENCES | Bit.SET | Bit.SELECTIVE_ACCESS
_READING = _MANAGING | Bit.DATA_NOTIFICATION
_TELLING = Bit.GENERAL_PROTECTION | Bit.SET | Bit.ACTION
_EXTRAS = Bit.PRIORITY | Bit.BLOCK_ACTION
_PLAIN, _CIPHERED = Context.LOGICAL_NAMES, Context.LOGICAL_NAMES_CIPHERED

CLIENTS: Mapping[int, Client] = {
    client.sap: client
    for client in (
        Client(PUBLIC, "public", {(_PLAIN, Mechanism.LOWEST): Audience.PUBLIC}, _PUBLIC),
        Client(
            MANAGEMENT,
            "management",
            {(_CIPHERED, Mechanism.HLS_GMAC): Audience.MANAGEMENT, (_CIPHERED, Mechanism.LLS): Audience.LIMITED},
            _MANAGING,
            SECURITY_SETUPS[MANAGEMENT],
        ),
        Client(
            READOUT,
            "readout",
            {(_PLAIN, Mechanism.LLS): Audience.READOUT, (_CIPHERED, Mechanism.LLS): Audience.READOUT},
            _READING,
            SECURITY_SETUPS[READOUT],
        ),
        Client(
            MAINTENANCE,
            "maintenance",
            {(_CIPHERED, Mechanism.HLS_GMAC): Audience.MAINTENANCE, (_CIPHERED, Mechanism.LLS): Audience.LIMITED},
            _MANAGING,
            SECURITY_SETUPS[MAINTENANCE],
        ),
        Client(
            BROADCAST,
            "broadcast",
            {},
            _TELLING,
            SECURITY_SETUPS[MANAGEMENT],
            pre_established=Audience.BROADCAST,
        ),
    )
}
"""By their addresses, with exactly the services of the manual."""

EXTENDED: Mapping[int, Client] = {
    sap: client if sap in {PUBLIC, BROADCAST} else replace(client, conformance=client.conformance | _EXTRAS)
    for sap, client in CLIENTS.items()
}
"""The same with priorities, and with blocks of ACTION: what many meters of this kind have."""
