"""Class 3, Register: a value with scaler and unit (IEC 62056-62, 4.3.2)."""

from softmeter.cosem.classes.data import present
from softmeter.cosem.interface import AttributeSpec, Holder, Interface, Source, attribute, computed, method, setter
from softmeter.units import Unit
from softmeter.wire.types import Data, EnumOf, anything, i8, of, struct, structure


@structure
class ScalerUnit:
    """`value * 10**scaler` in `unit`."""

    scaler: int = of(i8)
    unit: Unit = of(EnumOf(Unit))


class Register(Interface, class_id=3, version=0):
    """A metered value with its scaler and unit."""

    source: Source[int]
    scaler_unit: ScalerUnit = attribute(3, struct(ScalerUnit))

    def takes(self, spec: AttributeSpec) -> bool:
        return self.source.write is not None and super().takes(spec)

    @computed(2, anything)
    def value(self, meter: Holder) -> Data:
        source = self.source  # and the same as Data(...), which takes longer
        return tuple.__new__(Data, (source.type, source.read(meter)))

    @setter(2)
    def set_value(self, meter: Holder, value: Data) -> None:
        present(self.source, meter, value)

    @method(1, i8)
    def reset(self, meter: Holder, _: int) -> None:
        """Do nothing: a metered total cannot be reset."""
