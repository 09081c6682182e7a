"""Access rights that demand protection, whatever the policy allows (class 15 version 3, access modes)."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.interface import Holder
from softmeter.errors import AccessError
from softmeter.security.policies import Policy

P = ParamSpec("P")
T = TypeVar("T")


def guarded(access: Callable[Concatenate[Holder, P], T], demand: Policy) -> Callable[Concatenate[Holder, P], T]:
    """`access`, refused to requests less protected than `demand`; what it demands of answers is noted in the session.

    Method results have the same numbers.
    """
    if not demand:
        return access
    request = demand.request

    def checked(meter: Holder, /, *parameters: P.args, **named: P.kwargs) -> T:
        session = meter.sessions.current
        if session is None or request & ~session.protection:
            raise AccessError(DataAccessResult.READ_WRITE_DENIED, "less protected than the access rights demand")
        session.demanded |= demand
        return access(meter, *parameters, **named)

    return checked
