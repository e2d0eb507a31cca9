"""Words in which the shapes of answers are written down: they make JSON schemas."""

from typing import Any

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
FLAG: Shape = {"type": "boolean"}
DAY: Shape = {"type": "string", "format": "date"}
MOMENT: Shape = {"type": "string", "description": "a moment with its offset"}
AMOUNT: Shape = {"type": "string", "description": "with the decimals of its currency, as text"}
ANY: Shape = {}


def maybe(shape: Shape) -> Shape:
    """The same, or null."""
    return {"anyOf": [shape, {"type": "null"}]}


def each(shape: Shape) -> Shape:
    """A list of them."""
    return {"type": "array", "items": shape}


def by_name(shape: Shape, of: str = "currency") -> Shape:
    """One of them for each name, such as a currency."""
    return {"type": "object", "additionalProperties": shape, "description": f"by {of}"}


def shaped(_sometimes: dict[str, Shape] | None = None, **always: Shape) -> Shape:
    """An object with these names; some of them may be missing."""
    properties = always | (_sometimes or {})
    # A name of ours that Python keeps for itself ends in an underscore.
    named = {name.rstrip("_"): shape for name, shape in properties.items()}
    return {"type": "object", "required": [name.rstrip("_") for name in always], "properties": named}


def one_of(*words: str) -> Shape:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


def together(first: Shape, second: Shape) -> Shape:
    """An object with the names of both."""
    return shaped(
        {
            name: shape
            for part in (first, second)
            for name, shape in part["properties"].items()
            if name not in part["required"]
        },
        **{name: part["properties"][name] for part in (first, second) for name in part["required"]},
    )
