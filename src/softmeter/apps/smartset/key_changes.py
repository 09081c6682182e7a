"""The commands `keys transfer`, `password` and `recover`: other secrets for a meter, never without a way back.

The order: the file that is to be is written beside the one in force; the meter is told; a new association with the new
secrets proves that it took them; only then the file takes the place of the old one. Whatever breaks off in between
leaves both files, and `recover` finds out which of them is the meter's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.credentials import PUBLIC, Login, can_sign, group_e, login
from softmeter.apps.smartset.failures import ExplainedError
from softmeter.apps.smartset.key_files import MASTER, P1, Entry, KeyFile, client_entry, differences
from softmeter.apps.smartset.meter import Meter, RefusedError
from softmeter.apps.smartset.names import ASSOCIATION, NAMES, SECURITY_SETUP
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.settings import Settings
from softmeter.errors import ConfigurationError
from softmeter.meter.clients import CONSUMER, SECURITY_SETUPS
from softmeter.obis import Obis
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.keyfile import BROADCAST_KEY
from softmeter.runtime.keyfile import password as new_password
from softmeter.security.suites import Key
from softmeter.security.wrapping import KeyId, wrap_key
from softmeter.wire.types import Data, Tag

ENCRYPTION, AUTHENTICATION, PASSWORD = "unicast_encryption_key", "authentication_key", "lls_password"
KEYS = {
    "encryption": KeyId.UNICAST_ENCRYPTION,
    "authentication": KeyId.AUTHENTICATION,
    "master": KeyId.MASTER,
    "broadcast": KeyId.BROADCAST_ENCRYPTION,
}
"""The keys of a transfer by the words of the command."""
P1_ENCRYPTION = "encryption_key"
TRANSFER = 2
"""The method of a security setup that replaces keys."""
_PARTNERS, _SECRET, _STATUS = 3, 7, 8


@dataclass(frozen=True, slots=True)
class Wish:
    """Which secrets of which client change (empty: those of the client that comes in), and from where they come."""

    of: str = ""
    kinds: Sequence[str] = ()
    source: Path | None = None
    show: bool = False


def transfer(settings: Settings, wish: Wish) -> None:
    """Replace keys of a client, all or none of them."""
    client = wish.of or settings.client
    file = KeyFile.read(settings.keys)
    file.check_settled()
    entries = {KEYS[kind]: entry_of(kind, client) for kind in wish.kinds or ("encryption", "authentication")}
    fresh = _fresh(entries, file, wish)
    parameter = transferred(file, {key_id: fresh[entry] for key_id, entry in entries.items()})
    setup = setup_of(settings, client)
    secrets = {entry: key.hex() for entry, key in fresh.items()}
    changed(settings, file, secrets, lambda meter: called(meter, setup, parameter))
    report(settings, file, secrets, wish)


def change_password(settings: Settings, wish: Wish) -> None:
    """Replace the password of a client."""
    client = wish.of or settings.client
    file = KeyFile.read(settings.keys)
    file.check_settled()
    _check_secrets(client)
    entry = client_entry(client, PASSWORD)
    source = KeyFile.read(wish.source) if wish.source else None
    secret = source.secret(entry) if source else new_password(SystemEntropy()).decode("ascii")
    sap = login(_as(settings, client, "lls")).sap
    value = Data(Tag.OCTET_STRING, secret.encode())
    own = client == settings.client

    def change(meter: Meter) -> None:
        place = NAMES["association"].obis if own else _association_of(meter, sap)
        meter.set(ASSOCIATION, place, _SECRET, value)

    changed(settings, file, {entry: secret}, change)
    report(settings, file, {entry: secret}, wish)


def recover(settings: Settings) -> None:
    """Find out which file is the meter's after a change that broke off, and settle it."""
    file = KeyFile.read(settings.keys)
    if not file.pending.exists():
        print_json({"pending": False}) if settings.json else print("nothing to recover: no change is open")
        return
    tell_settled(settings, file, taken=settled(settings, file))


