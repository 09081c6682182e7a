"""Where a push goes: names of hosts become addresses."""

import asyncio

import pytest

from softmeter.runtime.push_places import Places


@pytest.mark.manual("11.3.names")
def test_a_name_is_resolved_and_an_address_is_itself() -> None:
    async def found(host: str) -> set[str]:
        return {where for _, (where, _) in await Places(["*"]).found(host, 4059)}

    assert asyncio.run(found("localhost")) <= {"127.0.0.1", "::1"}
    assert asyncio.run(found("127.0.0.1")) == {"127.0.0.1"}
