"""What one process did, counted for Prometheus, and how the book stands, asked of it at each scrape."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from arrears.delivery import outbox
from arrears.operating.standing import lags
from arrears.wiring import Book
from engine import agenda
from engine.domain.facts.base import Fact, Stored
from engine.domain.facts.contacts import ContactDeferred, StepWithheld
from engine.escalation import Tally

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30)


class Meters:
    """The meters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        PlatformCollector(self.registry)
        ProcessCollector(registry=self.registry)

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"arrears_{name}", what, labels, registry=self.registry)

        self.facts = counter("facts_recorded", "facts that this process recorded", "topic")
        self.limits = counter(
            "limits_hit", "contacts that a limit put off, withheld or refused", "rule", "by"
        )
        self.breaches = counter("limits_broken", "recorded contacts that broke a limit", "rule")
        self.accounts = counter("accounts_looked_at", "accounts that wake-ups looked at")
        self.failures = counter("job_failures", "turns of a job that failed", "job")
        self.delivered = counter("deliveries", "what became of reminders", "channel", "outcome")
        self.bounces = counter("bounces", "what came back about reminders", "outcome")
        self.told = counter("webhook_facts", "what became of facts at webhooks", "outcome")
        self.refusals = counter("refusals", "requests that a rule refused", "rule")
        self.turns = Histogram(
            "arrears_job_seconds", "how long turns of a job took", ("job",), buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.last_turn = Gauge(
            "arrears_job_last_success_timestamp_seconds", "when a turn of the job last ended well", ("job",),
            registry=self.registry,
        )  # fmt: skip
        self.requests = Histogram(
            "arrears_request_seconds", "how long answers took", ("method", "route", "status"),
            buckets=SECONDS, registry=self.registry,
        )  # fmt: skip

    def watch(self, book: Book, stale_after: timedelta) -> None:
        """Counts what this process records in the book from now on, and tells at each scrape how it stands.

        Reminders that should have left longer than `stale_after` ago are left alone by senders.
        """
        book.store.when_appended(self.count_facts)
        self.registry.register(_Standing(book, stale_after))

    def count_facts(self, facts: Sequence[Stored]) -> None:
        """Counts facts that were just recorded, and the limits that they speak of."""
        for stored in facts:
            self.facts.labels(stored.fact.TOPIC).inc()
            self._count_limits(stored.fact)

    def _count_limits(self, fact: Fact) -> None:
        if isinstance(fact, ContactDeferred):
            self.limits.labels(fact.rule, "put off").inc()
        elif isinstance(fact, StepWithheld) and fact.source:
            self.limits.labels(fact.reason, "withheld").inc()
        for broken in getattr(fact, "breaches", ()):
            self.breaches.labels(broken.rule).inc()

    def count_wake_up(self, tally: Tally) -> None:
        """Counts what a wake-up looked at; what it recorded is counted as it is recorded."""
        self.accounts.inc(tally.accounts)

    def exposed(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


class _Standing(Collector):
    """How the book stands at the moment of the scrape."""

    def __init__(self, book: Book, stale_after: timedelta) -> None:
        self.book, self.stale_after = book, stale_after

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        database, at = self.book.database, self.book.clock()
        yield GaugeMetricFamily("arrears_log_position", "the position of the last fact", self.book.store.end)
        lag = GaugeMetricFamily(
            "arrears_projection_lag", "positions of the log that a table is behind", labels=["table"]
        )
        for name, behind in lags(self.book).items():
            lag.add_metric([name], behind)
        yield lag
        yield GaugeMetricFamily(
            "arrears_accounts_due", "accounts that wait for a wake-up", agenda.count_due(database, at)
        )
        yield from self._outbox()

    def _outbox(self) -> Iterator[Metric]:
        at = self.book.clock()
        sizes = outbox.sizes(self.book.database, at, at - self.stale_after)
        named: dict[str, Callable[[outbox.Size], float]] = {
            "waiting": lambda one: one.waiting,
            "due": lambda one: one.due,
            "stale": lambda one: one.stale,
        }
        for state, value in named.items():
            family = GaugeMetricFamily(
                f"arrears_outbox_{state}", f"reminders that are {state}", labels=["channel"]
            )
            for size in sizes:
                family.add_metric([size.channel], value(size))
            yield family
