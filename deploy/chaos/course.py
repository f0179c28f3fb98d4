"""The course of a run: up, poison, the trap, the storm, the calm, the count, down."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.chaos import calm, poison, trap
from deploy.chaos.broker import BrokerAdmin
from deploy.chaos.clients import ADMINISTRATOR, Clients
from deploy.chaos.evidence import Tables
from deploy.chaos.findings import Comparison, Findings
from deploy.chaos.killer import Killed, Killer
from deploy.chaos.orders import REBUILD, report
from deploy.chaos.platform import StruckPlatform
from deploy.chaos.strikes import Pace, strikes
from deploy.chaos.tally import Tally
from deploy.cli import screen

# So many clients' first reports are under way when the trap is sprung.
WARM_UP = 40
WARM_UP_WITHIN_S = 60.0
ASKED_AGAIN = 100
REBUILT_WITHIN_S = 330.0
LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How hard and how long."""

    incidents: int = 20_000
    clients: int = 16
    copies: int = 1
    seed: int = 20261127
    pace: Pace = field(default_factory=Pace)
    # None: as the platform has them.
    retry_delays_s: Sequence[float] | None = None
    # The last strike comes no later than this, whatever is still to be sent.
    strike_for_s: float = 840.0
    # Afterwards whoever has not moved for so long is said to hang; longer than the last retry delay.
    patience_s: float = 150.0

    def settings(self) -> dict[str, str]:
        """Return what the platform is told beside the usual."""
        told = {"WANGGE_COPIES": str(self.copies)}
        if self.retry_delays_s is not None:
            told["WANGGE_RETRY_DELAYS_S"] = str(list(self.retry_delays_s))
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is reported of a run."""

    findings: Findings
    tally: Tally
    killed: list[Killed]
    sprung: trap.Sprung
    events: int
    # Reports acknowledged when the last strike had come.
    in_the_storm: int
    storm_s: float
    rest_s: float


class Course:
    """One run on one platform."""

    def __init__(self, plan: Plan, data: Path) -> None:
        self._plan = plan
        self.platform = StruckPlatform(data, plan.settings())
        self._clients = Clients(self.platform.address.url, plan.clients, range(plan.incidents))
        self._killer = Killer(
            self.platform.supervisor,
            strikes(plan.seed, plan.pace),
            lambda: self._acknowledged,
            plan.seed,
        )
        self._poison = poison.poisons()
        self._hung: list[str] = []
        self._in_the_storm = 0

    def run(self) -> Outcome:
        """Go through all of it; the platform is stopped whatever happens.

        Raises:
            NotUp: there was no platform to strike.
        """
        screen.say("启动平台 · starting a platform of its own")
        try:
            self.platform.up()
            outcome = self._struck_and_counted()
        finally:
            self._clients.give_up()
            self._killer.stop()
            left = self.platform.down()
        if left:
            outcome.findings.hung.append(f"{left} processes outlived `wangge down`")
        return outcome

    def _struck_and_counted(self) -> Outcome:
        broker = BrokerAdmin(self.platform)
        broker.make_user()
        # The example's own events are still under way.
        self._rest(broker)
        poison.put_on_the_bus(broker.login, self._poison)
        began = time.monotonic()
        self._clients.start()
        self._warm_up()
        sprung = self._spring()
        self._storm()
        calmed = time.monotonic()
        self._rest(broker, letters=len(self._poison))
        rest_s = time.monotonic() - calmed
        findings, events = self._counted()
        return Outcome(
            findings=findings,
            tally=self._clients.tally,
            killed=self._killer.killed,
            sprung=sprung,
            events=events,
            in_the_storm=self._in_the_storm,
            storm_s=calmed - began,
            rest_s=rest_s,
        )

    def _rest(self, broker: BrokerAdmin, letters: int = 0) -> None:
        self._hung += calm.rest(
            self.platform, broker, letters=letters, patience_s=self._plan.patience_s
        )

    def _warm_up(self) -> None:
        deadline = time.monotonic() + WARM_UP_WITHIN_S
        while self._acknowledged < min(WARM_UP, self._plan.incidents // 4):
            if time.monotonic() > deadline:
                self._hung.append("no report was acknowledged before anything was killed")
                return
            time.sleep(LOOK_EVERY_S)

    def _spring(self) -> trap.Sprung:
        screen.say("陷阱 · the broker dies while workers are at slow calls")
        sprung = trap.spring(self.platform, self._killer)
        if sprung.answered_after_s is None:
            self._hung.append("nobody answers after the trap")
        return sprung

    def _storm(self) -> None:
        """Strike until everything is acknowledged, or long enough; then let the clients finish."""
        self._killer.start()
        strike_until = time.monotonic() + self._plan.strike_for_s
        before, since = 0, time.monotonic()
        with screen.metered("击杀中 · striking", self._plan.incidents) as meter:
            while not self._clients.are_done and time.monotonic() - since < self._plan.patience_s:
                time.sleep(LOOK_EVERY_S)
                meter.to(self._acknowledged, f"{len(self._killer.killed)} × kill -9")
                if time.monotonic() < strike_until:
                    self._in_the_storm = self._acknowledged
                else:
                    self._killer.stop()
                if self._acknowledged != before:
                    before, since = self._acknowledged, time.monotonic()
        self._killer.stop()
        if self._killer.error is not None:
            raise self._killer.error
        if not self._clients.are_done:
            self._hung.append("clients were still waiting for an acknowledgement")
            self._clients.give_up()

    @property
    def _acknowledged(self) -> int:
        return len(self._clients.tally.opened)

    def _counted(self) -> tuple[Findings, int]:
        screen.say("清点 · counting every row")
        tally, tables = (
            self._clients.tally,
            Tables(self.platform.admin_url, self.platform.folder.data),
        )
        try:
            answered_otherwise = self._asked_again(tally)
            evidence = tables.evidence()
            differences = self._rebuilt(tables)
        finally:
            tables.close()
        comparison = Comparison(evidence, tally)
        names = [each.name for each in self._poison]
        if tally.unanswered or tally.given_up:
            self._hung.append(
                f"{tally.unanswered} requests without an answer, {tally.given_up} given up"
            )
        findings = Findings(
            acknowledged=len(tally.opened) + len(tally.stepped),
            kills=len(self._killer.killed),
            missing=comparison.missing(),
            doubled=comparison.doubled() + answered_otherwise,
            unasked=comparison.unasked(),
            stray_dead_letters=comparison.stray_letters(names),
            lost_poison=comparison.lost_poison(names),
            read_model_differences=differences + comparison.miscounted(),
            unexpected_statuses=tally.unexpected,
            hung=self._hung,
            samples=comparison.samples + tally.samples,
        )
        return findings, len(evidence.told)

    def _asked_again(self, tally: Tally) -> int:
        """Send some reports once more; count those that are not answered as the first time."""
        every = max(1, len(tally.opened) // ASKED_AGAIN)
        with self._clients.one() as client:
            again = [
                (opened, client.acknowledged(report(opened.number)))
                for opened in tally.opened[::every]
            ]
        return sum(answer is None or answer["id"] != opened.incident_id for opened, answer in again)

    def _rebuilt(self, tables: Tables) -> int:
        """Rebuild the read models; count the rows that are others afterwards."""
        before = tables.read_models()
        with self._clients.one(ADMINISTRATOR) as client:
            rebuilt = client.acknowledged(REBUILD, REBUILT_WITHIN_S)
        if rebuilt is None:
            self._hung.append("the read models were not rebuilt")
            return 0
        return int(rebuilt["differences"]) + len(before ^ tables.read_models())
