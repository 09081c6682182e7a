"""The command `keys agree`: a key that the meter and we derive together, C(2e,0s); both sign, no master key wraps.

Who does not get the meter's answer cannot know the key. So one is agreed on at a time, and only one without which the
others still let the client in. Where the answer about an encryption key is lost, a fresh one takes its place that
travels wrapped in the master key, and is asked for under a key that does so too. A master key is agreed on once more.
The fresh one is in the file that is to be before anything is asked: whatever breaks off, `keys recover` finds it there.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from softmeter.apps.smartset.authorities import METER_CERTIFICATE
from softmeter.apps.smartset.certificates import listed
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.credentials import Login, login
from softmeter.apps.smartset.failures import ExplainedError
from softmeter.apps.smartset.key_changes import (
    KEYS,
    Wish,
    called,
    changed,
    entry_of,
    prove,
    report,
    settled,
    setup_of,
    tell_settled,
    transferred,
)
from softmeter.apps.smartset.key_changes import recover as settle
from softmeter.apps.smartset.key_files import MASTER, Entry, KeyFile, differences
from softmeter.apps.smartset.meter import Meter, RefusedError
from softmeter.apps.smartset.names import SECURITY_SETUP
from softmeter.apps.smartset.settings import Settings
from softmeter.cosem.classes.security_setup_v1 import KeyAgreement
from softmeter.dlms.channel import Family
from softmeter.errors import ConfigurationError, DecodeError, SecurityError
from softmeter.obis import Obis
from softmeter.runtime.entropy import SystemEntropy
from softmeter.security.agreement import ephemeral_key, signed_point, verified_point
from softmeter.security.certificates import Certificate, Entity
from softmeter.security.curves import KeyPair
from softmeter.security.identity import Identity, Purpose
from softmeter.security.suites import Key, Suite, Use
from softmeter.security.wrapping import KeyId
from softmeter.wire.types import Data, array_of, decode_data, encode_data, struct

_AGREE = 3
_agreements = array_of(struct(KeyAgreement))


def agree(settings: Settings, kind: str, *, show: bool) -> None:
    """Replace a key of the client that comes in by an agreed one.

    Raises:
        ExplainedError: the meter refused, or it is not known which key it has.
    """
    file = KeyFile.read(settings.keys)
    file.check_settled()
    who, setup = login(settings), setup_of(settings, settings.client)
    key_id, entry = KEYS[kind], entry_of(kind, settings.client)
    fresh = SystemEntropy().octets(Suite.SUITE_1.key_octets)
    way_back = file.changed({entry: fresh.hex()})
    begin = partial(file.put_pending, way_back) if entry != MASTER else _nothing
    try:
        key = _agreed(settings, who, setup, key_id, begin)
    except RefusedError:
        file.drop_pending()
        raise
    if key is None and entry == MASTER:
        key = _agreed(settings, who, setup, key_id, _nothing)
        if key is None:
            raise ExplainedError("answers are lost; run it again: all other keys are as they were")
    if key is None:
        key = _mended(settings, file, entry, setup, fresh)
    else:
        file.put_pending(file.changed({entry: key.hex()}))
        if not settled(settings, file, answered=True):
            raise ExplainedError(f"the meter does not use the key it agreed to; {file.path} is as it was")
    report(settings, file, {entry: key.hex()}, Wish(settings.client, show=show))


def recover(settings: Settings) -> None:
    """Settle a change that broke off; where nobody knows the encryption key, the one that was to be takes its place."""
    file = KeyFile.read(settings.keys)
    try:
        settle(settings)
    except ExplainedError:
        entry, who = entry_of("encryption", settings.client), login(settings)
        wanted = differences(file.text, KeyFile.read(file.pending).text)
        if set(wanted) != {entry} or who.credentials.identity is None or who.credentials.suite is Suite.SUITE_0:
            raise
        _replaced(settings, file, entry, setup_of(settings, settings.client), bytes.fromhex(wanted[entry]))
        tell_settled(settings, file, taken=True)


def _nothing() -> None:
    """A master key needs no way back: all others stay as they are."""


def _agreed(settings: Settings, who: Login, setup: Obis, key_id: KeyId, begin: Callable[[], None]) -> bytes | None:
    """The key that both ends worked out; None: the meter's answer was lost. `begin` is called before the request."""
    identity, mark = _identity(who), bytes((key_id,))
    signer = identity.pair(Purpose.SIGNATURE)
    if signer is None:
        raise ConfigurationError(f"keys are agreed on with signing_key, which is not in {who.where}")
    ours = KeyPair.draw(Suite.SUITE_1, SystemEntropy())
    proposed = _agreements.encode((KeyAgreement(key_id, signed_point(ours, signer, mark)),))
    with opened(settings) as meter:
        title = meter.terms.system_title
        theirs = identity.public(title, Purpose.SIGNATURE)
        if theirs is None:
            raise ConfigurationError(
                "keys are agreed on with signing_certificate of [meter], which is not that of this meter"
            )
        _check_present(meter, setup, KeyFile.read(settings.keys))
        begin()
        try:
            answer = meter.call(SECURITY_SETUP, setup, _AGREE, decode_data(proposed))
        except RefusedError:
            raise
        except ExplainedError:
            return None
        meter.is_left = True
    try:
        ((named, point),) = [(one.key_id, one.key_data) for one in _answered(answer)]
        if named is not key_id:
            raise SecurityError("another key than that asked for")  # noqa: TRY301 - one place explains
        shared = ours.agree(verified_point(Suite.SUITE_1, point, theirs, mark))
    except (DecodeError, SecurityError, ValueError) as error:
        raise ExplainedError(f"the meter has agreed to a key, and its answer cannot be used: {error}") from error
    return bytes(ephemeral_key(Suite.SUITE_1, shared, key_id, settings.title, title))


