"""Class 15 version 3, Association LN with users, and with the protection that access takes (IEC 62056-62, 4.4.4).

A client address may stand for several users; the AARQ says which one it is. An empty list lets anybody in.
"""

from softmeter.cosem.access import ActionResult
from softmeter.cosem.classes.association_ln import AssociationLN
from softmeter.cosem.interface import Holder, computed, encoded, method
from softmeter.errors import AccessError
from softmeter.wire.types import array_of, of, struct, structure, u8, visible

VERSION = 3


@structure
class User:
    """user_list_entry."""

    user_id: int = of(u8)
    user_name: str = of(visible)


class AssociationLNV3(AssociationLN, class_id=15, version=VERSION):
    """One client's association; its users are those of the device's description, which no client changes."""

    @computed(2, encoded)
    def object_list(self, meter: Holder) -> bytes:
        return meter.dictionary.object_list(self.session(meter).audience, version=VERSION)

    @computed(10, array_of(struct(User)))
    def user_list(self, meter: Holder) -> tuple[User, ...]:
        return tuple(User(number, name) for number, name in self.session(meter).users.items())

    @computed(11, struct(User))
    def current_user(self, meter: Holder) -> User:
        session = self.session(meter)
        return User(session.user_id, session.users.get(session.user_id, ""))

    @method(5, struct(User))
    def add_user(self, _meter: Holder, _: User) -> None:
        """Refuse: the users are fixed by the device's type."""
        raise AccessError(ActionResult.READ_WRITE_DENIED)

    @method(6, struct(User))
    def remove_user(self, _meter: Holder, _: User) -> None:
        """Refuse: the users are fixed by the device's type."""
        raise AccessError(ActionResult.READ_WRITE_DENIED)
