"""The stage of a scenario: a whole meter, its bench and its clients, in one process and in simulated time only."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from softmeter.apps.scenario.link import Line, linked
from softmeter.apps.scenario.listening import HeadEnd
from softmeter.apps.scenario.meter_settings import settings_of, source_of
from softmeter.apps.scenario.script import MeterPart
from softmeter.apps.smartset.credentials import Login
from softmeter.apps.smartset.meter import Meter as Association
from softmeter.apps.smartset.settings import TITLE, Settings
from softmeter.bench.bench import Bench
from softmeter.bench.journal import Journal
from softmeter.bench.links import Links
from softmeter.bench.shelf import Shelf
from softmeter.bench.supply import Supply
from softmeter.bench.surroundings import JournalSurroundings
from softmeter.device.device import Device
from softmeter.device.display import Display
from softmeter.device.pulses import PulseCounter
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.host import Keys
from softmeter.entropy import SeededEntropy
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, LinkTime, parse_instant, whole_second
from softmeter.meter.actor import Actor
from softmeter.meter.clients import PUBLIC
from softmeter.meter.factory import Factory
from softmeter.meter.keys import KeyRing
from softmeter.meter.meter import Meter
from softmeter.meter.vigilance import Vigilance, Watch
from softmeter.runtime import keyfile
from softmeter.runtime.saved import Saved
from softmeter.runtime.store import Store
from softmeter.security.suites import Key
from softmeter.transport.session import BlockingLink, associated

_METER = "meter"
_MINUTE = 60 * SECOND


class SimulatedTime:
    """Time that passes when the story says so; a `Timekeeper`. The display scrolls by the same time."""

    rate = 0.0

    def __init__(self, actor: Actor, journal: Journal) -> None:
        self._actor = actor
        self._journal = journal
        self._start = self._present = actor.now
        self.passed: list[Callable[[], None]] = []
        """Who wants to know that time has passed; each minute at least, where the meter may have something to say."""

    def present(self) -> Instant:
        return self._present

    def link_now(self) -> LinkTime:
        return LinkTime((self._present - self._start) / SECOND)

    def set_rate(self, rate: float) -> None:
        """Only a story lets time pass here.

        Raises:
            ConfigurationError: another rate than 0.
        """
        if rate:
            raise ConfigurationError("a scenario has no rate: time passes with its steps", "rate")

    def move_to(self, instant: Instant) -> None:
        if not self._actor.meter.device.powered:  # power may be back at once, and the display is lit from then on
            self._live(Instant(min(instant, (-(-self._present // SECOND) + 1) * SECOND)))
        while self._actor.meter.device.behaviours.pushes.has_destinations and instant - self._present > _MINUTE:
            self._live(Instant(self._present + _MINUTE))
            for tell in self.passed:
                tell()
        self._live(instant)

    def _live(self, until: Instant) -> None:
        meter = self._actor.meter
        was_powered, restarts = meter.device.powered, meter.device.behaviours.firmware.restarts
        lit_at = self.link_now()
        self._actor.adopt(self._actor.advanced(until))
        self._present = until
        self._journal.forget_before(whole_second(until))
        if meter.device.powered and (not was_powered or meter.device.behaviours.firmware.restarts != restarts):
            meter.display.power_on(lit_at)


class Stage:
    """A meter, its bench, and ways to talk to it. Files named by the scenario lie beside it, in `directory`.

    Pulses are listened to only where the story asks for them: when each came takes as long as all the rest.
    """

    def __init__(
        self, part: MeterPart, directory: Path, seed: int | None = None, *, counts_pulses: bool = False
    ) -> None:
        self.start = parse_instant(part.start)
        chance = SeededEntropy(part.seed if seed is None else seed)
        settings = settings_of(part, directory)
        source = source_of(part, directory)
        self.journal = Journal()
        device = Device(settings.device, Supply(source, self.journal), self.start, JournalSurroundings(self.journal))
        identity = settings.identity
        keys = keyfile.generate(chance, identity.system_title, identity.logical_device_name)
        secrets = {client.sap: client.held for client in keys.clients.values()}
        display = Display(LinkTime(0.0))
        factory = Factory(identity, self.start, "", part.source)
        self.meter = Meter(factory, device, display, KeyRing(keys.master_key, secrets), chance)
        self.meter.extra_services = settings.extra_services
        self.p1 = settings.p1
        device.glance()
        self.pulses = PulseCounter()
        self.actor = Actor(self.meter, self.pulses if counts_pulses else None)
        self.time = SimulatedTime(self.actor, self.journal)
        self.bench = Bench(self.meter, self.journal, self.time)
        self.links = Links(self.journal, identity.system_title, limited=settings.modem.link_limits)
        self._linked_until = LinkTime(0.0)
        self.shelf = Shelf(settings.mbus.simulated, self.bench, self.meter)
        self.head_end = HeadEnd(chance)
        self.time.passed.append(self.post)
        self._vigilance = {
            port: Vigilance(self.meter, self.time.link_now, local=port == "optical") for port in ("wan", "optical")
        }
        self.chance = SeededEntropy(f"client {part.seed if seed is None else seed}")

    @contextmanager
    def associated(
        self, client: str, *, wrong: str = "", keys: Keys | None = None, port: str = "wan", over_link: bool = False
    ) -> Iterator[Association]:
        """An association as one of the meter's clients, with its keys or others; perhaps over the link of the port.

        One with a `wrong` secret calls from elsewhere.
        """
        sap = keyfile.SAPS[client]
        guard = self._vigilance[port].over("elsewhere" if wrong else "head-end")
        login = Login(sap, self._credentials(client, wrong, keys), f"client {client}")
        with (
            self._way(port, guard, sap, over_link=over_link) as line,
            associated(line, login.credentials, client_sap=sap, entropy=self.chance) as session,
        ):
            yield Association(line, session.client, Settings(client=client, meter="the meter"), login)

    @property
    def link_time(self) -> LinkTime:
        """The time on the links: it passes while something goes over them, too."""
        return max(self.time.link_now(), self._linked_until)

    @contextmanager
    def _way(self, port: str, guard: Watch, sap: int, *, over_link: bool) -> Iterator[BlockingLink]:
        if not over_link:
            yield Line(self.meter, self.time.link_now, guard, sap)
            return
        self.links.look(-(-self.time.present() // SECOND), self.meter.device.feeling.state)
        link = self.links.optical if port == "optical" else self.links.wan
        with linked(self.meter, port, link, guard, sap, self.link_time) as (line, stream):
            try:
                yield line
            finally:
                self._linked_until = stream.now()

    def post(self) -> None:
        """Let everything arrive that the meter wants to send by itself."""
        self.head_end.post(self.meter)

    def stored(self) -> Saved:
        """All that the meter would find again after a power cut now."""
        with tempfile.TemporaryDirectory(prefix="softmeter-") as directory:
            store = Store.open(Path(directory))
            store.commit(_METER, Actor(self.meter).changes(), 0)
            saved = store.load(_METER)
            store.close()
        if saved is None:
            raise ConfigurationError("nothing was stored of the meter")
        return saved

    def cut(self, saved: Saved) -> None:
        """Have power fail and come back at once: the meter is what its store holds."""
        self.actor.restore(saved.values, saved.rings)
        self.meter.device.resume(self.time.present())
        self.meter.display.power_on(self.time.link_now())

    def digest(self) -> str:
        """The SHA-256 of all that the meter would find again after a power cut."""
        return hashlib.sha256("\n".join(self.stored().canonical()).encode()).hexdigest()

    def _credentials(self, client: str, wrong: str, known: Keys | None) -> Credentials:
        sap = keyfile.SAPS[client]
        if sap == PUBLIC:
            return Credentials()
        keys = known or self.meter.keys(sap)
        encryption = _other(keys.unicast_encryption) if wrong == "key" else keys.unicast_encryption
        password = _other(keys.password) if wrong == "password" else keys.password
        by_password = client == "readout" or wrong == "password"
        return Credentials(
            Mechanism.LLS if by_password else Mechanism.HLS_GMAC,
            Key(password) if by_password else Key(),
            Family.SERVICE,
            system_title=TITLE,
            encryption_key=Key(encryption),
            authentication_key=Key(keys.authentication),
            suite=keys.suite,
        )


def _other(secret: bytes) -> bytes:
    """A secret of the same length that is not this one."""
    return bytes(octet ^ 1 for octet in secret)