def _check_present(meter: Meter, setup: Obis, file: KeyFile) -> None:
    """Refuse to begin where the meter signs by another certificate now: nobody but it would know the agreed key."""
    noted = Certificate.read(file.key(METER_CERTIFICATE))
    own = {
        number: (info.serial, info.issuer)
        for number, info in enumerate(listed(meter, setup), 1)
        if (info.entity, info.purpose) == (Entity.SERVER, Purpose.SIGNATURE)
    }
    if own and (noted.serial, noted.issuer) not in own.values():
        raise ConfigurationError(
            f"the meter signs by another certificate than {METER_CERTIFICATE}; "
            f"note it with smartset … keys certificate export {max(own)} FILE",
            str(file.path),
        )


def _answered(answer: Data | None) -> tuple[KeyAgreement, ...]:
    return () if answer is None else _agreements.decode(encode_data(answer))


def _identity(who: Login) -> Identity:
    identity = who.credentials.identity
    if identity is None or who.credentials.suite is Suite.SUITE_0:
        raise ConfigurationError(f"keys are agreed on in suite 1, with signing_key, which is not in {who.where}")
    return identity


def _mended(settings: Settings, file: KeyFile, entry: Entry, setup: Obis, fresh: bytes) -> bytes:
    """After a lost answer: the old key still works, or a fresh one takes the place of the one that nobody knows."""
    try:
        prove(settings, file.path, [entry], answered=False)
    except ExplainedError:
        pass
    else:
        file.drop_pending()
        raise ExplainedError(f"the meter did not take the new key; {file.path} is as it was")
    _replaced(settings, file, entry, setup, fresh)
    return fresh


def _replaced(settings: Settings, file: KeyFile, entry: Entry, setup: Obis, fresh: bytes) -> None:
    """Have an encryption key that nobody knows replaced by a fresh one, asked for under a key that travels wrapped.

    Raises:
        ExplainedError: it was not to be done; the file that is to be has the fresh key, `keys recover` tries again.
    """
    who = login(replace(settings, mechanism="hls7"))
    wrapping = replace(
        who.credentials, family=Family.CIPHERING, message_key=Use.WRAPPED, master_key=Key(file.key(MASTER))
    )
    parameter = transferred(file, {KeyId.UNICAST_ENCRYPTION: fresh})

    def transfer(meter: Meter) -> None:
        called(meter, setup, parameter)

    changed(settings, file, {entry: fresh.hex()}, transfer, replace(who, credentials=wrapping))
