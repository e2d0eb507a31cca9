"""What the debtor has asked for, as far as it bears on contact."""

from engine.domain.account import Account
from engine.domain.facts.contacts import ContactPreferenceChanged
from engine.domain.folding.registry import applies
from engine.domain.wishes import Standing, hours


@applies(ContactPreferenceChanged)
def _preferred(account: Account, fact: ContactPreferenceChanged) -> None:
    standing = account.standing
    _channels(standing, fact)
    if fact.at_work is not None:
        standing.not_at_work = not fact.at_work
    if fact.inconvenient is not None:
        standing.inconvenient = tuple(map(hours, fact.inconvenient))
    if fact.zones is not None:
        standing.zones = fact.zones
    if fact.represented is not None:
        standing.attorney = str(fact.attorney or "an attorney") if fact.represented else None
        standing.direct_contact_allowed = False
    if fact.direct_contact is not None:
        standing.direct_contact_allowed = fact.direct_contact
    if fact.cease is not None:
        standing.ceased_at = fact.changed_at if fact.cease else None
    if fact.consent:
        standing.consents.append(fact.changed_at)
    standing.time_barred |= set(fact.time_barred)
    standing.time_barred -= set(fact.not_time_barred)


def _channels(standing: Standing, fact: ContactPreferenceChanged) -> None:
    for channel in fact.refuse:
        standing.refused[channel] = fact.changed_at
    for channel in fact.allow:
        standing.refused.pop(channel, None)
    if fact.prefer is not None:
        standing.preferred = fact.prefer
