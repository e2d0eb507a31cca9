"""Which channels can be sent on, as the settings have it; and sending all that is due on them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from arrears.delivery.carrier import Carrier
from arrears.delivery.dialler import Dialler
from arrears.delivery.gateway import SmsCarrier
from arrears.delivery.letters.printing import PrintRun
from arrears.delivery.sending import Sender, Tally
from arrears.delivery.settings import DeliverySettings, NoChannel
from arrears.delivery.smtp import SmtpCarrier
from engine.application import Engine
from engine.domain.facts.contacts import Channel


def carriers(settings: DeliverySettings, clock: Callable[[], datetime]) -> dict[Channel, Carrier]:
    """A carrier for each channel that is set up; raises NoChannel where none is, SettingMissing where one is
    only in part. Letters need none: they are printed (`letters.printing`)."""
    found: dict[Channel, Carrier] = {}
    if settings.smtp_url is not None or settings.mail_from:
        found["email"] = SmtpCarrier(settings, clock)
    if settings.sms_url is not None or settings.sms_secret is not None:
        found["sms"] = SmsCarrier(settings, clock)
    if not found and settings.letters_dir is None:
        raise NoChannel("send reminders", ["ARREARS_SMTP_URL", "ARREARS_MAIL_FROM"])
    return found


def dialler_of(engine: Engine, settings: DeliverySettings, clock: Callable[[], datetime]) -> Dialler | None:
    """The dialler that is set up; None where none is. Raises SettingMissing where it is only in part."""
    is_set_up = settings.call_url is not None or settings.call_secret is not None
    return Dialler(engine, settings, clock) if is_set_up else None


def deliver(
    engine: Engine,
    settings: DeliverySettings,
    clock: Callable[[], datetime],
    looked_at: Callable[[int], None] = lambda _: None,
) -> Tally:
    """Sends all that is due now on the channels that are set up, and says what became of it.

    `looked_at` is told how many reminders each page had. Raises SettingMissing, SmtpUrlWrong.
    """
    sender = Sender(engine, settings, clock, carriers(settings, clock), looked_at)
    tally = sender.run()
    if settings.letters_dir is not None:
        PrintRun(sender, settings.letters_dir).run(tally)
    return tally


def print_letters(
    engine: Engine, settings: DeliverySettings, folder: Path, clock: Callable[[], datetime],
    looked_at: Callable[[int], None] = lambda _: None,
) -> Tally:  # fmt: skip
    """Prints the letters that are due into a folder, and says what became of them."""
    tally = Tally()
    PrintRun(Sender(engine, settings, clock, {}, looked_at), folder).run(tally)
    return tally
