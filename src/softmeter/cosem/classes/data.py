"""Class 1, Data: one value of any type (IEC 62056-62, 4.3.1)."""

from collections.abc import Callable
from typing import Any

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.interface import AttributeSpec, Holder, Interface, Source, attribute, check, computed, setter
from softmeter.errors import AccessError, DecodeError
from softmeter.wire.types import Codec, anything, encode_data
from softmeter.wire.types import Data as Value


class Data(Interface, class_id=1, version=0):
    """A value presented from the meter."""

    source: Source[Any]

    def takes(self, spec: AttributeSpec) -> bool:
        return self.source.write is not None and super().takes(spec)

    @computed(2, anything)
    def value(self, meter: Holder) -> Value:
        return Value(self.source.type, self.source.read(meter))

    @setter(2)
    def set_value(self, meter: Holder, value: Value) -> None:
        present(self.source, meter, value)


class SettableData(Interface, class_id=1, version=0):
    """A value that lives in the attribute store; `form` is what a client's value must be."""

    value: Value = attribute(2, anything, settable=True)
    form: Codec[Any]
    allowed: Callable[[Any], bool] | None = None

    @check(2)
    def fits(self, value: Value) -> None:
        try:
            content = self.form.decode(encode_data(value))
        except DecodeError as error:
            raise AccessError(DataAccessResult.TYPE_UNMATCHED, str(error)) from error
        if self.allowed is not None and not self.allowed(content):
            raise AccessError(DataAccessResult.OTHER_REASON, f"{content!r:.60} is not allowed here")


def present(source: Source[Any], meter: Holder, value: Value) -> None:
    """Hand a client's value to the device part behind `source`.

    Raises:
        AccessError: it has another type, or the part does not take it.
    """
    if source.write is None or value.type != source.type:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED, f"{source.type.name} expected, not {value.type.name}")
    source.write(meter, value.value)
