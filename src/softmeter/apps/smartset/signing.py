"""What a client of suite 1 proves itself and signs with, from its key file."""

from dataclasses import dataclass, field

from softmeter.errors import ConfigurationError, SecurityError
from softmeter.security.certificates import Certificate
from softmeter.security.curves import KeyPair
from softmeter.security.identity import KnownKeys, Purpose
from softmeter.security.suites import Suite


@dataclass(frozen=True, slots=True)
class Signature:
    """A client's key for signatures, its certificate, and that of the meter; empty where the file has none."""

    private: bytes = field(default=b"", repr=False)
    certificate: bytes = b""
    of_meter: bytes = b""

    @property
    def title(self) -> bytes:
        """Whose certificate it is; empty where there is none."""
        return Certificate.read(self.certificate).title if self.certificate else b""

    def identity(self, where: str) -> KnownKeys | None:
        """The pair and the meter's public key; None without a pair.

        Raises:
            ConfigurationError: an entry is no key or certificate; `where` says of what.
        """
        try:
            others = {}
            if self.of_meter:
                meter = Certificate.read(self.of_meter)
                others[meter.title, Purpose.SIGNATURE] = meter.public
            if not self.private:
                return None
            return KnownKeys({Purpose.SIGNATURE: KeyPair.of(Suite.SUITE_1, self.private)}, others)
        except SecurityError as error:
            raise ConfigurationError(f"signing_key or a signing_certificate is none ({error})", where) from None
