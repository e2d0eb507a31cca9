"""One round of all that goes out and comes back, as the settings have it."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from arrears.delivery.bounces import Outcome, read_bounces
from arrears.delivery.carrier import CarrierDown
from arrears.delivery.carriers import carriers, deliver, dialler_of
from arrears.delivery.dialler import Outcome as Dialled
from arrears.delivery.mailbox import MailboxDown
from arrears.delivery.sending import Tally
from arrears.delivery.settings import DeliverySettings, NoChannel
from arrears.webhooks.sending import Told, tell
from arrears.webhooks.settings import webhook_settings
from arrears.webhooks.subscriptions import list_webhooks
from arrears.wiring import Book


def check_set_up(book: Book, settings: DeliverySettings) -> None:
    """Raises SettingFault where nothing is set up that could go out, or only in part."""
    dialler = dialler_of(book.engine, settings, book.clock)
    try:
        carriers(settings, book.clock)
    except NoChannel:
        if dialler is None and settings.bounces_url is None and not list_webhooks(book.database):
            raise


@dataclass
class Round:
    """What one round did. `down`: what could not be reached, and why."""

    reminders: Tally = field(default_factory=Tally)
    bounces: Counter[Outcome] = field(default_factory=Counter)
    calls: Counter[Dialled] = field(default_factory=Counter)
    told: Told = field(default_factory=Told)
    down: dict[str, str] = field(default_factory=dict)


def go_round(book: Book, settings: DeliverySettings, looked_at: Callable[[int], None]) -> Round:
    """What came back first, then reminders, then webhooks, which are told of both."""
    done = Round()
    if settings.bounces_url is not None:
        try:
            done.bounces = read_bounces(book.engine, settings, book.clock)
        except MailboxDown as down:
            done.down["bounces"] = down.why
    with suppress(NoChannel):
        done.reminders = deliver(book.engine, settings, book.clock, looked_at)
        done.down.update({str(channel): why for channel, why in done.reminders.down.items()})
    if (dialler := dialler_of(book.engine, settings, book.clock)) is not None:
        try:
            done.calls = dialler.run()
        except CarrierDown as down:
            done.down["call"] = down.why
    done.told = tell(book, webhook_settings())
    book.catch_up()
    return done
