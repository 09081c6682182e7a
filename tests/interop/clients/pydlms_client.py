"""Uses a meter, or a device of the library, with pydlms-client and prints one JSON object.

Run by the interpreter of the environment `pydlms`, as a process of its own, with one JSON object as argument: `link`
(kind, host, port, sap, hdlc), `association` and `security` (arguments of the library's settings; octets in hex),
`room` (octets of a request, where it should be less than the meter allows) and `tasks`. Values travel as encoded COSEM
data in hex. With `push` instead of a link, notifications in hex are decoded.
pydlms verifies tags, signatures and counters.
"""

# ruff: noqa: ANN001, ANN201  (as the other clients)

from __future__ import annotations

import datetime as dt
import json
import sys

from cryptography.hazmat.primitives.asymmetric import ec
from pydlms import DlmsClient, Mechanism, SecurityContext
from pydlms.apdu.xdlms import Conformance, date_time_value, entry_descriptor, range_descriptor
from pydlms.client import AccessAction, AccessGet, AccessSet
from pydlms.cosem.data import decode_data
from pydlms.cosem.time import CosemDateTime
from pydlms.exceptions import ServiceError
from pydlms.hdlc.connection import HdlcParameters
from pydlms.push import PushDecoder
from pydlms.security.certificates import CertificateEntity, CertificateSelector, CertificateType
from pydlms.security.ec import load_public_key, public_key_bytes
from pydlms.security.general import KeyInfo

FOR_ALL = 102
COUNTERS = {1: "0.0.43.1.0.255", 2: "0.0.43.1.2.255", 6: "0.0.43.1.6.255"}
PRIVATE = ("signing_key", "key_agreement_key")
PUBLIC = ("peer_signing_key", "peer_key_agreement_key", "server_public_key")
FORMS = ("general_aad", "signing_form")
CURVES = {1: ec.SECP256R1(), 2: ec.SECP384R1()}


def setting(name, value, suite):
    """An argument of the library's settings, from JSON."""
    if name in PRIVATE:
        return ec.derive_private_key(int(value, 16), CURVES[suite])
    if name in PUBLIC:
        return load_public_key(suite, bytes.fromhex(value))
    if name == "mechanism":
        return Mechanism(value)
    if name == "conformance":
        found = Conformance(0)
        for one in value:
            found |= Conformance[one]
        return found
    if name == "key_info":
        return KeyInfo(**value)
    return bytes.fromhex(value) if isinstance(value, str) and name not in (*FORMS, "protection") else value