def tell_settled(settings: Settings, file: KeyFile, *, taken: bool) -> None:
    if settings.json:
        print_json({"pending": True, "taken": taken})
    else:
        words = "the meter took the new secrets" if taken else "the meter has the old secrets"
        print(f"{words}; {file.path} is right")


def entry_of(kind: str, client: str) -> Entry:
    """Where a key stands in a key file.

    Raises:
        ConfigurationError: the client has no such key.
    """
    if kind == "master":
        return MASTER
    _check_secrets(client)
    if client == P1:
        if kind == "broadcast":
            raise ConfigurationError("P1 has no broadcast key; choose encryption or authentication", "--key")
        return Entry((P1,), P1_ENCRYPTION if kind == "encryption" else AUTHENTICATION)
    return client_entry(client, {"encryption": ENCRYPTION, "broadcast": BROADCAST_KEY}.get(kind, AUTHENTICATION))


def _check_secrets(client: str) -> None:
    if client == PUBLIC:
        raise ConfigurationError("client public has no keys; say whose with --client, as in --client management")


def transferred(file: KeyFile, keys: Mapping[KeyId, bytes]) -> Data:
    """The parameter of global_key_transfer: keys wrapped in the master key in force."""
    master = Key(file.key(MASTER))
    if len(master) not in {16, 32}:
        raise ConfigurationError(f"{MASTER} has {len(master)} octets; a key has 16 or 32", str(file.path))
    for key_id, key in keys.items():
        if len(key) != len(master):
            raise ConfigurationError(f"key {key_id.name.lower()} has {len(key)} octets, the master key {len(master)}")
    return wrapped(master, keys)


def wrapped(master: Key, keys: Mapping[KeyId, bytes]) -> Data:
    """The same of keys whose lengths fit."""
    return Data(
        Tag.ARRAY,
        tuple(
            Data(Tag.STRUCTURE, (Data(Tag.ENUM, int(key_id)), Data(Tag.OCTET_STRING, wrap_key(master, key))))
            for key_id, key in keys.items()
        ),
    )


def _fresh(entries: Mapping[KeyId, Entry], file: KeyFile, wish: Wish) -> dict[Entry, bytes]:
    """The new keys: those of a file, or of chance."""
    if wish.source:
        source = KeyFile.read(wish.source)
        return {entry: source.key(entry) for entry in entries.values()}
    entropy, size = SystemEntropy(), len(file.key(MASTER))
    return {entry: entropy.octets(size) for entry in entries.values()}


def setup_of(settings: Settings, client: str) -> Obis:
    """The security setup of a client."""
    sap = CONSUMER if client == P1 else login(_as(settings, client)).sap
    return SECURITY_SETUPS.get(sap, Obis(0, 0, 43, 0, group_e(sap)))


def _as(settings: Settings, client: str, mechanism: str = "") -> Settings:
    """The settings of `client`: what options say of the one who comes in is not said of another one.

    He comes in by his usual way, and signs if he can.
    """
    if client == settings.client:
        return replace(settings, mechanism=mechanism or settings.mechanism)
    other = replace(settings, client=client, mechanism=mechanism)
    return replace(other, sign=settings.sign and can_sign(other))


def called(meter: Meter, setup: Obis, parameter: Data) -> None:
    meter.call(SECURITY_SETUP, setup, TRANSFER, parameter)
    meter.is_left = True


def _association_of(meter: Meter, sap: int) -> Obis:
    """The association object of another client."""
    for entry in meter.objects():
        if entry.class_id == ASSOCIATION and entry.obis != NAMES["association"].obis:
            partners = meter.get(ASSOCIATION, entry.obis, _PARTNERS).value
            if partners and partners[0].value == sap:
                return entry.obis
    raise ExplainedError(f"the meter shows no association of client address {sap}")


