"""Result codes of services and the rights of clients (IEC 62056-53, Data-Access-Result; IEC 62056-62, access_rights).

Rights are named policies: what each audience may read, write and call, by the names of attributes and methods. A policy
is stated once, in the row of an object; the list of objects sent to a client and the refusals are derived from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import ClassVar

from softmeter.security.policies import Policy as Demand


class DataAccessResult(IntEnum):
    """How a GET or SET of one attribute ended."""

    SUCCESS = 0
    HARDWARE_FAULT = 1
    TEMPORARY_FAILURE = 2
    READ_WRITE_DENIED = 3
    OBJECT_UNDEFINED = 4
    OBJECT_CLASS_INCONSISTENT = 9
    OBJECT_UNAVAILABLE = 11
    TYPE_UNMATCHED = 12
    SCOPE_OF_ACCESS_VIOLATED = 13
    DATA_BLOCK_UNAVAILABLE = 14
    LONG_GET_ABORTED = 15
    NO_LONG_GET_IN_PROGRESS = 16
    LONG_SET_ABORTED = 17
    NO_LONG_SET_IN_PROGRESS = 18
    DATA_BLOCK_NUMBER_INVALID = 19
    OTHER_REASON = 250


class ActionResult(IntEnum):
    """How an ACTION on one method ended; up to 14 the numbers are those of `DataAccessResult`."""

    SUCCESS = 0
    HARDWARE_FAULT = 1
    TEMPORARY_FAILURE = 2
    READ_WRITE_DENIED = 3
    OBJECT_UNDEFINED = 4
    OBJECT_CLASS_INCONSISTENT = 9
    OBJECT_UNAVAILABLE = 11
    TYPE_UNMATCHED = 12
    SCOPE_OF_ACCESS_VIOLATED = 13
    DATA_BLOCK_UNAVAILABLE = 14
    LONG_ACTION_ABORTED = 15
    NO_LONG_ACTION_IN_PROGRESS = 16
    OTHER_REASON = 250


class AttributeAccess(IntEnum):
    """access_mode of an attribute in the object_list of association versions 0 to 2."""

    NONE = 0
    READ = 1
    WRITE = 2
    READ_WRITE = 3

    @classmethod
    def of(cls, *, readable: bool, writable: bool) -> "AttributeAccess":
        return cls(readable + 2 * writable)


class MethodAccess(IntEnum):
    """access_mode of a method in the object_list of association versions 1 and 2."""

    NONE = 0
    ACCESS = 1


ALL = "*"
"""Every attribute, or every method, of an object."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What one audience may do with an object, by the names of attributes and methods separated by spaces, or `ALL`.

    logical_name is always readable where anything is allowed, and never writable.
    """

    NONE: ClassVar["Rights"]

    read: str = ""
    write: str = ""
    call: str = ""
    demands: Mapping[str, Demand] = field(default_factory=dict, hash=False)
    """How the requests and responses that touch an attribute or method must at least be protected, by its name."""

    def __bool__(self) -> bool:
        return bool(self.read or self.write or self.call)

    def may_read(self, attribute: str) -> bool:
        return _names(self.read, attribute) or (attribute == "logical_name" and bool(self))

    def may_write(self, attribute: str) -> bool:
        return attribute != "logical_name" and _names(self.write, attribute)

    def may_call(self, method: str) -> bool:
        return _names(self.call, method)

    def demand(self, name: str) -> Demand:
        """What protection touching an attribute or method takes, beyond that of the security policy."""
        return self.demands.get(name, Demand.NOTHING)

    def unknown(self, attributes: frozenset[str], methods: frozenset[str]) -> frozenset[str]:
        """Names stated here that an interface class does not have."""
        stated = {*self.read.split(), *self.write.split(), *(self.demands.keys() - methods)} - attributes
        return frozenset(stated | (set(self.call.split()) - methods)) - {ALL}


Rights.NONE = Rights()


@dataclass(frozen=True, slots=True)
class Policy:
    """A named set of rights: audience (a member of the model's own enumeration) to what it may do.

    An audience that is absent may do nothing and does not see the object.
    """

    name: str
    rights: Mapping[Enum, Rights]

    def of(self, audience: Enum) -> Rights:
        return self.rights.get(audience, Rights.NONE)


def _names(stated: str, name: str) -> bool:
    return stated == ALL or name in stated.split()