def plain(value):
    """A value as JSON can hold it: octets in hex."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def data_of(text):
    return None if text is None else decode_data(bytes.fromhex(text))[0]


def told(value):
    """A result of a list: data, or the name of why there is none."""
    if value is None or isinstance(value, int):
        return getattr(value, "name", value)
    return plain(value.to_python())


def moment(octets):
    return CosemDateTime.from_bytes(bytes(octets)).to_datetime().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rows(client, name, access=None):
    return [[moment(row[0]), *(plain(cell) for cell in row[1:])] for row in client.read_profile(name, access).rows]


def operation(one):
    match one:
        case ["get", class_id, name, number]:
            return AccessGet(name, class_id, number)
        case ["get", class_id, name, number, first, last]:
            return AccessGet(name, class_id, number, entry_descriptor(first, last))
        case ["set", class_id, name, number, value]:
            return AccessSet(name, class_id, number, data_of(value))
        case ["action", class_id, name, number, value]:
            return AccessAction(name, class_id, number, data_of(value))
    raise SystemExit(f"unknown operation {one}")


def perform(client, task):
    match task:
        case ["objects"]:
            return [[one.class_id, str(one.logical_name), one.version] for one in client.get_association_view()]
        case ["get", class_id, name, number]:
            return told(client.get(name, class_id, number))
        case ["list", *wanted]:
            return [told(one) for one in client.get_many([(name, kind, number) for kind, name, number in wanted])]
        case ["set", class_id, name, number, value]:
            return client.set(name, class_id, number, data_of(value))
        case ["set-list", *wanted]:
            items = [(name, kind, number, data_of(value)) for kind, name, number, value in wanted]
            return [one.name for one in client.set_many(items, split_lists=False)]
        case ["action", class_id, name, number, value]:
            return told(client.action(name, class_id, number, data_of(value)))
        case ["action-list", *wanted]:
            items = [(name, kind, number, data_of(value)) for kind, name, number, value in wanted]
            return [told(one) for one in client.action_many(items, split_lists=False)]
        case ["access", *wanted]:
            outcomes = client.access([operation(one) for one in wanted])
            return [[one.result.name, plain(one.data.to_python())] for one in outcomes]
        case ["profile", name]:
            return rows(client, name)
        case ["range", name, start, end]:
            ends = [date_time_value(dt.datetime.fromisoformat(text)) for text in (start, end)]
            return rows(client, name, range_descriptor(*ends))
        case ["entry", name, first, count]:
            return rows(client, name, entry_descriptor(first, first + count - 1))
    return managed(client, task)


def managed(client, task):
    match task:
        case ["transfer", keys]:
            return client.transfer_keys({int(number): bytes.fromhex(key) for number, key in keys.items()})
        case ["agree", numbers]:
            return {str(int(number)): key.hex() for number, key in client.agree_keys(numbers).items()}
        case ["activate", policy]:
            return client.security_activate(policy)
        case ["pair", kind]:
            return client.generate_key_pair(kind)
        case ["request", kind]:
            request = client.certificate_request(kind)
            return [request.subject.rfc4514_string(), public_key_bytes(request.public_key()).hex()]
        case ["import", certificate]:
            return client.import_certificate(bytes.fromhex(certificate))
        case ["export", title]:
            selector = CertificateSelector.by_entity_type(
                CertificateEntity.CLIENT, CertificateType.DIGITAL_SIGNATURE, bytes.fromhex(title)
            )
            found = client.export_certificate(selector)
            return [found.system_title.hex(), public_key_bytes(found.public_key).hex()]
        case ["to-all", class_id, name, number, value]:
            own, client.link.client_sap = client.link.client_sap, FOR_ALL
            client.broadcast_set(name, class_id, number, data_of(value))
            client.link.client_sap = own
            return True
    raise SystemExit(f"unknown task {task}")


class Counted:
    """Counts the APDUs that a link sends, and keeps the first octet of each."""

    def __init__(self, link) -> None:
        self.tags = []
        self.send = link.send_apdu
        link.send_apdu = self

    def __call__(self, apdu) -> None:
        self.tags.append(apdu[0])
        self.send(apdu)


def connected(settings, security, association):
    link = settings["link"]
    where = {"host": link["host"], "port": link["port"], "client_sap": link["sap"], "timeout": 20}
    if link["kind"] == "udp":
        return DlmsClient.udp(**where, security=security, **association)
    if "hdlc" in link:
        hdlc = dict(link["hdlc"])
        parameters = HdlcParameters(**hdlc.pop("parameters", {}))
        where |= {"hdlc": True, "hdlc_parameters": parameters, **hdlc}
    return DlmsClient.tcp(**where, security=security, **association)


def used(settings):
    """What the tasks give, with the first octets of the requests that each needed."""
    suite = settings.get("security", {}).get("suite", 0)
    association = {name: setting(name, value, suite) for name, value in settings["association"].items()}
    security = None
    if "security" in settings:
        security = SecurityContext(**{name: setting(name, one, suite) for name, one in settings["security"].items()})
    client = connected(settings, security, association)
    if security is not None and "invocation_counter" not in settings["security"]:
        name = COUNTERS[settings["link"]["sap"]]
        public = connected(settings | {"link": settings["link"] | {"sap": 16}}, None, {})
        with public:
            security.set_invocation_counter(public.get(name).value + 1)
    counted, answers = Counted(client.link), []
    with client:
        if "room" in settings:
            client.association.server_max_pdu = settings["room"]
        for task in settings["tasks"]:
            counted.tags.clear()
            try:
                value = perform(client, task)
            except ServiceError as error:
                value = f"refused: {error}"
            answers.append({"value": value, "tags": list(counted.tags)})
    return {"answers": answers, "released": client.association.release_status}


def decoded(settings):
    """Notifications as the library understands them."""
    security = {name: setting(name, one, 0) for name, one in settings.get("security", {}).items()}
    decoder = PushDecoder("raw", SecurityContext(**security) if security else None)
    found = []
    for text in settings["push"]:
        for message in decoder.feed(bytes.fromhex(text)):
            stamp = message.notification.timestamp if hasattr(message.notification, "timestamp") else None
            records = [[None if one.obis is None else str(one.obis), plain(one.raw)] for one in message.records]
            found.append(
                {
                    "kind": type(message.notification).__name__,
                    "time": None if stamp is None else moment(stamp.to_bytes()),
                    "records": records,
                    "title": None if message.system_title is None else message.system_title.hex(),
                    "authenticated": message.authenticated,
                }
            )
    return found


def main() -> None:
    settings = json.loads(sys.argv[1])
    answer = decoded(settings) if "push" in settings else used(settings)
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
