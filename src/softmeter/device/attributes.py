"""What clients have set on objects that need nothing else: encoded attribute values that survive a power cut.

To the device they are opaque: it keeps them because they are forked and stored with everything else that may change.
"""

from collections.abc import Mapping

from softmeter.obis import Obis
from softmeter.persistent import Scalar


class Attributes(dict[bytes, bytes]):
    """Class, logical name and attribute (9 octets) to encoded data; stored under `class,obis,attribute`."""

    __slots__ = ()

    def saved(self) -> Mapping[str, Scalar]:
        return {f"{int.from_bytes(key[:2], 'big')},{Obis.of(key[2:8])},{key[8]}": value for key, value in self.items()}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.clear()
        for name, value in saved.items():
            class_id, obis, attribute = name.split(",")
            if isinstance(value, bytes):
                self[int(class_id).to_bytes(2, "big") + Obis.parse(obis).octets + bytes((int(attribute),))] = value
