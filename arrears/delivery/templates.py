"""The templates: `LANGUAGE/NAME.j2`, each with the words of one text in one language.

Files in the folder that ARREARS_TEXTS names stand in the place of shipped ones of the same name, or beside
them; they are read once in a process. A template fills the blocks of a layout, `letter` or `call`, once as
plain text and once as HTML; what the texts of a language share stands in its `_words.j2`.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from jinja2 import DictLoader, Environment, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

DEFAULT_LANGUAGE = "en"
Format = Literal["txt", "html"]
FORMATS: tuple[Format, ...] = ("txt", "html")
_SUFFIX = ".j2"
_LINE_WIDTH = 76
BREAKS = re.compile(r"[ \t\r\n]+")
"""Where a line may end; not at the spaces that keep a figure together."""


class UnknownTemplate(LookupError):
    """A text of a name that there is none of."""

    def __init__(self, template: str) -> None:
        self.template = template
        super().__init__(f"there is no template '{template}'; there are: {', '.join(template_names())}")


class NotWorded(UnknownTemplate):
    """A text that there is, but not in that language."""

    def __init__(self, template: str, language: str) -> None:
        self.template, self.language = template, language
        LookupError.__init__(
            self, f"there is no text '{template}' in '{language}'; it is in: {', '.join(worded_in(template))}"
        )


class TextFaulty(ValueError):
    """A text that cannot be rendered: it is malformed, or says what there is not."""

    def __init__(self, name: str, why: str) -> None:
        self.name, self.why = name, why
        super().__init__(f"the text '{name}' cannot be rendered: {why}")


class NoSuchFolder(FileNotFoundError):
    """ARREARS_TEXTS names a folder that is not there."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        super().__init__(f"ARREARS_TEXTS names the folder '{folder}', which is not there")


class UnknownLanguage(LookupError):
    """A language in which there are no texts."""

    def __init__(self, language: str) -> None:
        self.language = language
        super().__init__(f"there are no texts in '{language}'; there are: {', '.join(languages())}")


@dataclass(frozen=True, slots=True)
class Template:
    """One text in one language. `sha256` is over all that words it: the template, the words and layouts."""

    name: str
    language: str
    source: str
    sha256: str

    @property
    def kind(self) -> Literal["letter", "call"]:
        """Whether it is sent, or read by whoever calls."""
        return "call" if "{# call #}" in self.source else "letter"


def sources() -> Mapping[str, str]:
    """The text of each file by its name: `de/_words.j2`, `letter.txt.j2`. Raises NoSuchFolder."""
    return _sources(_own_folder())


def _own_folder() -> str:
    return os.environ.get("ARREARS_TEXTS", "")


@cache
def _sources(own: str) -> Mapping[str, str]:
    if own and not Path(own).is_dir():
        raise NoSuchFolder(own)
    shipped = _read(resources.files("arrears.delivery") / "templates")
    return shipped | (_read(Path(own)) if own else {})


def _read(folder: Traversable) -> dict[str, str]:
    files = [(file.name, file) for file in folder.iterdir()]
    files += [(f"{name}/{file.name}", file) for name, sub in files if sub.is_dir() for file in sub.iterdir()]
    return {name: file.read_text("utf-8") for name, file in sorted(files) if name.endswith(_SUFFIX)}


def languages() -> tuple[str, ...]:
    """The languages in which there are texts, ISO 639: those that have words of their own."""
    return tuple(name.split("/")[0] for name in sources() if name.endswith(f"/_words{_SUFFIX}"))


def template_names() -> tuple[str, ...]:
    """The names of all texts, in whatever language."""
    own = (name.split("/")[1].removesuffix(_SUFFIX) for name in sources() if "/" in name)
    return tuple(sorted({name for name in own if not name.startswith("_")}))


def worded_in(name: str) -> tuple[str, ...]:
    """The languages in which there is a text of that name; raises UnknownTemplate."""
    found = tuple(one for one in languages() if f"{one}/{name}{_SUFFIX}" in sources())
    if not found or name.startswith("_"):
        raise UnknownTemplate(name)
    return found


def best_language(*wanted: str | None) -> str:
    """The first of these that texts are shipped in (`de-CH` counts as `de`), else English."""
    bases = (base_language(language) for language in wanted if language)
    return next((base for base in bases if base in languages()), DEFAULT_LANGUAGE)


def base_language(language: str) -> str:
    """The language without its country: `de-CH` is `de`."""
    return language.replace("_", "-").split("-")[0].lower()


def template(name: str, language: str) -> Template:
    """The text of that name; raises UnknownTemplate, NotWorded, UnknownLanguage."""
    if language not in languages():
        raise UnknownLanguage(language)
    if language not in worded_in(name):
        raise NotWorded(name, language)
    return Template(name, language, sources()[f"{language}/{name}{_SUFFIX}"], _digest(language, name))


def _digest(language: str, name: str) -> str:
    return _digest_of(_own_folder(), language, name)


@cache
def _digest_of(own: str, language: str, name: str) -> str:
    known = _sources(own)
    layouts = [file for file in known if "/" not in file]
    parts = (f"{language}/{name}{_SUFFIX}", f"{language}/_words{_SUFFIX}", *layouts)
    return sha256("".join(f"{part}\n{known[part]}\0" for part in parts).encode()).hexdigest()


@contextmanager
def rendering(name: str) -> Iterator[None]:
    """Where a text is rendered: what is wrong with it is said as TextFaulty."""
    try:
        yield
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as fault:
        line = getattr(fault, "lineno", None)
        place = f"line {line} of {getattr(fault, 'name', None) or name}: " if line else ""
        raise TextFaulty(name, f"{place}{fault}") from fault


def environment(form: Format) -> Environment:
    """Where templates run: sandboxed, with nothing undefined, and escaping what is put into HTML."""
    return _environment(form, _own_folder())


@cache
def _environment(form: Format, own: str) -> Environment:
    made = ImmutableSandboxedEnvironment(
        loader=DictLoader(dict(_sources(own))), undefined=StrictUndefined, autoescape=form == "html",
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters["flow"] = _flow
    return made


def _flow(text: Any) -> Any:
    """The words of a paragraph on lines as long as a letter's; what is marked as safe stays so."""
    lines, line = [], ""
    for word in BREAKS.split(str(text).strip()):
        if line and len(line) + 1 + len(word) > _LINE_WIDTH:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
    return type(text)("\n".join([*lines, line]))
