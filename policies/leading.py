"""Where a broken promise leads: the policy's step for that falls due for the promise's items at once."""

from datetime import datetime

from engine.domain.account import Item, Promise
from policies.calendar import local_day, next_at
from policies.view import View


def led_to(view: View, item: Item) -> tuple[int, datetime] | None:
    """The place of the step to which broken promises lead the item, and the moment; None: to none.

    Only those count that were judged in the item's present cycle and under the version in force.
    """
    step = view.policy.promise.broken.step
    if step is None or step in item.fired or (place := view.order.get(step)) is None:
        return None
    moments = [
        next_at(promise.judged_at, view.send_at, view.zone)
        for promise in view.promises.get(item.id, ())
        if promise.judged_at is not None and _leads(view, item, promise, promise.judged_at)
    ]
    if not moments or place <= view.top_fired(item)[0]:
        return None
    called_off = item.called_off.get(step)
    again_at = [] if called_off is None else [next_at(called_off, view.send_at, view.zone)]
    return place, max([min(moments), *again_at])


def _leads(view: View, item: Item, promise: Promise, judged_at: datetime) -> bool:
    verdicts = ("broken", "partly_kept") if view.policy.promise.broken.partly_kept else ("broken",)
    begun_on = max((day for day in (item.cycle_from, view.account.live_on) if day), default=None)
    in_this_cycle = begun_on is None or local_day(judged_at, view.zone) >= begun_on
    return promise.status in verdicts and in_this_cycle and judged_at >= view.in_force.since
