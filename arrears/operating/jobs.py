"""What a running book does by itself: wakes the engine, keeps its tables up, delivers, seals.

Each turn is logged and counted.
"""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import FrameType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from arrears.delivery.bounces import read_bounces
from arrears.delivery.carrier import CarrierDown
from arrears.delivery.carriers import carriers, deliver, dialler_of
from arrears.delivery.dialler import Dialler
from arrears.delivery.mailbox import MailboxDown, mailbox
from arrears.delivery.settings import DeliverySettings, NoChannel
from arrears.logs import logger
from arrears.operating.meters import Meters
from arrears.webhooks.sending import tell
from arrears.webhooks.settings import WebhookSettings, webhook_settings
from arrears.wiring import Book
from engine.scheduler import Job, running
from engine.sealing.seal import seal

log = logger("arrears.jobs")


def wake_up(book: Book, every: float, meters: Meters) -> Job:
    """Does what is due."""

    def do() -> None:
        tally = book.tick(book.clock())
        meters.count_wake_up(tally)
        if tally.by_kind:
            log.info("woken", accounts=tally.accounts, recorded=dict(sorted(tally.by_kind.items())))

    return Job("wake-up", every, do)


def catch_up(book: Book, every: float) -> Job:
    """Keeps the tables up with what other processes record."""
    return Job("catch-up", every, book.catch_up)


def delivery(book: Book, every: float, settings: DeliverySettings, meters: Meters) -> Job:
    """Sends the reminders that are due."""

    def do() -> None:
        tally = deliver(book.engine, settings, book.clock)
        book.catch_up()
        for (channel, outcome), count in tally.outcomes.items():
            meters.delivered.labels(channel, outcome).inc(count)
            log.info("delivered", channel=channel, outcome=outcome, reminders=count)
        for channel, why in tally.down.items():
            log.warning("nothing more goes this way now", channel=channel, why=why)

    return Job("deliver", every, do)


def bounces(book: Book, every: float, settings: DeliverySettings, meters: Meters) -> Job:
    """Reads what came back about reminders."""

    def do() -> None:
        try:
            outcomes = read_bounces(book.engine, settings, book.clock)
        except MailboxDown as down:
            log.warning("bounces cannot be read now", why=down.why)
            return
        book.catch_up()
        for outcome, count in outcomes.items():
            meters.bounces.labels(outcome).inc(count)
            log.info("bounces read", outcome=outcome, mails=count)

    return Job("bounces", every, do)


def dialling(every: float, dialler: Dialler, meters: Meters) -> Job:
    """Pushes scheduled calls to the dialler."""

    def do() -> None:
        try:
            outcomes = dialler.run()
        except CarrierDown as down:
            log.warning("nothing more goes this way now", channel="call", why=down.why)
            return
        for outcome, count in outcomes.items():
            meters.delivered.labels("call", outcome).inc(count)
            log.info("dialled", outcome=outcome, calls=count)

    return Job("dialler", every, do)


def webhooks(book: Book, every: float, settings: WebhookSettings, meters: Meters) -> Job:
    """Tells other systems what is new."""

    def do() -> None:
        told = tell(book, settings)
        for outcome, count in told.counts.items():
            meters.told.labels(outcome).inc(count)
            log.info("webhooks told", outcome=outcome, facts=count)
        for webhook in told.disabled:
            log.warning("webhook disabled", webhook=webhook)

    return Job("webhooks", every, do)


def outgoing(book: Book, every: float, settings: DeliverySettings, meters: Meters) -> list[Job]:
    """All that goes out, and what comes back: by the channels that are set up, and to webhooks.

    What is set up wrongly, or only in part, is said now, not at each turn: raises SettingFault.
    """
    todo: list[Job] = []
    if settings.bounces_url is not None:
        mailbox(settings, book.database)
        todo.append(bounces(book, every, settings, meters))
    with suppress(NoChannel):
        carriers(settings, book.clock)
        todo.append(delivery(book, every, settings, meters))
    if (dialler := dialler_of(book.engine, settings, book.clock)) is not None:
        todo.append(dialling(every, dialler, meters))
    return [*todo, webhooks(book, every, webhook_settings(), meters)]


def sealing(book: Book, every: float, key: Ed25519PrivateKey) -> Job:
    """Seals what is new in the log."""

    def do() -> None:
        checkpoint, new = seal(book.store, key, book.clock())
        if new:
            log.info("sealed", checkpoint=checkpoint.number, facts=checkpoint.size, new=new)

    return Job("seal", every, do)


@contextmanager
def at_work(jobs: Sequence[Job], meters: Meters) -> Iterator[None]:
    """The jobs run meanwhile; at the end what is under way is finished."""

    def failed(job: Job, fault: Exception) -> None:
        meters.failures.labels(job.name).inc()
        log.error("job failed, and is tried again", job=job.name, exc_info=fault)

    with running([replace(job, do=_metered(job, meters)) for job in jobs], failed):
        yield


def _metered(job: Job, meters: Meters) -> Callable[[], None]:
    def do() -> None:
        with meters.turns.labels(job.name).time():
            job.do()
        meters.last_turn.labels(job.name).set_to_current_time()

    return do


@contextmanager
def until_stopped(stop: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM call `stop` meanwhile, as often as they come; to be used on the main thread."""

    def stopping(number: int, _: FrameType | None) -> None:
        log.info(f"stopping on {signal.Signals(number).name}, after what is under way")
        stop()

    before = {number: signal.signal(number, stopping) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
