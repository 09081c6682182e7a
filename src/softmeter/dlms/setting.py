"""SET at the server: one attribute or a list, whole or in blocks (IEC 62056-53, SET service)."""

from softmeter.cosem.access import DataAccessResult
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.blocks import Fault, Incoming
from softmeter.dlms.messages import (
    DataBlock,
    SetRequestFirstBlock,
    SetRequestNextBlock,
    SetRequestNormal,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
    SetResponseBlock,
    SetResponseLastBlock,
    SetResponseLastBlockWithList,
    SetResponseNormal,
    SetResponseWithList,
    Target,
    data_list,
)
from softmeter.dlms.objects import Objects
from softmeter.errors import DecodeError
from softmeter.wire.types import decode_data

_FAULTS = {
    Fault.NUMBER: DataAccessResult.DATA_BLOCK_NUMBER_INVALID,
    Fault.TOO_LONG: DataAccessResult.LONG_SET_ABORTED,
}


class Setting:
    """SET in one association, with its block transfer under way."""

    __slots__ = ("_objects", "_transfer")

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._transfer: Incoming[Target] | None = None

    def normal(self, message: SetRequestNormal, _: int) -> bytes:
        """Set one attribute."""
        self._transfer = None
        decode_data(message.value)
        return encode_apdu(SetResponseNormal(message.invoke_id, self._write(message.target, message.value)))

    def with_list(self, message: SetRequestWithList, _: int) -> bytes:
        """Set several attributes, each as if it were alone."""
        self._transfer = None
        return encode_apdu(SetResponseWithList(message.invoke_id, self._write_each(message.targets, message.values)))

    def first(self, message: SetRequestFirstBlock, _: int) -> bytes:
        """Begin a long value."""
        self._transfer = Incoming((message.target,), is_list=False)
        return self._take(message.invoke_id, message.block)

    def first_of_list(self, message: SetRequestWithListFirstBlock, _: int) -> bytes:
        """Begin a long list of values."""
        self._transfer = Incoming(message.targets, is_list=True)
        return self._take(message.invoke_id, message.block)

    def next(self, message: SetRequestNextBlock, _: int) -> bytes:
        """Go on with a long value, and set it when it is whole."""
        return self._take(message.invoke_id, message.block)

    def _take(self, invoke_id: int, block: DataBlock) -> bytes:
        transfer, self._transfer = self._transfer, None
        if transfer is None:
            failed = DataAccessResult.NO_LONG_SET_IN_PROGRESS
            return encode_apdu(SetResponseLastBlock(invoke_id, failed, block.number))
        fault = transfer.take(block)
        if fault is not None:
            return encode_apdu(SetResponseLastBlock(invoke_id, _FAULTS[fault], block.number))
        if not block.last:
            self._transfer = transfer
            return encode_apdu(SetResponseBlock(invoke_id, block.number))
        if transfer.is_list:
            results = self._write_each(transfer.targets, data_list.decode_bare(transfer.raw))
            return encode_apdu(SetResponseLastBlockWithList(invoke_id, results, block.number))
        decode_data(transfer.raw)
        result = self._write(transfer.targets[0], transfer.raw)
        return encode_apdu(SetResponseLastBlock(invoke_id, result, block.number))

    def _write(self, target: Target, value: bytes) -> DataAccessResult:
        return self._objects.write(target.attribute, target.selection, value)

    def _write_each(self, targets: tuple[Target, ...], values: tuple[bytes, ...]) -> tuple[DataAccessResult, ...]:
        if len(targets) != len(values):
            raise DecodeError(f"{len(values)} values for {len(targets)} attributes")
        return tuple([self._write(target, value) for target, value in zip(targets, values, strict=True)])
