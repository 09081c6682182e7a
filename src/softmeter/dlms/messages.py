"""The xDLMS messages, each declared once (IEC 62056-53); their tags are in `softmeter.dlms.apdu`.

Where a Data stands in an APDU it is kept as the octets it came in (`bytes`): whoever knows its type decodes it.
"""

from enum import IntEnum

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.conformance import Conformance, conformance_block
from softmeter.obis import Obis
from softmeter.wire.types import (
    Alternative,
    Codec,
    EnumOf,
    array_of,
    bare_only,
    boolean,
    choice,
    defaulted,
    i8,
    logical_name,
    octet_string,
    octets,
    of,
    optional,
    rest,
    secret,
    skip_data,
    struct,
    structure,
    trailing,
    u8,
    u16,
    u32,
)

encoded: Codec[bytes] = bare_only("encoded data", skip_data, bytes)
"""One Data, kept as it is encoded."""
data_list: Codec[tuple[bytes, ...]] = array_of(encoded)
"""The values or parameters of a list of attributes or methods."""

_data_result = EnumOf(DataAccessResult)
_action_result = EnumOf(ActionResult)


def _data_or_result(data: Codec[bytes]) -> Codec[bytes | DataAccessResult]:
    return choice("result", Alternative(0, bytes, data), Alternative(1, DataAccessResult, _data_result))


@structure
class AttributeReference:
    """Which attribute of which object."""

    class_id: int = of(u16)
    name: Obis = of(logical_name)
    attribute: int = of(i8)


@structure
class MethodReference:
    """Which method of which object."""

    class_id: int = of(u16)
    name: Obis = of(logical_name)
    method: int = of(i8)


@structure
class Selection:
    """Selective access: a selector and its parameters (an encoded Data)."""

    selector: int = of(u8)
    parameters: bytes = of(encoded)


@structure
class Target:
    """An attribute, perhaps a part of it."""

    attribute: AttributeReference = of(struct(AttributeReference))
    selection: Selection | None = of(optional(struct(Selection)))


@structure
class DataBlock:
    """A slice of a long parameter or result."""

    last: bool = of(boolean)
    number: int = of(u32)
    raw: bytes = of(octets)


@structure
class GetRequestNormal:
    invoke_id: int = of(u8)
    target: Target = of(struct(Target))


@structure
class GetRequestNext:
    invoke_id: int = of(u8)
    block_number: int = of(u32)


@structure
class GetRequestWithList:
    invoke_id: int = of(u8)
    targets: tuple[Target, ...] = of(array_of(struct(Target)))


@structure
class GetResponseNormal:
    invoke_id: int = of(u8)
    result: bytes | DataAccessResult = of(_data_or_result(rest))


@structure
class GetResponseBlock:
    invoke_id: int = of(u8)
    last: bool = of(boolean)
    block_number: int = of(u32)
    result: bytes | DataAccessResult = of(_data_or_result(octets))


data_results: Codec[tuple[bytes | DataAccessResult, ...]] = array_of(_data_or_result(encoded))
"""The results of a list of attributes."""


@structure
class GetResponseWithList:
    invoke_id: int = of(u8)
    results: tuple[bytes | DataAccessResult, ...] = of(data_results)


@structure
class SetRequestNormal:
    invoke_id: int = of(u8)
    target: Target = of(struct(Target))
    value: bytes = of(rest)


@structure
class SetRequestFirstBlock:
    invoke_id: int = of(u8)
    target: Target = of(struct(Target))
    block: DataBlock = of(struct(DataBlock))


@structure
class SetRequestNextBlock:
    invoke_id: int = of(u8)
    block: DataBlock = of(struct(DataBlock))


@structure
class SetRequestWithList:
    invoke_id: int = of(u8)
    targets: tuple[Target, ...] = of(array_of(struct(Target)))
    values: tuple[bytes, ...] = of(data_list)


@structure
class SetRequestWithListFirstBlock:
    invoke_id: int = of(u8)
    targets: tuple[Target, ...] = of(array_of(struct(Target)))
    block: DataBlock = of(struct(DataBlock))


@structure
class SetResponseNormal:
    invoke_id: int = of(u8)
    result: DataAccessResult = of(_data_result)


@structure
class SetResponseBlock:
    invoke_id: int = of(u8)
    block_number: int = of(u32)


@structure
class SetResponseLastBlock:
    invoke_id: int = of(u8)
    result: DataAccessResult = of(_data_result)
    block_number: int = of(u32)


@structure
class SetResponseLastBlockWithList:
    invoke_id: int = of(u8)
    results: tuple[DataAccessResult, ...] = of(array_of(_data_result))
    block_number: int = of(u32)


@structure
class SetResponseWithList:
    invoke_id: int = of(u8)
    results: tuple[DataAccessResult, ...] = of(array_of(_data_result))


