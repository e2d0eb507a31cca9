"""From the log to those who asked for it: claim a webhook, read on, post, keep the position; at least once.

A webhook is told its facts in the order of the log: while one is refused, those behind it wait; after so many
attempts it is a dead letter, and the next one is told. What is sent again by hand comes out of that order.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import orjson

from arrears.delivery.posting import Answer, NoAnswer, Poster
from arrears.delivery.sending import LONGEST_PAUSE, pause_after
from arrears.delivery.signatures import signed
from arrears.telling.feed import fact_rows, read_feed
from arrears.webhooks.deliveries import Delivery, forget, keep_again, move, queued
from arrears.webhooks.settings import WebhookSettings
from arrears.webhooks.subscriptions import Webhook, claim, due, find_webhook, release
from arrears.wiring import Book
from engine.agenda import micros

FACTS_AT_ONCE = 100
GONE = 410
FRESH = timedelta(seconds=2)
"""A page that was read longer ago is read again: what was erased meanwhile has to show as erased."""
_MESSAGES = uuid5(NAMESPACE_URL, "arrears webhooks")

Outcome = Answer | str
"""What was answered, or why nothing was, in a word."""


@dataclass
class Told:
    """How many facts were delivered, are to be tried again, or became dead letters; which webhooks failed
    for too long."""

    counts: Counter[str] = field(default_factory=Counter)
    disabled: list[str] = field(default_factory=list)


def message_id(webhook: str, fact: dict[str, Any]) -> str:
    """The id of a fact's message to a webhook: the same however often it is sent, also after the log moved.

    In a book that was restored another fact may come to stand at the same place: when it was recorded tells.
    """
    place = "/".join([webhook, fact["stream"], str(fact["version"]), fact["recorded_at"]])
    return f"msg_{uuid5(_MESSAGES, place).hex}"


class Teller:
    """Tells webhooks what is new; of several on one book only one at a time tells the same webhook."""

    def __init__(
        self, book: Book, settings: WebhookSettings, told_so_far: Callable[[int], None] = lambda _: None
    ) -> None:
        self.book, self.settings, self.told_so_far = book, settings, told_so_far
        self.database = book.database
        self.owner = uuid4().hex
        self.told = Told()

    def run(self) -> Told:
        """Tells all that the log holds by now, in turns, and says what became of it."""
        end = self.book.store.end
        while self._round(end):
            pass
        forget(self.database, self.book.clock() - self.settings.kept)
        return self.told

    def _round(self, end: int) -> bool:
        """Gives each webhook that has something to be told a turn; whether any of them was told something."""
        moved = False
        for webhook in due(self.database, self.book.clock(), end):
            claimed = self._claim(webhook)
            if claimed is None:
                continue
            try:
                with Poster(self.settings.webhook_timeout_seconds, self.settings.targets) as poster:
                    moved |= self._turn(claimed, poster)
            finally:
                release(self.database, webhook, self.owner)
        return moved

    def _claim(self, webhook: str) -> Webhook | None:
        return claim(self.database, webhook, self.book.clock(), self.owner, self.settings.lease)

    def _turn(self, webhook: Webhook, poster: Poster) -> bool:
        moved = self._again(webhook, poster)
        if webhook.next_try_at > self.book.clock():
            return moved
        self.book.catch_up()  # what was erased elsewhere is forgotten here, too
        read_at = self.book.clock()
        page = read_feed(self.book, webhook.position, FACTS_AT_ONCE, webhook.topics)
        for place, fact in enumerate(page.facts):
            if place and self.book.clock() - read_at > FRESH:  # the first goes out however long reading took
                return True
            held = self._claim(webhook.id)
            if held is None or not self._tell(held, fact, poster):
                return moved
            moved = True
            self.told_so_far(1)
        held = self._claim(webhook.id)
        if held is None or page.next <= held.position:
            return moved
        return move(self.database, held, self.owner, position=page.next)

    def _again(self, webhook: Webhook, poster: Poster) -> bool:
        """Sends what was queued by hand, once each; whether there was any."""
        again = queued(self.database, webhook.id, FACTS_AT_ONCE)
        for one in again:
            if self._claim(webhook.id) is None:
                break
            [stored] = self.book.store.read_open(one.position - 1, 1)
            [fact] = fact_rows(self.book, [stored])
            sent = self._delivery(webhook, fact, self._post(webhook, fact, poster), one.attempts + 1)
            keep_again(self.database, webhook.id, sent)
            self.told.counts[sent.state] += 1
        return bool(again)

    # --- one fact -----------------------------------------------------------------------------------------

    def _tell(self, webhook: Webhook, fact: dict[str, Any], poster: Poster) -> bool:
        """Posts a fact, and keeps what became of it; whether to go on with the next one."""
        outcome = self._post(webhook, fact, poster)
        sent = self._delivery(webhook, fact, outcome, webhook.attempts + 1)
        moved = {"position": sent.position, "attempts": 0, "next_try_at": 0}
        if sent.state == "delivered":
            self.told.counts["delivered"] += 1
            return self._move(webhook, sent, failing_since=None, trouble=None, **moved)
        failing_since = webhook.failing_since or sent.at
        why: dict[str, Any] = {"failing_since": micros(failing_since), "trouble": sent.trouble}
        if sent.status == GONE or sent.at - failing_since >= self.settings.disable_after:
            self.told.disabled.append(webhook.id)
            self._move(webhook, None, state="disabled", attempts=sent.attempts, **why)
            return False
        if sent.attempts >= self.settings.webhook_attempts:
            self.told.counts["dead"] += 1
            return self._move(webhook, sent, **why, **moved)
        self.told.counts["to be tried again"] += 1
        next_try_at = micros(sent.at + _pause(sent.attempts, outcome))
        self._move(webhook, None, attempts=sent.attempts, next_try_at=next_try_at, **why)
        return False

    def _move(self, webhook: Webhook, delivery: Delivery | None, **values: Any) -> bool:
        return move(self.database, webhook, self.owner, delivery, **values)

    def _post(self, webhook: Webhook, fact: dict[str, Any], poster: Poster) -> Outcome:
        message = message_id(webhook.id, fact)
        return _posted(poster, webhook, message, orjson.dumps(fact, default=str), self.book.clock())

    def _delivery(self, webhook: Webhook, fact: dict[str, Any], outcome: Outcome, attempts: int) -> Delivery:
        is_taken = isinstance(outcome, Answer) and outcome.is_taken
        return Delivery(
            fact["position"], message_id(webhook.id, fact), fact["topic"],
            "delivered" if is_taken else "dead", attempts,
            outcome.status if isinstance(outcome, Answer) else None, None if is_taken else said(outcome),
            self.book.clock(),
        )  # fmt: skip


def tell(book: Book, settings: WebhookSettings, told_so_far: Callable[[int], None] = lambda _: None) -> Told:
    """Tells all webhooks what is new, and says what became of it."""
    return Teller(book, settings, told_so_far).run()


def send_test(book: Book, settings: WebhookSettings, webhook: str) -> Outcome:
    """Posts a message that is no fact to the webhook, and returns what became of it; nothing is kept.

    Raises WebhookUnknown.
    """
    with book.database.connect() as connection:
        found = find_webhook(connection, webhook)
    content = {"topic": "WebhookTest", "webhook": webhook, "sent_at": book.clock().isoformat()}
    with Poster(settings.webhook_timeout_seconds, settings.targets) as poster:
        return _posted(poster, found, f"msg_{uuid4().hex}", orjson.dumps(content), book.clock())


def said(outcome: Outcome) -> str:
    """What became of a message, in a few words that name nobody."""
    return f"HTTP {outcome.status}" if isinstance(outcome, Answer) else outcome


def _posted(poster: Poster, webhook: Webhook, message: str, body: bytes, at: datetime) -> Outcome:
    try:
        return poster.post(webhook.url, signed(webhook.secret, message, body, at), body)
    except NoAnswer as nothing:
        return nothing.why


def _pause(attempts: int, outcome: Outcome) -> timedelta:
    """How long to wait: twice as long each time, or as the other side asked, to six hours at most."""
    asked = outcome.retry_after_seconds if isinstance(outcome, Answer) else None
    return max(pause_after(attempts), min(timedelta(seconds=asked or 0), LONGEST_PAUSE))
