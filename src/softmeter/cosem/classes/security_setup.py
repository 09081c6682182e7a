"""Class 64, Security setup: policy, suite, titles and keys of a group of clients (IEC 62056-62, 4.4.7).

Keys never leave the meter. What a method changes, it changes as a whole or not at all; it is in force from the next
APDU on. The part that holds keys and certificates is the device's.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Protocol, TypeVar

from softmeter.cosem.access import ActionResult
from softmeter.cosem.interface import Holder, Interface, computed, method
from softmeter.entropy import Entropy
from softmeter.errors import AccessError, SecurityError
from softmeter.security.certificates import Certificate
from softmeter.security.policies import strengthens_version_0
from softmeter.security.suites import Key, Suite
from softmeter.security.trust import TrustStore
from softmeter.security.wrapping import KeyId, unwrap_key
from softmeter.wire.types import Data, EnumOf, Tag, anything, array_of, octets, of, struct, structure

MOST_KEYS = 4


class SecurityPolicy(IntEnum):
    """security_policy of version 0: what every APDU must at least be."""

    NOTHING = 0
    AUTHENTICATED = 1
    ENCRYPTED = 2
    AUTHENTICATED_ENCRYPTED = 3


class SecurityPart(Protocol):
    """A meter's security settings for one group of clients."""

    @property
    def policy(self) -> int: ...

    @property
    def suite(self) -> int: ...

    @property
    def client_system_title(self) -> bytes:
        """Of the last client; empty before there was one."""
        ...

    @property
    def server_system_title(self) -> bytes: ...


class KeyStore(SecurityPart, Protocol):
    """The part of a meter that can change them."""

    @property
    def master(self) -> Key:
        """The key that wraps others (KEK)."""
        ...

    def activate(self, policy: int) -> None:
        """Put a policy that is no weaker in force, in the numbers of the class's version."""
        ...

    def replace(self, keys: Mapping[KeyId, Key]) -> None:
        """Put new keys in force, all at once; a new encryption key has its counters start afresh, both ways."""
        ...


class TrustHolder(KeyStore, Protocol):
    """The part of a meter of suite 1 or 2: with key pairs, certificates and what it takes to make them."""

    @property
    def trust(self) -> TrustStore: ...

    @property
    def entropy(self) -> Entropy: ...

    @property
    def now(self) -> int:
        """An `Instant`: certificates have a first and a last day."""
        ...

    def spares(self, certificate: Certificate) -> bool:
        """Whether it may be removed: without it somebody could not come in any more."""
        ...


@structure
class KeyTransfer:
    """One wrapped key."""

    key_id: KeyId = of(EnumOf(KeyId))
    wrapped: bytes = of(octets)


transfers_form = array_of(struct(KeyTransfer), most=MOST_KEYS)


def refused(reason: str) -> AccessError:
    """Other-reason: that is all a client is told."""
    return AccessError(ActionResult.OTHER_REASON, reason)


T = TypeVar("T")


def key_store(part: Callable[[Any], T] | None, meter: Holder) -> T:
    """The part that changes keys.

    Raises:
        AccessError: there is none, the keys are fixed.
    """
    if part is None:
        raise AccessError(ActionResult.READ_WRITE_DENIED, "the keys are fixed")
    return part(meter)


def transferred_keys(store: KeyStore, transfers: tuple[KeyTransfer, ...]) -> dict[KeyId, Key]:
    """The keys in `transfers`, all unwrapped with the master key in force.

    Raises:
        AccessError: there are none, one stands twice, or does not verify: then nothing may change.
    """
    suite, keys = Suite(store.suite), dict[KeyId, Key]()
    for transfer in transfers:
        if transfer.key_id in keys:
            raise refused("a key twice")
        try:
            keys[transfer.key_id] = unwrap_key(store.master, transfer.wrapped, suite)
        except SecurityError as error:
            raise refused(str(error)) from error
    if not keys:
        raise refused("no key")
    return keys


class SecuritySetup(Interface, class_id=64, version=0):
    """The settings of suite 0; without `keys` they are fixed."""

    part: Callable[[Any], SecurityPart]
    keys: Callable[[Any], KeyStore] | None = None

    @computed(2, anything)
    def security_policy(self, meter: Holder) -> Data:
        return Data(Tag.ENUM, self.part(meter).policy)

    @computed(3, EnumOf(Suite))
    def security_suite(self, meter: Holder) -> Suite:
        return Suite(self.part(meter).suite)

    @computed(4, octets)
    def client_system_title(self, meter: Holder) -> bytes:
        return self.part(meter).client_system_title

    @computed(5, octets)
    def server_system_title(self, meter: Holder) -> bytes:
        return self.part(meter).server_system_title

    @method(1, anything)
    def security_activate(self, meter: Holder, policy: Data) -> None:
        """Strengthen the policy; refuse to weaken it."""
        store = key_store(self.keys, meter)
        if policy.type is not Tag.ENUM:
            raise AccessError(ActionResult.TYPE_UNMATCHED, "a policy is an enum")
        if not self.strengthens(policy.value, store.policy):
            raise refused("a policy can only be strengthened")
        store.activate(policy.value)

    @method(2, transfers_form)
    def global_key_transfer(self, meter: Holder, transfers: tuple[KeyTransfer, ...]) -> None:
        """Replace keys by wrapped ones, all or none."""
        store = key_store(self.keys, meter)
        store.replace(transferred_keys(store, transfers))

    def strengthens(self, new: int, old: int) -> bool:
        """Whether `new` is a policy, and no weaker than `old`."""
        return strengthens_version_0(new, old)