@structure
class ActionRequestNormal:
    invoke_id: int = of(u8)
    method: MethodReference = of(struct(MethodReference))
    parameter: bytes | None = of(optional(rest))


@structure
class ActionRequestNext:
    invoke_id: int = of(u8)
    block_number: int = of(u32)


@structure
class ActionRequestWithList:
    invoke_id: int = of(u8)
    methods: tuple[MethodReference, ...] = of(array_of(struct(MethodReference)))
    parameters: tuple[bytes, ...] = of(data_list)


@structure
class ActionRequestFirstBlock:
    invoke_id: int = of(u8)
    method: MethodReference = of(struct(MethodReference))
    block: DataBlock = of(struct(DataBlock))


@structure
class ActionRequestWithListFirstBlock:
    invoke_id: int = of(u8)
    methods: tuple[MethodReference, ...] = of(array_of(struct(MethodReference)))
    block: DataBlock = of(struct(DataBlock))


@structure
class ActionRequestBlock:
    invoke_id: int = of(u8)
    block: DataBlock = of(struct(DataBlock))


@structure
class ActionResponseNormal:
    invoke_id: int = of(u8)
    result: ActionResult = of(_action_result)
    data: bytes | DataAccessResult | None = of(optional(_data_or_result(rest)))


@structure
class ActionResponseBlock:
    invoke_id: int = of(u8)
    block: DataBlock = of(struct(DataBlock))


@structure
class ActionOutcome:
    """How one method of a list ended, and what it returned."""

    result: ActionResult = of(_action_result)
    data: bytes | DataAccessResult | None = of(optional(_data_or_result(encoded)))


@structure
class ActionResponseWithList:
    invoke_id: int = of(u8)
    outcomes: tuple[ActionOutcome, ...] = of(array_of(struct(ActionOutcome)))


@structure
class ActionResponseNext:
    invoke_id: int = of(u8)
    block_number: int = of(u32)


class StateError(IntEnum):
    SERVICE_NOT_ALLOWED = 1
    SERVICE_UNKNOWN = 2


class ServiceError(IntEnum):
    OPERATION_NOT_POSSIBLE = 1
    SERVICE_NOT_SUPPORTED = 2
    OTHER_REASON = 3
    PDU_TOO_LONG = 4
    DECIPHERING_ERROR = 5
    INVOCATION_COUNTER_ERROR = 6


@structure
class ExceptionResponse:
    """A request could not be served at all; `invocation_counter` (of the server) only with its error."""

    state: StateError = of(EnumOf(StateError))
    service: ServiceError = of(EnumOf(ServiceError))
    invocation_counter: int | None = of(trailing(u32))


@structure
class InitiateRequest:
    """What a client proposes; `max_pdu_size` 0 means without limit."""

    dedicated_key: bytes | None = secret(optional(octet_string(least=16, most=32)))
    response_allowed: bool = of(defaulted(boolean, default=True))
    quality_of_service: int | None = of(optional(i8))
    version: int = of(u8)
    conformance: Conformance = of(conformance_block)
    max_pdu_size: int = of(u16)


@structure
class InitiateResponse:
    """What a server grants; `vaa_name` is 7 with logical names."""

    quality_of_service: int | None = of(optional(i8))
    version: int = of(u8)
    conformance: Conformance = of(conformance_block)
    max_pdu_size: int = of(u16)
    vaa_name: int = of(u16)


@structure
class ConfirmedServiceError:
    """`service` 1 initiate, 5 read, 6 write; `kind` 6 initiate; `error` as the kind says."""

    service: int = of(u8)
    kind: int = of(u8)
    error: int = of(u8)


@structure
class DataNotification:
    """`long_invoke_id` with flags in its highest octet; `time` is 0 or 12 octets; `body` an encoded Data."""

    long_invoke_id: int = of(u32)
    time: bytes = of(octets)
    body: bytes = of(rest)


@structure
class GeneralGlobal:
    """Any APDU protected with the global key; `title` is the sender's, empty once it is known."""

    title: bytes = of(octet_string(most=8))
    content: bytes = of(octets)


@structure
class GeneralDedicated:
    """Any APDU protected with the dedicated key of the association."""

    title: bytes = of(octet_string(most=8))
    content: bytes = of(octets)


@structure
class GeneralBlock:
    """A block of general block transfer; `control`: last (80), streaming (40) and the sender's window."""

    control: int = of(u8)
    number: int = of(u16)
    acknowledged: int = of(u16)
    data: bytes = of(octets)


class InitiateError(IntEnum):
    """The errors of kind 6 in a `ConfirmedServiceError`."""

    OTHER = 0
    DLMS_VERSION_TOO_LOW = 1
    INCOMPATIBLE_CONFORMANCE = 2
    PDU_SIZE_TOO_SHORT = 3
    REFUSED = 4
