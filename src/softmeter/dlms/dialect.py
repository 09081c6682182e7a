"""Where the books leave room and public programs differ: one switch each, explained in docs/security-notes.md."""

from dataclasses import dataclass
from enum import Enum, auto


class CounterProfile(Enum):
    """How the invocation counters of a client are judged."""

    STRICT = auto()
    """Above the last one ever accepted under the key, also after years and power cuts."""
    PER_ASSOCIATION = auto()
    """Anew in each association that proves itself by a challenge; for laboratory clients that restart their counter."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one client and one server understand each other; the defaults are this project's reading of the books."""

    authenticates_fields: bool = True
    """The tag of general-ciphering covers the transaction-id, titles, time and information in front of it as well."""
    signs_content_length: bool = True
    """A general signature covers the content with its length, not only its octets."""
    transaction_with_length: bool = True
    """OtherInfo of a static key has the transaction-id with its length octet."""
    point_mark: bytes = b""
    """What stands before an ephemeral point in the signature of a one-pass key."""
    exceptions_to_aarq: bool = False
    """A ciphered AARQ that fails is answered by an exception-response (D8 01 05, D8 01 06), not by diagnostic 13."""
    plain_release: bool = False
    """A release without proof ends a ciphered association as well."""
    action_blocks_with_result: bool = False
    """Blocks of the service carry a method's result before what it returned, not what it returned alone."""


STANDARD = Dialect()
