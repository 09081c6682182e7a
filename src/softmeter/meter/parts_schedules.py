"""Single action schedules of the device as the interface class wants to see them."""

from dataclasses import dataclass

from softmeter.cosem.classes.single_action_schedule import ExecutionTime, ScheduleType, ScriptReference
from softmeter.device.action_schedules import ActionSchedule, Execution
from softmeter.device.behaviour import Script
from softmeter.device.recurrence import Day, Time
from softmeter.meter.parts import lived, refusals
from softmeter.meter.presented import Presented
from softmeter.obis import Obis


@dataclass
class SchedulePart:
    """The schedule `name` of a meter."""

    meter: Presented
    name: Obis

    @property
    def type(self) -> ScheduleType:
        return ScheduleType(self._schedule.type)

    @property
    def script(self) -> ScriptReference:
        return ScriptReference(*self._schedule.script)

    @script.setter
    def script(self, script: ScriptReference) -> None:
        self._change(self._schedule._replace(script=Script(script.table, script.identifier)))

    @property
    def times(self) -> tuple[ExecutionTime, ...]:
        return tuple(ExecutionTime(time.encode(), date.encode()) for time, date in self._schedule.times)

    @times.setter
    def times(self, times: tuple[ExecutionTime, ...]) -> None:
        with refusals():
            executions = tuple(Execution(Time.decode(one.time), Day.decode(one.date)) for one in times)
            self._change(self._schedule._replace(times=executions))

    @property
    def _schedule(self) -> ActionSchedule:
        return self.meter.device.behaviours.schedules.schedule(self.name)

    def _change(self, schedule: ActionSchedule) -> None:
        lived(self.meter)
        device = self.meter.device
        with refusals():
            device.behaviours.schedules.change(device, self.name, schedule)
