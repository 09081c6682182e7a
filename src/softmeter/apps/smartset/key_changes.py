"""The commands `keys transfer`, `password` and `recover`: other secrets for a meter, never without a way back.

The order: the file that is to be is written beside the one in force; the meter is told; a new association with the new
secrets proves that it took them; only then the file takes the place of the old one. Whatever breaks off in between
leaves both files, and `recover` finds out which of them is the meter's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.credentials import group_e, login
from softmeter.apps.smartset.failures import ExplainedError
from softmeter.apps.smartset.key_files import MASTER, Entry, KeyFile, client_entry, differences
from softmeter.apps.smartset.meter import Meter, RefusedError
from softmeter.apps.smartset.names import ASSOCIATION, NAMES, SECURITY_SETUP
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.settings import Settings
from softmeter.errors import ConfigurationError
from softmeter.obis import Obis
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.keyfile import password as new_password
from softmeter.security.suites import Key
from softmeter.security.wrapping import KeyId, wrap_key
from softmeter.wire.types import Data, Tag

ENCRYPTION, AUTHENTICATION, PASSWORD = "unicast_encryption_key", "authentication_key", "lls_password"
KEYS = {"encryption": KeyId.UNICAST_ENCRYPTION, "authentication": KeyId.AUTHENTICATION, "master": KeyId.MASTER}
"""The keys of a transfer by the words of the command."""
_TRANSFER, _PARTNERS, _SECRET, _STATUS = 2, 3, 7, 8


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
    sap = login(replace(settings, client=client)).sap
    setup = Obis(0, 0, 43, 0, group_e(sap))
    secrets = {entry: key.hex() for entry, key in fresh.items()}
    _change(settings, file, secrets, lambda meter: _called(meter, setup, parameter))
    _report(settings, file, secrets, wish)


def change_password(settings: Settings, wish: Wish) -> None:
    """Replace the password of a client."""
    client = wish.of or settings.client
    file = KeyFile.read(settings.keys)
    file.check_settled()
    entry = client_entry(client, PASSWORD)
    source = KeyFile.read(wish.source) if wish.source else None
    secret = source.secret(entry) if source else new_password(SystemEntropy()).decode("ascii")
    sap = login(replace(settings, client=client, mechanism="lls")).sap
    value = Data(Tag.OCTET_STRING, secret.encode())
    own = client == settings.client

    def change(meter: Meter) -> None:
        place = NAMES["association"].obis if own else _association_of(meter, sap)
        meter.set(ASSOCIATION, place, _SECRET, value)

    _change(settings, file, {entry: secret}, change)
    _report(settings, file, {entry: secret}, wish)


def recover(settings: Settings) -> None:
    """Find out which file is the meter's after a change that broke off, and settle it."""
    file = KeyFile.read(settings.keys)
    if not file.pending.exists():
        print_json({"pending": False}) if settings.json else print("nothing to recover: no change is open")
        return
    taken = _settled(settings, file)
    if settings.json:
        print_json({"pending": True, "taken": taken})
    else:
        words = "the meter took the new secrets" if taken else "the meter has the old secrets"
        print(f"{words}; {file.path} is right")


def entry_of(kind: str, client: str) -> Entry:
    """Where a key stands in a key file."""
    return MASTER if kind == "master" else client_entry(client, ENCRYPTION if kind == "encryption" else AUTHENTICATION)


def transferred(file: KeyFile, keys: Mapping[KeyId, bytes]) -> Data:
    """The parameter of global_key_transfer: keys wrapped in the master key in force."""
    master = Key(file.key(MASTER))
    if len(master) not in {16, 32}:
        raise ConfigurationError(f"{MASTER} has {len(master)} octets; a key has 16 or 32", str(file.path))
    for key_id, key in keys.items():
        if len(key) != len(master):
            raise ConfigurationError(f"key {key_id.name.lower()} has {len(key)} octets, the master key {len(master)}")
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
    entropy = SystemEntropy()
    return {entry: entropy.octets(len(file.key(entry))) for entry in entries.values()}


def _called(meter: Meter, setup: Obis, parameter: Data) -> None:
    meter.call(SECURITY_SETUP, setup, _TRANSFER, parameter)
    meter.is_left = True


def _association_of(meter: Meter, sap: int) -> Obis:
    """The association object of another client."""
    for entry in meter.objects():
        if entry.class_id == ASSOCIATION and entry.obis != NAMES["association"].obis:
            partners = meter.get(ASSOCIATION, entry.obis, _PARTNERS).value
            if partners and partners[0].value == sap:
                return entry.obis
    raise ExplainedError(f"the meter shows no association of client address {sap}")


def _change(settings: Settings, file: KeyFile, secrets: Mapping[Entry, str], change: Callable[[Meter], None]) -> None:
    """Change secrets of the meter and then of the file.

    Raises:
        ExplainedError: the meter refused, or does not say which secrets it has now: both files are there then.
    """
    text = file.changed(secrets)
    with opened(settings) as meter:
        file.put_pending(text)
        try:
            change(meter)
        except RefusedError:
            file.drop_pending()
            raise
        except ExplainedError:
            pass  # the answer was lost: whether it was done shows below
    if not _settled(settings, file):
        raise ExplainedError(f"the meter did not take the new secrets; {file.path} is as it was")


def _settled(settings: Settings, file: KeyFile) -> bool:
    """Whether the meter has the secrets of the file that is to be; the right file is in force afterwards.

    Raises:
        ExplainedError: neither of the two opens an association.
    """
    changed = list(differences(file.text, KeyFile.read(file.pending).text))
    reason = ""
    for path, taken in ((file.pending, True), (file.path, False)):
        try:
            _prove(settings, path, changed)
        except ExplainedError as error:
            reason = reason or str(error)
            continue
        file.take_pending() if taken else file.drop_pending()
        return taken
    raise ExplainedError(
        f"it is not known which secrets the meter has: {reason}; "
        f"{file.path} (old) and {file.pending} (new) are both kept, run smartset … keys recover"
    )


def _prove(settings: Settings, path: Path, changed: Sequence[Entry]) -> None:
    """Use each of the secrets of `path` that changed; raises ExplainedError where one does not work."""
    told = replace(settings, keys=path, show=False)
    for client in dict.fromkeys(entry.table[1] for entry in changed if entry != MASTER):
        names = {entry.name for entry in changed if entry.table[-1] == client}
        ways = [told.mechanism] if names - {PASSWORD} else []
        for way in [*ways, *(["lls"] if PASSWORD in names else [])]:
            with opened(replace(told, client=client, mechanism=way)) as meter:
                meter.get(ASSOCIATION, NAMES["association"].obis, _STATUS)
    if MASTER in changed:  # nothing but another transfer shows that it wraps
        file = KeyFile.read(path)
        key = file.key(client_entry(settings.client, AUTHENTICATION))
        with opened(told) as meter:
            setup = Obis(0, 0, 43, 0, group_e(login(told).sap))
            _called(meter, setup, transferred(file, {KeyId.AUTHENTICATION: key}))


def _report(settings: Settings, file: KeyFile, secrets: Mapping[Entry, str], wish: Wish) -> None:
    if settings.json:
        shown: dict[str, object] = {"file": str(file.path), "replaced": [str(entry) for entry in secrets]}
        if wish.show:
            shown["secrets"] = {str(entry): value for entry, value in secrets.items()}
        print_json(shown)
        return
    for entry, value in secrets.items():
        print(f"{entry}: replaced{f' by {value}' if wish.show else ''}")
    print(f"a new association proves it; {file.path} has the new secrets")
