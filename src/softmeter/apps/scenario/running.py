"""Running a scenario: time goes from step to step, and what each step expects is compared with what is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from softmeter.apps.scenario.doing import Outcome, called, got, put, tried
from softmeter.apps.scenario.expectations import PulseExpectation
from softmeter.apps.scenario.expecting import compared
from softmeter.apps.scenario.linked import read_over
from softmeter.apps.scenario.reading import instants
from softmeter.apps.scenario.script import Script, Step
from softmeter.apps.scenario.stage import Stage
from softmeter.apps.scenario.transferring import transferred
from softmeter.apps.scenario.updating import updated
from softmeter.apps.smartset.reading import Reading
from softmeter.bench.bench import Button
from softmeter.errors import ConfigurationError
from softmeter.instant import Instant

Told = Callable[["StepReport"], None]


@dataclass(frozen=True, slots=True)
class StepReport:
    """What came of one step."""

    number: int
    at: Instant
    note: str
    outcomes: tuple[Outcome, ...]

    @property
    def met(self) -> bool:
        return all(outcome.met for outcome in self.outcomes)


@dataclass(slots=True)
class Report:
    """What came of a scenario."""

    title: str
    steps: list[StepReport] = field(default_factory=list)
    digest: str = ""

    @property
    def met(self) -> bool:
        return all(step.met for step in self.steps)


def run(
    script: Script, directory: Path, *, seed: int | None = None, digest: bool = False, told: Told | None = None
) -> Report:
    """Run all steps; `told` hears of each as soon as it is done.

    Raises:
        ConfigurationError: the scenario asks for what cannot be.
    """
    counts_pulses = any(isinstance(one, PulseExpectation) for step in script.step for one in step.expect)
    stage = Stage(script.meter, directory, seed, counts_pulses=counts_pulses)
    report = Report(script.title)
    kept: dict[str, Reading] = {}
    for number, (step, at) in enumerate(zip(script.step, instants(script), strict=True), 1):
        try:
            stage.bench.jump(at)
            stage.post()
            outcomes = tuple(_outcomes(stage, step, kept))
        except ConfigurationError as error:
            raise ConfigurationError(str(error), f"step {number}") from None
        report.steps.append(StepReport(number, at, step.note, outcomes))
        if told is not None:
            told(report.steps[-1])
    if digest:
        report.digest = stage.digest()
    return report


def _outcomes(stage: Stage, step: Step, kept: dict[str, Reading]) -> Iterator[Outcome]:
    """Do what a step says, in the order that the schema promises."""
    yield from (tried(stage, login) for login in step.login)
    yield from (put(stage, wanted) for wanted in step.set)
    yield from (called(stage, wanted) for wanted in step.call)
    yield from (transferred(stage, wanted) for wanted in step.keys)
    yield from (updated(stage, wanted) for wanted in step.firmware)
    for get in step.get:
        yield got(stage, get, kept)
    for linked in step.over_link:
        yield read_over(stage, linked)
    for expectation in step.expect:
        yield compared(stage, expectation, kept)
    stage.bench.impose({**step.imposed(), **dict.fromkeys(step.release, None)})
    for press in step.press:
        for _ in range(press.times):
            stage.bench.press(Button(press.button), press.held_s)
    for deed in step.sub_meter:
        stage.shelf.change(deed.place, deed.changes())
    if step.listening is not None:
        stage.head_end.listening = step.listening
