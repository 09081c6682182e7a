"""Getting in: a connection, the invocation counter, and an association with the meter."""

import contextlib
import time
from collections.abc import Iterator

from softmeter.apps.smartset.classes import MAIN
from softmeter.apps.smartset.credentials import Login, group_e, login, public_login, repeated
from softmeter.apps.smartset.failures import explained
from softmeter.apps.smartset.links import Connect, OpenLink, connector
from softmeter.apps.smartset.meter import Meter
from softmeter.apps.smartset.names import DATA
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.telling import say
from softmeter.dlms.client import Client
from softmeter.dlms.messages import AttributeReference
from softmeter.dlms.refusals import CounterTooLowError, RefusalError
from softmeter.errors import AccessError, ProtocolError
from softmeter.obis import Obis
from softmeter.runtime.entropy import SystemEntropy
from softmeter.security.suites import Use
from softmeter.transport.errors import TransportError
from softmeter.transport.tap import MakeTap
from softmeter.wire.types import decode_data

_EARLIEST_S = 1_767_225_600
"""2026 began then; eight counters a second last until 2043."""
_COUNTERS_PER_S = 8
_LONGEST_WAIT_S = 5.0
"""A clock that was set back is not waited for."""


@contextlib.contextmanager
def opened(settings: Settings, who: Login | None = None) -> Iterator[Meter]:
    """A meter with an association that is released at the end; `who` comes in otherwise than the settings say.

    Raises:
        ExplainedError: no association came about.
        ConfigurationError: the options or the key file are wrong.
    """
    who = who or login(settings)
    with _traced(settings, who) as make_tap, contextlib.ExitStack() as stack:
        connect = connector(settings, who.sap, make_tap)
        try:
            counter = _next_counter(connect, who) if who.credentials.needs_keys else 1
            if who.credentials.message_key is Use.WRAPPED:
                counter = max(counter, _by_time())
            link, client = _associated(stack, connect, who, counter)
            if who.credentials.message_key is Use.WRAPPED:
                stack.callback(_wait_for_time, client)
        except (ProtocolError, TransportError) as error:
            raise explained(error, settings, who) from error
        if who.credentials.needs_keys:
            _warn(settings)
        meter = Meter(link, client, settings, who)
        yield meter
        if meter.is_left:
            return
        with contextlib.suppress(
            ProtocolError, TransportError
        ):  # whoever does not answer a release is left all the same
            link.run(client.release())


def _warn(settings: Settings) -> None:
    """Say once that a key file has one key twice; the keys are the meter's, so it is read all the same."""
    pair = None if settings.keys is None or settings.keys in settings.warned else repeated(settings)
    if settings.keys is not None and pair is not None:
        settings.warned.add(settings.keys)
        say(
            f"{settings.keys}: {pair[0]} and {pair[1]} are one key, under which nonces repeat, "
            "as each client counts for itself; give each a key of its own, or its own --title"
        )


@contextlib.contextmanager
def _traced(settings: Settings, who: Login) -> Iterator[MakeTap | None]:
    """What listens in on the connections, if a trace or a key log is wanted."""
    if settings.trace is None and settings.keylog is None and not settings.show:
        yield None
        return
    from softmeter.apps.decode.keyring import Keyring, KeySet
    from softmeter.apps.smartset.live_trace import printing, together
    from softmeter.apps.tracing import Tracing

    own = who.credentials
    ring = Keyring([KeySet(settings.client, own.encryption_key, own.authentication_key)] if own.needs_keys else [])
    shown = printing(ring, as_json=settings.json) if settings.show else None
    paths = {path for path in (settings.trace, settings.keylog) if path}
    goes_on = paths <= settings.traced
    older = [] if goes_on else [path for path in sorted(paths) if path.is_file() and path.stat().st_size]
    with contextlib.closing(Tracing(settings.trace, settings.keylog, ring, goes_on=goes_on)) as tracing:
        settings.traced.update(paths)
        for path in older:
            say(f"{path}: the file that was there is replaced")
        where = settings.serial or settings.meter
        written = tracing.port(
            "smartset", f"smartset to {where}", serial=settings.serial is not None, datagrams=settings.udp
        )
        yield written if shown is None else together(written, shown)


def _associated(stack: contextlib.ExitStack, connect: Connect, who: Login, counter: int) -> tuple[OpenLink, Client]:
    """Associate; once again with the counter that the meter asks for, if it asks for one."""
    retried = False
    while True:
        link = connect()
        stack.push(link)
        client = Client(who.credentials, SystemEntropy(), counter=counter)
        try:
            link.run(client.associate())
        except CounterTooLowError as error:
            if retried or error.expected is None:
                raise
            counter, retried = error.expected, True
            stack.close()
        else:
            return link, client


def _by_time() -> int:
    """A counter above all those of earlier times: how far a meter is with keys that travel wrapped, it tells nobody."""
    return max(1, int((time.time() - _EARLIEST_S) * _COUNTERS_PER_S))


def _wait_for_time(client: Client) -> None:
    """Leave no counter behind that is ahead of its time: whoever comes next, at once, begins above it."""
    ahead_s = (client.next_counter - _by_time()) / _COUNTERS_PER_S
    time.sleep(min(max(0.0, ahead_s), _LONGEST_WAIT_S))


def _next_counter(connect: Connect, who: Login) -> int:
    """One more than the last counter the meter accepted, as it tells the public client; 1 where it tells nobody."""
    public = public_login()
    client = Client(public.credentials, SystemEntropy())
    found = 0
    with connect() as link:
        try:
            link.run(client.associate(), client_sap=public.sap)
        except RefusalError:
            return 1
        for e in dict.fromkeys((group_e(who.sap), 0, 1)):
            reference = AttributeReference(DATA, Obis(0, 0, 43, 1, e), MAIN)
            with contextlib.suppress(AccessError, RefusalError):
                value = decode_data(link.run(client.get(reference), client_sap=public.sap)).value
                if isinstance(value, int):
                    found = value
                    break
        with contextlib.suppress(ProtocolError, TransportError):
            link.run(client.release(), client_sap=public.sap)
    return found + 1
