"""Clients for a meter of another make, and that meter with a few values."""

from typing import Any

from dlms.foreign_meter import AUTHENTICATION_KEY, CLIENT_TITLE, KEY, METER_TITLE, ForeignMeter
from softmeter.cosem.access import DataAccessResult
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.apdu import Ciphered, encode_apdu
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import drive
from softmeter.dlms.messages import (
    AttributeReference,
    GeneralGlobal,
    MethodReference,
)
from softmeter.entropy import SeededEntropy
from softmeter.obis import Obis
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key
from softmeter.wire.types import octets, u32

ENERGY = AttributeReference(3, Obis(1, 0, 1, 8, 0), 2)


TEXT = AttributeReference(1, Obis(0, 0, 96, 13, 0), 2)


METHOD = MethodReference(18, Obis(0, 0, 44, 0, 0), 1)


LONG = octets.encode(bytes(range(256)) * 8)


HLS = Credentials(
    Mechanism.HLS_GMAC,
    family=Family.SERVICE,
    system_title=CLIENT_TITLE,
    encryption_key=KEY,
    authentication_key=AUTHENTICATION_KEY,
)


LLS = Credentials(Mechanism.LLS, Key(b"12345678"))


def meter_with_values(**fields: Any) -> ForeignMeter:
    meter = ForeignMeter(**fields)
    meter.attributes = {
        (3, ENERGY.name, 2): u32.encode(1234),
        (3, ENERGY.name, 3): DataAccessResult.READ_WRITE_DENIED,
        (1, TEXT.name, 2): LONG,
    }
    return meter


def new_client(credentials: Credentials = HLS, **options: Any) -> Client:
    return Client(credentials, SeededEntropy(1), **options)


def associated(meter: ForeignMeter, credentials: Credentials = HLS, **options: Any) -> Client:
    client = new_client(credentials, **options)
    drive(client.associate(), meter.serve)
    return client


def protected(plain: bytes, tag: int, counter: int = 5000) -> bytes:
    content = Cipher(KEY, AUTHENTICATION_KEY).protect(METER_TITLE, counter, Protection.FULL, plain)
    return encode_apdu(GeneralGlobal(METER_TITLE, content) if tag == 0xDB else Ciphered(tag, content))
