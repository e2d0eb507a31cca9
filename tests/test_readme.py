"""Every command in the README and the docs does what it says, typed as it stands there."""

import re
import shlex
from pathlib import Path

import pytest

from arrears.cli.main import run

PROJECT = Path(__file__).parent.parent
POSTGRES = "postgresql://user:password@localhost/arrears"


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def files_of(text: str) -> dict[str, str]:
    """The files that the text shows, each by the name that stands before it."""
    shown = r"^`([\w.-]+)`[^\n]*:\n\n```(?:csv|toml)\n(.*?)^```"
    return dict(re.findall(shown, text, re.DOTALL | re.MULTILINE))


def _commands(text: str) -> list[list[str]]:
    lines = [line for block in _blocks(text, "sh") for line in block.splitlines() if line.strip()]
    return [shlex.split(line) for line in lines]


PAGES = """README docs/commands docs/delivery docs/erasure docs/explain docs/operations docs/policies
docs/replay docs/reports docs/webhooks"""


@pytest.mark.parametrize("page", [f"{page}.md" for page in PAGES.split()])
def test_every_command_of_the_page_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_book_url: str
) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARREARS_MASTER_KEY")
    for name, content in files_of(text).items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    commands = _commands(text)

    assert commands
    for program, *arguments in commands:
        typed = [postgres_book_url if word == POSTGRES else word for word in arguments]
        if POSTGRES in arguments:  # the page says so
            monkeypatch.setenv("ARREARS_MASTER_KEY_FILE", "master.key")
        else:
            monkeypatch.delenv("ARREARS_MASTER_KEY_FILE", raising=False)
        assert program == "arrears"
        assert run(typed) == 0, " ".join(arguments)


def test_the_two_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    """`make test` runs this very test, and another test runs what `make demo` runs."""
    readme, makefile = ((PROJECT / name).read_text(encoding="utf-8") for name in ("README.md", "Makefile"))
    targets = re.findall(r"^    make (\w+)", readme, re.MULTILINE)

    assert targets == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_links_lead_somewhere() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", readme)

    assert [link for link in links if not (PROJECT / link).exists()] == []
