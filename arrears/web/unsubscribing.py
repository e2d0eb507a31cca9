"""The page behind the links by which debtors refuse a channel: looking changes nothing, the button does.

A mail program sends the form by itself (RFC 8058): without cookies, so that no token of a session is asked
for. The signed link is what lets it in, and it is good for nothing else.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from arrears.access.web import book_of
from arrears.delivery.opting_out import PATH, UnknownLink, opt_out, read_token
from arrears.delivery.recipient import recipient
from arrears.delivery.settings import delivery_settings
from arrears.delivery.templates import DEFAULT_LANGUAGE, best_language
from arrears.web.errors import as_sentence, error_page
from arrears.web.pages import render
from engine.accounts import Stamp
from engine.domain.facts.contacts import Channel

router = APIRouter()

BY = "the debtor, by a link"


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says; `{}` stands for the channel, in a sentence on who writes for the creditor."""

    title: str
    ask: str
    button: str
    done_title: str
    done: str
    channels: dict[Channel, str]


WORDS = {
    "en": Words(
        "No more {}?", "If you agree, you will get no more {} from {}. What you owe does not change by it.",
        "Send me no more {}", "Noted", "You will get no more {} from {}. You may close this page.",
        {"email": "e-mails", "sms": "text messages", "letter": "letters", "call": "calls"},
    ),
    "de": Words(
        "Keine {} mehr?",
        "Wenn Sie zustimmen, erhalten Sie keine {} mehr von {}. An Ihrer Schuld ändert das nichts.",
        "Keine {} mehr senden", "Vermerkt",
        "Sie erhalten keine {} mehr von {}. Sie können diese Seite schließen.",
        {"email": "E-Mails", "sms": "Textnachrichten", "letter": "Briefe", "call": "Anrufe"},
    ),
    "fr": Words(
        "Plus de {} ?",
        "Si vous acceptez, vous ne recevrez plus de {} de la part de {}. Ce que vous devez reste inchangé.",
        "Ne plus m’envoyer de {}", "C’est noté",
        "Vous ne recevrez plus de {} de la part de {}. Vous pouvez fermer cette page.",
        {"email": "courriels", "sms": "SMS", "letter": "lettres", "call": "coups de téléphone"},
    ),
    "es": Words(
        "¿No recibir más {}?",
        "Si acepta, no recibirá más {} de {}. Lo que debe no cambia por ello.",
        "No enviarme más {}", "Anotado", "No recibirá más {} de {}. Puede cerrar esta página.",
        {"email": "correos electrónicos", "sms": "mensajes de texto", "letter": "cartas", "call": "llamadas"},
    ),
}  # fmt: skip
NEUTRAL = {"en": "us", "de": "uns", "fr": "notre service", "es": "nuestra parte"}
"""What stands for a creditor that the settings do not name."""


@router.get(PATH + "/{link}")
def ask(request: Request, link: str) -> Response:
    """The page with the button; it records nothing."""
    return _page(request, link, is_done=False)


@router.post(PATH + "/{link}")
def refuse(
    request: Request, link: str, one_click: Annotated[str, Form(alias="List-Unsubscribe")] = ""
) -> Response:
    """Records that the debtor refuses the channel; done again it changes nothing."""
    if one_click != "One-Click":
        return _page(request, link, is_done=False)
    return _page(request, link, is_done=True)


def _page(request: Request, link: str, *, is_done: bool) -> Response:
    book, settings = book_of(request), delivery_settings()
    key = settings.unsubscribe_key
    try:
        if key is None:
            raise UnknownLink
        account, channel = read_token(key.get_secret_value(), link)
    except UnknownLink as fault:
        return error_page(request, 404, as_sentence(str(fault)))
    if is_done:
        opt_out(book.engine, account, channel, Stamp(BY, book.clock()))
        book.catch_up()
    debtor = recipient(stored.fact for stored in book.store.stream(account))
    language = best if (best := best_language(debtor.language)) in WORDS else DEFAULT_LANGUAGE
    words = WORDS[language]
    return render(
        request, "unsubscribe.html", words=words, named=words.channels[channel], language=language,
        sender=settings.creditor or NEUTRAL[language], is_done=is_done,
    )  # fmt: skip
