"""Class 9, Script table: actions on objects, executed together (IEC 62056-62, 4.5.2)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from softmeter.cosem.access import ActionResult
from softmeter.cosem.interface import Holder, Interface, attribute, method
from softmeter.errors import AccessError
from softmeter.obis import Obis
from softmeter.wire.types import Data, EnumOf, anything, array_of, i8, logical_name, of, struct, structure, u16


class Service(IntEnum):
    """What an action does."""

    WRITE_ATTRIBUTE = 1
    EXECUTE_METHOD = 2


@structure
class Action:
    """One thing to do: an attribute to set to `parameter`, or a method to invoke with it."""

    service: Service = of(EnumOf(Service))
    class_id: int = of(u16)
    name: Obis = of(logical_name)
    index: int = of(i8)
    parameter: Data = of(anything)


@structure
class Script:
    """Actions under one identifier."""

    identifier: int = of(u16)
    actions: tuple[Action, ...] = of(array_of(struct(Action), most=64))


def call(class_id: int, obis: str, index: int, parameter: Data) -> Action:
    """An action that invokes a method."""
    return Action(Service.EXECUTE_METHOD, class_id, Obis.parse(obis), index, parameter)


def write(class_id: int, obis: str, index: int, parameter: Data) -> Action:
    """An action that sets an attribute."""
    return Action(Service.WRITE_ATTRIBUTE, class_id, Obis.parse(obis), index, parameter)


NOTHING: tuple[Script, ...] = ()


class ScriptTable(Interface, class_id=9, version=0):
    """The scripts of one purpose; `perform` does actions on a meter, in order."""

    perform: Callable[[Any, tuple[Action, ...]], None]
    scripts: tuple[Script, ...] = attribute(2, array_of(struct(Script), most=64), default=NOTHING)

    def actions(self, identifier: int) -> tuple[Action, ...] | None:
        """What a script does; None where there is no such script."""
        return next((script.actions for script in self.scripts if script.identifier == identifier), None)

    @method(1, u16)
    def execute(self, meter: Holder, identifier: int) -> None:
        if not identifier:
            return
        actions = self.actions(identifier)
        if actions is None:
            raise AccessError(ActionResult.OTHER_REASON, f"there is no script {identifier}")
        self.perform(meter, actions)
