"""The texts that policies can name: those that are shipped, and those of a folder of one's own."""

from pathlib import Path

from arrears.delivery.templates import languages, template, template_names

_SUFFIX = ".j2"
_CALL = "{# call #}"

Texts = dict[str, dict[str, str]]
"""The kind of each text, `letter` or `call`, by its name and language."""


def shipped_texts() -> Texts:
    """The kinds of the texts that come with arrears."""
    return {
        name: {language: template(name, language).kind for language in languages()}
        for name in template_names()
    }


def texts_of(folder: Path) -> Texts:
    """The kinds of the texts of a folder `LANGUAGE/NAME.j2`; raises FileNotFoundError where there is none."""
    found: Texts = {}
    for sub in sorted(folder.iterdir()):
        for file in sorted(sub.glob(f"[!_]*{_SUFFIX}")) if sub.is_dir() else ():
            kind = "call" if _CALL in file.read_text("utf-8") else "letter"
            found.setdefault(file.name.removesuffix(_SUFFIX), {})[sub.name] = kind
    return found


def merged(shipped: Texts, own: Texts) -> Texts:
    """All texts; one of one's own goes before the shipped one of its name and language."""
    return {name: {**shipped.get(name, {}), **own.get(name, {})} for name in sorted({*shipped, *own})}
