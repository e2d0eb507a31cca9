"""The house stands: every module in a layer, no import upwards, no I/O on the floor and in the policies."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

from tests.postgres import PROJECT

CONFIGURATION = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
ROOTS: list[str] = CONFIGURATION["root_packages"]
LAYERS = set(re.findall(r"[\w.]+", " ".join(CONFIGURATION["contracts"][0]["layers"])))
BELOW_ARREARS = ("engine", "policies", "projections")
PURE = ("engine.domain", "policies")

# Calls that read the world: files, screens, clocks and chance.
IMPURE_CALLS = {
    *("open", "print", "input", "breakpoint", "exec", "eval", "__import__"),
    *("datetime.now", "datetime.today", "datetime.utcnow", "date.today"),
    *("uuid1", "uuid4", "uuid.uuid1", "uuid.uuid4"),
}


@cache
def house() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOTS, include_external_packages=True, cache_dir=None)


@cache
def source_files() -> dict[str, Path]:
    """Every source file of ours by the name of its module."""
    files = [file for root in ROOTS for file in (PROJECT / root).rglob("*.py")]
    return {".".join(file.relative_to(PROJECT).with_suffix("").parts): file for file in files}


def layer_of(module: str) -> str | None:
    """The layer that the module is or lies in; None where it stands in none."""
    return next((layer for layer in LAYERS if f"{module}.".startswith(f"{layer}.")), None)


def imports_into(package: str) -> Iterator[tuple[str, str]]:
    for module in house().modules:
        for imported in house().find_modules_directly_imported_by(module):
            if f"{imported}.".startswith(f"{package}."):
                yield module, imported


@pytest.mark.parametrize(
    ("module", "layer"),
    [
        ("arrears.cli", "arrears.cli"),
        ("arrears.cli.main", "arrears.cli"),
        ("engine.domain.facts.base", "engine.domain"),
        ("engine.storehouse", None),
        ("engine", None),
        ("arrears.attic", None),
    ],
)
def test_a_module_stands_in_the_layer_it_lies_in(module: str, layer: str | None) -> None:
    assert layer_of(module) == layer


def test_every_module_stands_in_a_layer() -> None:
    names = {name.removesuffix(".__init__") for name in source_files()}
    assert {name for name in names if layer_of(name) is None} <= {"arrears", "engine"}


def test_no_module_is_hidden_from_the_contracts() -> None:
    """A folder without `__init__.py` is not looked into: its imports would never be checked."""
    seen = {module for module in house().modules if module.split(".")[0] in ROOTS}
    assert {name.removesuffix(".__init__") for name in source_files()} == seen


def test_nothing_below_imports_arrears() -> None:
    upwards = [pair for pair in imports_into("arrears") if pair[0].split(".")[0] in BELOW_ARREARS]
    assert upwards == []


def test_the_floor_imports_only_the_standard_library_and_pydantic() -> None:
    floor = [module for module in house().modules if layer_of(module) == "engine.domain"]
    imported = {name for module in floor for name in house().find_modules_directly_imported_by(module)}
    outside = {name.split(".")[0] for name in imported} - sys.stdlib_module_names
    assert outside <= {"engine", "pydantic"}


def test_the_floor_and_the_policies_touch_no_file_screen_or_clock() -> None:
    pure = {name: file for name, file in source_files().items() if layer_of(name) in PURE}
    touched = [
        f"{name}, line {node.lineno}: {ast.unparse(node.func)}"
        for name, file in pure.items()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in IMPURE_CALLS
    ]
    assert touched == []


def test_init_files_hold_only_a_docstring() -> None:
    for file in (file for file in source_files().values() if file.name == "__init__.py"):
        body = ast.parse(file.read_text()).body
        assert len(body) == 1, file
        assert ast.get_docstring(ast.parse(file.read_text())), file


def test_the_contracts_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
