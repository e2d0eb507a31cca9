"""From the outbox to the printer: letters are gathered into a batch, written as one PDF, and recorded.

The batch has its name before it is written and keeps it until all of it is recorded. One that was cut short
is written again under that name, unless its PDF is there: then only what is missing is recorded.
"""

import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from arrears.delivery import batches, outbox
from arrears.delivery.carrier import Undeliverable
from arrears.delivery.contact import templates_of
from arrears.delivery.letters.manifest import Printed, write, written
from arrears.delivery.letters.pages import Print, check_address
from arrears.delivery.letters.text import LetterText, NoAddress, letter_text
from arrears.delivery.letters.windows import WINDOWS
from arrears.delivery.outbox import Waiting
from arrears.delivery.recipient import recipient
from arrears.delivery.sending import NO_TEXT_PAUSE, Sender, Tally, policy_of, record, reminder_of
from arrears.delivery.templates import TextFaulty, UnknownTemplate, best_language
from arrears.remittance.reference import payment_reference
from engine.domain.facts.base import Stored
from engine.domain.facts.contacts import Channel, ReminderIssued

LETTER: Channel = "letter"
NO_ADDRESS, TOO_LONG = "no address", "address too long"
WITHOUT_ADDRESS = "without an address"


class PrintRun:
    """Prints the letters that are due into a folder; several may run on one book at once."""

    def __init__(self, sender: Sender, folder: Path) -> None:
        self.sender, self.folder = sender, folder
        self.engine, self.settings = sender.engine, sender.settings
        self.database = sender.engine.store.database
        self.window = WINDOWS[sender.settings.letters_window]

    def run(self, tally: Tally) -> None:
        """Finishes batches that were cut short, then prints what is due; the tally says what became of it."""
        if not self.folder.is_dir() or not os.access(self.folder, os.W_OK):
            tally.down[LETTER] = f"'{self.folder}' is no folder that can be written to"
            return
        self._catch_up()
        try:
            for batch in batches.take_over(self.database, self._now(), self.sender.owner, self._until()):
                self._resume(batch, tally)
            if gathered := self._gather(tally):
                self._finish(gathered, tally)
        except OSError as fault:
            tally.down[LETTER] = str(fault)
        finally:
            outbox.release(self.database, self.sender.owner)
        self._catch_up()

    def _now(self) -> datetime:
        return self.sender.clock()

    def _until(self) -> datetime:
        return self._now() + self.settings.lease

    def _catch_up(self) -> None:
        outbox.catch_up(self.database, self.engine.store.read)

    # --- which letters ------------------------------------------------------------------------------------

    def _gather(self, tally: Tally) -> str:
        """Puts all that may leave now into one batch, and returns its name; empty: there is nothing."""
        batch = ""
        while page := self.sender.claim(LETTER):
            told = self.engine.store.streams(dict.fromkeys((one.account for one in page), 0))
            kept = []
            for one in page:
                if not outbox.hold(
                    self.database, one.contact, self._now(), self.sender.owner, self.settings.lease
                ):
                    continue
                if kept_back := self._kept_back(one, told[one.account]):
                    tally.outcomes[LETTER, kept_back] += 1
                else:
                    kept.append((one.contact, one.account))
            if kept:
                batch = batch or _name(self._now(), kept[0][0])
                batches.add(self.database, batch, kept, self.sender.owner, self._until())
                batches.hold(self.database, batch, self.sender.owner, self._until())
            self.sender.looked_at(len(page))
            self._catch_up()
        return batch

    def _kept_back(self, one: Waiting, told: list[Stored]) -> str | None:
        """Why a letter does not go into a batch now; None: it does."""
        reminder = reminder_of(told, one.contact)
        if kept_back := self.sender.look_again(one, reminder):
            return kept_back
        later = self._now() + NO_TEXT_PAUSE
        try:
            check_address(self._text(reminder, told), self.window)
        except NoAddress:
            self.sender.put_off(one, later, NO_ADDRESS)
            return WITHOUT_ADDRESS
        except Undeliverable:
            self.sender.put_off(one, later, TOO_LONG)
            return WITHOUT_ADDRESS
        except (UnknownTemplate, TextFaulty) as fault:
            self.sender.put_off(one, later, type(fault).__name__)
            return "without a text"
        return None

    def _text(self, reminder: ReminderIssued, told: list[Stored]) -> LetterText:
        to = recipient(stored.fact for stored in told)
        policy = policy_of(self.engine.policies(), reminder)
        return letter_text(
            reminder, to, self.settings.named_creditor, best_language(to.language),
            templates_of(policy) if policy else {}, payment_reference(told[0].stream),
        )  # fmt: skip

    # --- a batch ------------------------------------------------------------------------------------------

    def _resume(self, batch: str, tally: Tally) -> None:
        """Finishes a batch that somebody left; what is not written yet is looked at again."""
        if (there := written(self.folder, batch)) is not None:
            self._record(batch, there, tally)
            return
        letters = batches.letters_of(self.database, batch)
        for one in outbox.these(self.database, [contact for contact, _ in letters]):
            told = self.engine.store.streams({one.account: 0})[one.account]
            if kept_back := self._kept_back(one, told):
                tally.outcomes[LETTER, kept_back] += 1
                batches.take_out(self.database, one.contact)
        self._finish(batch, tally)

    def _finish(self, batch: str, tally: Tally) -> None:
        """Writes a batch and records its letters; leaves it to whoever has taken it over."""
        printed = Print(self.window, duplex=self.settings.letters_duplex)
        rows = []
        letters = batches.letters_of(self.database, batch)
        for start in range(0, len(letters), outbox.PAGE):
            page = letters[start : start + outbox.PAGE]
            told = self.engine.store.streams(dict.fromkeys((account for _, account in page), 0))
            rows += [self._printed(printed, contact, told[account]) for contact, account in page]
            if not batches.hold(self.database, batch, self.sender.owner, self._until()):
                return
        if rows:
            write(self.folder, batch, printed.finished(), rows)
            self._record(batch, rows, tally)

    def _printed(self, printed: Print, contact: str, told: list[Stored]) -> Printed:
        text = self._text(reminder_of(told, contact), told)
        to, first = recipient(stored.fact for stored in told), printed.pages + 1
        pages = printed.add(text, str(to.number))
        return Printed(
            contact, str(to.number), told[0].stream, to.country or "", text.template.language,
            text.template.name, text.template.sha256, first, pages,
        )  # fmt: skip

    def _record(self, batch: str, rows: list[Printed], tally: Tally) -> None:
        """Records the letters of a batch that was written, but for those that are recorded already."""
        waiting = {contact for contact, _ in batches.letters_of(self.database, batch)}
        for row in (row for row in rows if row.contact in waiting):
            record(
                self.engine, row.stream, row.contact, self.sender.stamp(), delivered=True,
                reference=batch, language=row.language, template_sha256=row.template_sha256,
            )  # fmt: skip
            tally.outcomes[LETTER, "delivered"] += 1
            batches.hold(self.database, batch, self.sender.owner, self._until())
        self._catch_up()


def _name(at: datetime, first: str) -> str:
    """The name of a batch, from the day and the first letter in it."""
    return f"letters-{at:%Y-%m-%d}-{sha256(first.encode()).hexdigest()[:8]}"
