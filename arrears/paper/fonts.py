"""The fonts of the pages, embedded as far as they are used, and text with a glyph for each character."""

from functools import cache
from importlib import resources
from itertools import groupby
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD, EAST_ASIAN = "NotoSans-Regular", "NotoSans-Bold", "DroidSansFallback"
NO_GLYPH = "\ufffd"


@cache
def register() -> dict[str, TTFont]:
    """The fonts, once made known to reportlab, by name."""
    folder = resources.files("arrears.paper") / "fonts"
    made = {}
    for name in (REGULAR, BOLD, EAST_ASIAN):
        with resources.as_file(folder / f"{name}.ttf") as file:
            made[name] = TTFont(name, str(file))
        pdfmetrics.registerFont(made[name])
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
    return made


@cache
def _glyphs(font: str) -> frozenset[int]:
    return frozenset(register()[font].face.charToGlyph)


def _font_of(character: str) -> str | None:
    """The font that has the character; None where none has."""
    return next((font for font in (REGULAR, EAST_ASIAN) if ord(character) in _glyphs(font)), None)


def runs(text: str) -> list[tuple[str, str]]:
    """The text in parts of one font each; what no font has becomes a mark that says so."""
    shown = "".join(one if one == "\n" or _font_of(one) else NO_GLYPH for one in text)
    parts = groupby(shown, key=lambda one: EAST_ASIAN if _font_of(one) == EAST_ASIAN else REGULAR)
    return [(font, "".join(part)) for font, part in parts]


def marked(text: str) -> str:
    """The text as a paragraph's markup: nothing in it is taken for markup, and lines stay lines."""
    parts = (
        escape(part) if font == REGULAR else f'<font name="{font}">{escape(part)}</font>'
        for font, part in runs(text)
    )
    return "".join(parts).replace("\n", "<br/>")


def lacks_glyphs(text: str) -> bool:
    """Whether some character cannot be shown (or would be shown in the wrong order: it has no glyph here)."""
    return any(NO_GLYPH in part for _, part in runs(text))
