"""Which function folds which kind of fact."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from engine.domain.account import Account
from engine.domain.facts.base import Fact

F = TypeVar("F", bound=Fact)
Apply = Callable[[Account, Any], None]

APPLY: dict[type[Fact], Apply] = {}
"""Complete once `engine.domain.evolve` is imported; a kind that is not in it changes no account."""


def applies(*kinds: type[Fact]) -> Callable[[Callable[[Account, F], None]], Callable[[Account, F], None]]:
    """Marks the function that folds these kinds of facts."""

    def register(apply: Callable[[Account, F], None]) -> Callable[[Account, F], None]:
        for kind in kinds:
            APPLY[kind] = cast("Apply", apply)
        return apply

    return register
