"""A device and a client of suite 1 that know each other by certificates: HLS 7, keys agreed for every APDU, all signed.

python examples/library_certificates.py
"""

import asyncio
import time
from enum import Enum, auto

from softmeter.cosem.access import ALL, Policy, Rights
from softmeter.cosem.classes.association_ln import AssociationLN
from softmeter.cosem.classes.data import Data
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.credentials import Credentials, Family, Signing
from softmeter.dlms.host import Client, Keys
from softmeter.dlms.standalone import Standalone
from softmeter.dlms.typed import Attribute
from softmeter.instant import at_second
from softmeter.security.certificates import Authority
from softmeter.security.curves import KeyPair
from softmeter.security.identity import Purpose
from softmeter.security.suites import Key, Suite, Use
from softmeter.security.trust import Trusting, TrustStore
from softmeter.transport.entropy import SystemEntropy
from softmeter.transport.serving import serve_tcp
from softmeter.transport.session import open_async_session, open_session
from softmeter.transport.tcp import Address
from softmeter.wire.types import Tag, octets

CHANCE, SUITE = SystemEntropy(), Suite.SUITE_1
NOW, LATER = at_second(int(time.time())), at_second(int(time.time()) + 10 * 365 * 86_400)
METER, READER = b"KWQ00002", b"EXAMPLE1"
OPERATOR = 1


def enrolled(title: bytes, root: Authority) -> TrustStore:
    """Key pairs for `title`, with certificates that the authority has made of its requests."""
    store = TrustStore(title, SUITE, [root.certificate])
    for purpose in (Purpose.SIGNATURE, Purpose.AGREEMENT):
        store.draw_pair(purpose, CHANCE)
        store.take(root.answer(store.request(purpose), purpose), NOW)
    return store


def introduce(one: TrustStore, other: TrustStore) -> None:
    """Have `one` take the certificates of `other`."""
    for certificate in other.certificates:
        if not certificate.is_authority:
            one.take(certificate.der, NOW)


authority = Authority("Example root", KeyPair.draw(SUITE, CHANCE), NOW, LATER)
meter, reader = enrolled(METER, authority), enrolled(READER, authority)
introduce(meter, reader)
introduce(reader, meter)

encryption, authentication = CHANCE.octets(16), CHANCE.octets(16)
credentials = Credentials(
    Mechanism.HLS_ECDSA,
    family=Family.CIPHERING,
    message_key=Use.ONE_PASS,
    signing=Signing.BEFORE,
    suite=SUITE,
    system_title=READER,
    server_title=METER,
    encryption_key=Key(encryption),
    authentication_key=Key(authentication),
    identity=Trusting(reader, lambda: NOW),
)


class Audience(Enum):
    OPERATOR = auto()


OPEN = Policy("OPEN", {Audience.OPERATOR: Rights(ALL, call=ALL)})
ROWS = (
    Row("0-0:42.0.0", "Name", Data(source=Source(Tag.OCTET_STRING, lambda _: b"KWQ7010400000002")), OPEN),
    Row("0-0:40.0.0", "Association", AssociationLN(), OPEN),
)
SERVICES = Conformance.GET | Conformance.ACTION | Conformance.GENERAL_PROTECTION
WAYS = {(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_ECDSA): Audience.OPERATOR}
NAME = Attribute(1, 2, octets)


def read(address: Address) -> str:
    with open_session(address, credentials, counter=1) as session:
        return session.get(NAME, "0-0:42.0.0").decode()


async def async_read(address: Address) -> str:
    async with open_async_session(address, credentials, counter=1000) as session:
        return (await session.get(NAME, "0-0:42.0.0")).decode()


async def main() -> None:
    keys = {OPERATOR: Keys(encryption, authentication, suite=SUITE, identity=Trusting(meter, lambda: NOW))}
    clients = [Client(OPERATOR, "operator", WAYS, SERVICES)]
    device = Standalone(ROWS, clients, system_title=METER, entropy=CHANCE, keys=keys)
    async with await serve_tcp(device, port=0, report=print) as server:
        address = Address("127.0.0.1", server.sockets[0].getsockname()[1], client_sap=OPERATOR)
        print("blocking:", await asyncio.to_thread(read, address))
        print("asyncio:", await async_read(address))


asyncio.run(main())
