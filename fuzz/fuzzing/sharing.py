"""How the time of a run is shared among its targets."""

from collections.abc import Mapping

_BY_COST = 0.5


def shares(costs_s: Mapping[str, float], seconds: float) -> dict[str, float]:
    """Seconds for each target, by what one input costs there.

    Half of the time goes in equal parts, the other half by cost. A whole meter behind a connection, fifty times as dear
    as a reader of octets, so gets nearly as many inputs, and no target goes short.
    """
    total = sum(costs_s.values())
    equal, by_cost = seconds * (1 - _BY_COST) / len(costs_s), seconds * _BY_COST
    return {name: equal + by_cost * cost / total for name, cost in costs_s.items()}
