"""Class 64 version 1, Security setup with agreed keys and certificates (IEC 62056-62, 4.4.7)."""

from collections.abc import Callable
from typing import Any, TypeVar

from softmeter.cosem.classes.certificate_selection import CertificateInfo, Selection, selection
from softmeter.cosem.classes.security_setup import (
    MOST_KEYS,
    KeyTransfer,
    SecuritySetup,
    TrustHolder,
    key_store,
    refused,
    transfers_form,
)
from softmeter.cosem.interface import Holder, computed, method
from softmeter.errors import SecurityError
from softmeter.instant import Instant
from softmeter.security.agreement import ephemeral_key, signed_point, verified_point
from softmeter.security.curves import KeyPair
from softmeter.security.identity import Purpose
from softmeter.security.policies import strengthens
from softmeter.security.suites import Key, Suite
from softmeter.security.wrapping import KeyId
from softmeter.wire.types import EnumOf, array_of, octets, of, struct, structure


@structure
class KeyAgreement:
    """One side's ephemeral point and signature for one key."""

    key_id: KeyId = of(EnumOf(KeyId))
    key_data: bytes = of(octets)


T = TypeVar("T")


class SecuritySetupV1(SecuritySetup, class_id=64, version=1):
    """The settings of suites 1 and 2; without `keys` they are fixed. The policy is a set of bits."""

    keys: Callable[[Any], TrustHolder] | None = None

    @computed(6, array_of(struct(CertificateInfo)))
    def certificates(self, meter: Holder) -> tuple[CertificateInfo, ...]:
        if self.keys is None:
            return ()
        holder = self.keys(meter)
        return tuple(CertificateInfo.about(one, holder.server_system_title) for one in holder.trust.certificates)

    @method(2, transfers_form)
    def key_transfer(self, meter: Holder, transfers: tuple[KeyTransfer, ...]) -> None:
        """Replace keys by wrapped ones, all or none: what version 0 calls global_key_transfer."""
        self.global_key_transfer(meter, transfers)

    @method(3, array_of(struct(KeyAgreement), most=MOST_KEYS), returns=array_of(struct(KeyAgreement)))
    def key_agreement(self, meter: Holder, proposed: tuple[KeyAgreement, ...]) -> tuple[KeyAgreement, ...]:
        """Replace keys by agreed ones, C(2e,0s), all or none."""
        holder, session = key_store(self.keys, meter), meter.sessions.current
        if session is None or not proposed or len({one.key_id for one in proposed}) != len(proposed):
            raise refused("no client, no key, or a key twice")
        try:
            agreed = [self._agreed(holder, one, session.client_title) for one in proposed]
        except SecurityError as error:
            raise refused(str(error)) from error
        holder.replace({one.key_id: key for one, (_, key) in zip(proposed, agreed, strict=True)})
        return tuple(answer for answer, _ in agreed)

    @method(4, EnumOf(Purpose))
    def generate_key_pair(self, meter: Holder, purpose: Purpose) -> None:
        """Draw a pair; it is used once its certificate is imported."""
        holder = key_store(self.keys, meter)
        _answered(lambda: holder.trust.draw_pair(purpose, holder.entropy))

    @method(5, EnumOf(Purpose), returns=octets)
    def generate_certificate_request(self, meter: Holder, purpose: Purpose) -> bytes:
        holder = key_store(self.keys, meter)
        return _answered(lambda: holder.trust.request(purpose))

    @method(6, octets)
    def import_certificate(self, meter: Holder, der: bytes) -> None:
        """Take a certificate that leads to a trusted authority."""
        holder = key_store(self.keys, meter)
        _answered(lambda: holder.trust.take(der, Instant(holder.now)))

    @method(7, selection, returns=octets)
    def export_certificate(self, meter: Holder, chosen: Selection) -> bytes:
        holder = key_store(self.keys, meter)
        server = holder.server_system_title
        found = [one for one in holder.trust.certificates if chosen.chooses(one, server)]
        if not found:
            raise refused("no such certificate")
        return found[-1].der

    @method(8, selection)
    def remove_certificate(self, meter: Holder, chosen: Selection) -> None:
        """Remove an imported certificate; trusted authorities stay, and what somebody needs to come in."""
        holder = key_store(self.keys, meter)
        server = holder.server_system_title
        found = [one for one in holder.trust.certificates if chosen.chooses(one, server)]
        if not all(holder.spares(one) for one in found):
            raise refused("the certificate is needed under the policy in force")
        if not holder.trust.remove(lambda one: chosen.chooses(one, server)):
            raise refused("no such certificate")

    def strengthens(self, new: int, old: int) -> bool:
        """Whether `new` is a policy, and clears no bit of `old`."""
        return strengthens(new, old)

    def _agreed(self, holder: TrustHolder, proposed: KeyAgreement, client: bytes) -> tuple[KeyAgreement, Key]:
        """Our ephemeral point, signed, and the key it leads to."""
        suite, key_id, server = Suite(holder.suite), proposed.key_id, holder.server_system_title
        signer, theirs = holder.trust.pair(Purpose.SIGNATURE), holder.trust.public(client, Purpose.SIGNATURE)
        if signer is None or theirs is None or suite is Suite.SUITE_0:
            raise SecurityError("no signature keys to agree by")
        mark = bytes((key_id,))
        point = verified_point(suite, proposed.key_data, theirs, mark)
        ephemeral = KeyPair.draw(suite, holder.entropy)
        key = ephemeral_key(suite, ephemeral.agree(point), key_id, client, server)
        return KeyAgreement(key_id, signed_point(ephemeral, signer, mark)), key


def _answered(act: Callable[[], T]) -> T:
    try:
        return act()
    except SecurityError as error:
        raise refused(str(error)) from error
