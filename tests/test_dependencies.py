"""What the product rests on: licences that go with its own, no version with a known hole, bounds that are the ones tested.

`docs/dependencies.md` is written by ``python tests/test_dependencies.py``.
"""

from __future__ import annotations

import importlib.metadata as metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "dependencies.md"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("app", "ocr", "xlsx", "hl7", "pdf", "batch")

FIXED = {
    "pdfminer.six": (
        "20251230",
        "CVE-2025-64512 and, repaired with it, GHSA-f83h-ghpp-7wcc: a PDF could make it load a pickle, which runs code",
    ),
    "pyarrow": ("14.0.1", "CVE-2023-47248: a Parquet file could run code"),
    "pillow": ("10.3.0", "CVE-2024-28219: a buffer overflow"),
    "jinja2": ("3.1.6", "CVE-2025-27516: a template could leave its sandbox"),
    "h11": ("0.16.0", "CVE-2025-43859: requests could be smuggled"),
    "fonttools": ("4.43.0", "CVE-2023-45139: a font could name an external XML entity"),
    "pyyaml": ("5.4", "CVE-2020-14343: the full loader could run code (only the safe one is used here)"),
    "streamlit": ("1.37.0", "CVE-2024-42474: files outside a static folder could be read on Windows"),
}
"""Distribution -> the first version without a hole that was known when this was written, and the hole. A list, not a scan: CI has no
network beyond the package index. Who has one runs ``pip-audit`` as well (see `docs/reliability.md`)."""

SPELT_OUT = {"opencv-python-headless": "Apache-2.0", "pypdfium2": "BSD-3-Clause OR Apache-2.0"}
"""Where the metadata hold a sentence or nothing that a table can show."""
FOR_BID = re.compile(r"(?<![A-Za-z])A?GPL|(?<!Lesser )General Public License|Affero", re.I)


def closure() -> Iterator[metadata.Distribution]:
    """Every distribution that `labinterp[all]` needs on this machine, once, by name."""
    found: dict[str, metadata.Distribution] = {}
    waiting, seen = [("labinterp", extra) for extra in ("", *EXTRAS)], set()
    while waiting:
        name, extra = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if (key, extra) in seen:
            continue
        seen.add((key, extra))
        try:
            own = found.setdefault(key, metadata.distribution(name))
        except metadata.PackageNotFoundError:  # for another system
            continue
        for line in own.requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                waiting += [(needed.name, further) for further in ("", *needed.extras)]
    del found["labinterp"]
    return iter(found[key] for key in sorted(found))


def licence(own: metadata.Distribution) -> str:
    """The licence as the metadata say it: the expression, else the classifiers, else the first line of the old field."""
    about = own.metadata
    if own.name in SPELT_OUT:
        return SPELT_OUT[own.name]
    classified = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or () if line.startswith("License ::")]
    stated = (about.get("License") or "").strip().split("\n")[0]
    return about.get("License-Expression") or " AND ".join(classified) or stated[:60]


def table() -> str:
    lines = "".join(f"| {own.name} | {licence(own)} |\n" for own in closure())
    return (
        "# What labinterp rests on\n\n"
        "Everything that `pip install 'labinterp[all]'` brings along on Linux, with its licence as its own metadata say it. labinterp is\n"
        "under Apache-2.0; nothing here is under the GPL or AGPL. fpdf2 (LGPL-3.0) is used as a library that a user can replace.\n"
        "Written by `python tests/test_dependencies.py`; a test fails where it is stale. The oldest versions that are allowed stand in\n"
        "`tests/lowest.txt`; when the tests ran with them, and with the newest, is told under [Reliability](reliability.md).\n\n"
        f"| Distribution | Licence |\n|---|---|\n{lines}"
    )


@pytest.mark.parametrize("own", list(closure()), ids=lambda own: own.name)
def test_the_licence_goes_with_ours(own: metadata.Distribution) -> None:
    said = licence(own)
    assert said, f"{own.name} does not say its licence; look it up and add it to SPELT_OUT"
    assert not FOR_BID.search(said), said


def test_the_table_of_licences_is_complete() -> None:
    """The same libraries stand in the table; a newer version may bring another one along, so only missing lines are wrong."""
    listed = set(re.findall(r"^\| ([\w.-]+) \|", TABLE.read_text(encoding="utf-8"), re.M))
    direct = {
        Requirement(line).name
        for line in (*PROJECT["dependencies"], *(line for extra in EXTRAS for line in PROJECT["optional-dependencies"][extra]))
    }
    assert {name.lower() for name in direct} <= {name.lower() for name in listed}


def test_a_gpl_licence_would_be_noticed() -> None:
    for said in ("GPL-3.0-only", "GNU General Public License v3 (GPLv3)", "AGPL-3.0", "GNU Affero General Public License v3", "GNU GPL"):
        assert FOR_BID.search(said), said
    for said in ("LGPL-3.0-only", "GNU Lesser General Public License v3", "MIT"):
        assert not FOR_BID.search(said), said


@pytest.mark.parametrize("name", FIXED)
def test_no_installed_version_has_a_known_hole(name: str) -> None:
    first, hole = FIXED[name]
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        pytest.skip("not installed")
    assert Version(installed) >= Version(first), hole


def test_the_lowest_versions_are_the_bounds() -> None:
    """`tests/lowest.txt`, with which the tests were run, says what `pyproject.toml` promises."""
    lines = [line for line in (ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    lowest = {name.lower(): Version(version) for name, version in (line.split("==") for line in lines)}
    needed = [Requirement(line) for extra in EXTRAS for line in PROJECT["optional-dependencies"][extra]]
    needed += [Requirement(line) for line in PROJECT["dependencies"]]
    assert lowest == {one.name.lower(): Version(next(iter(one.specifier)).version) for one in needed}


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
    sys.stdout.write(f"wrote {TABLE.name}\n")
