"""Reading a folder of files, each named for what it holds."""

from pathlib import Path

from arrears.imports.faults import Fault, Reading
from arrears.imports.mapping import read_mapping
from arrears.imports.reading import read_rows
from arrears.imports.rows import KINDS


def read_folder(folder: Path, maps: Path | None = None) -> tuple[list[Path], list[Reading]]:
    """The files accounts.csv, invoices.csv … that are there, and what each holds, by its map if it has one.

    A folder with none of them is a fault.
    """
    files = [path for kind in KINDS if (path := folder / f"{kind}.csv").exists()]
    readings = [_read(path, maps) for path in files]
    if not files:
        expected = "a folder with at least one of " + ", ".join(f"{kind}.csv" for kind in KINDS)
        readings.append(Reading(str(folder), faults=[Fault(str(folder), 0, "", "", expected)]))
    return files, readings


def _read(path: Path, maps: Path | None) -> Reading:
    mapped = maps / f"{path.stem}.toml" if maps else None
    mapping = read_mapping(mapped) if mapped is not None and mapped.exists() else None
    return read_rows(path, path.stem, mapping)
