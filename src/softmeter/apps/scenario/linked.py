"""Reading over the link of a port, as the bench has it: in the time of that link, with what gets lost on it."""

from softmeter.apps.options import duration_ns
from softmeter.apps.scenario.answers import SUCCESS
from softmeter.apps.scenario.doing import Outcome, read, result_of
from softmeter.apps.scenario.script import OverLink
from softmeter.apps.scenario.stage import Stage
from softmeter.apps.smartset.meter import RefusedError
from softmeter.errors import MeterError
from softmeter.instant import SECOND


def read_over(stage: Stage, wanted: OverLink) -> Outcome:
    """Read an attribute over a link: whether it is answered, and how soon."""
    what = f"get {wanted.object} over the link of the {wanted.port} port"
    begun = stage.link_time
    try:
        with stage.associated(wanted.client, port=wanted.port, over_link=True) as meter:
            text = read(meter, wanted.object, wanted.class_id).text
    except RefusedError as error:
        return Outcome(what, SUCCESS, result_of(error))
    except MeterError as error:
        seen = "no answer"
        return Outcome(f"{what}: {error}", seen if not wanted.answered else SUCCESS, seen)
    took_s = stage.link_time - begun
    what = f"{what} in {took_s:.1f} s → {text}"
    if not wanted.answered:
        return Outcome(what, "no answer", text)
    if wanted.within is None:
        return Outcome(what, SUCCESS, SUCCESS)
    most_s = duration_ns(wanted.within, "within") / SECOND
    return Outcome(what, f"≤ {most_s:g} s", f"{took_s:.1f} s", took_s <= most_s)