def changed(
    settings: Settings,
    file: KeyFile,
    secrets: Mapping[Entry, str],
    change: Callable[[Meter], None],
    who: Login | None = None,
) -> None:
    """Change secrets of the meter, as the client of the settings or as `who`, and then those of the file.

    Raises:
        ExplainedError: the meter refused, or does not say which secrets it has now: both files are there then.
    """
    text, answered = file.changed(secrets), False
    with opened(settings, who) as meter:
        file.put_pending(text)
        try:
            change(meter)
            answered = True
        except RefusedError:
            file.drop_pending()
            raise
        except ExplainedError:
            pass  # the answer was lost: whether it was done shows below
    if not settled(settings, file, answered=answered):
        raise ExplainedError(f"the meter did not take the new secrets; {file.path} is as it was")


def settled(settings: Settings, file: KeyFile, *, answered: bool = False) -> bool:
    """Whether the meter has the secrets of the file that is to be; the right file is in force afterwards.

    `answered`: whether the meter has said that it took them.

    Raises:
        ExplainedError: neither of the two opens an association.
    """
    changed = list(differences(file.text, KeyFile.read(file.pending).text))
    reason = ""
    for path, taken in ((file.pending, True), (file.path, False)):
        try:
            prove(settings, path, changed, answered=answered)
        except ExplainedError as error:
            reason = reason or str(error)
            continue
        file.take_pending() if taken else file.drop_pending()
        return taken
    raise ExplainedError(
        f"it is not known which secrets the meter has: {reason}; "
        f"{file.path} (old) and {file.pending} (new) are both kept, run smartset … keys recover"
    )


def prove(settings: Settings, path: Path, changed: Sequence[Entry], *, answered: bool) -> None:
    """Use each of the secrets of `path` that changed; raises ExplainedError where one does not work.

    Of keys that open no association, those of P1 and of messages to all meters, the answer is all the proof there is:
    where it was lost they are sent once more, which changes nothing if the meter has them.
    """
    told = replace(settings, keys=path, show=False)
    unproven = [entry for entry in changed if _opens_nothing(entry)]
    for client in dict.fromkeys(entry.table[1] for entry in changed if entry != MASTER and entry not in unproven):
        names = {entry.name for entry in changed if entry.table[-1] == client and entry not in unproven}
        ways = [""] if names - {PASSWORD} else []
        for way in [*ways, *(["lls"] if PASSWORD in names else [])]:
            with opened(_as(told, client, way)) as meter:
                meter.get(ASSOCIATION, NAMES["association"].obis, _STATUS)
    if unproven and not answered:
        _send_again(told, KeyFile.read(path), unproven)
    if MASTER in changed:  # nothing but another transfer shows that it wraps
        file = KeyFile.read(path)
        key = file.key(client_entry(settings.client, AUTHENTICATION))
        with opened(told) as meter:
            setup = Obis(0, 0, 43, 0, group_e(login(told).sap))
            called(meter, setup, transferred(file, {KeyId.AUTHENTICATION: key}))


def _opens_nothing(entry: Entry) -> bool:
    """Whether nobody comes in by a secret: the keys of P1, and that of messages to all meters."""
    return entry.table[0] == P1 or entry.name == BROADCAST_KEY


def _send_again(settings: Settings, file: KeyFile, entries: Sequence[Entry]) -> None:
    """Have the meter take keys that it may have taken already."""
    for client in dict.fromkeys(entry.table[-1] for entry in entries):
        kinds = {kind: entry_of(kind, client) for kind in KEYS if client != P1 or kind != "broadcast"}
        keys = {KEYS[kind]: file.key(entry) for kind, entry in kinds.items() if entry in entries}
        with opened(settings) as meter:
            called(meter, setup_of(settings, client), transferred(file, keys))


def report(settings: Settings, file: KeyFile, secrets: Mapping[Entry, str], wish: Wish) -> None:
    if settings.json:
        shown: dict[str, object] = {"file": str(file.path), "replaced": [str(entry) for entry in secrets]}
        if wish.show:
            shown["secrets"] = {str(entry): value for entry, value in secrets.items()}
        print_json(shown)
        return
    for entry, value in secrets.items():
        print(f"{entry}: replaced{f' by {value}' if wish.show else ''}")
    proof = "the meter's answer" if all(map(_opens_nothing, secrets)) else "a new association"
    print(f"{proof} proves it; {file.path} has the new secrets")
