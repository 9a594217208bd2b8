"""The wheel carries the knowledge and the samples, and works from a folder that is not the checkout."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CLEAN = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the hatchling that is installed: nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    code = f"import hatchling.build as b; print(b.build_wheel({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=CLEAN, check=True, capture_output=True, text=True)
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel, which sees the dependencies that are installed here but no checkout."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "-q",
        "--no-index",
        "--no-deps",
        "--ignore-installed",
        str(wheel),
    ]
    subprocess.run(pip, env=CLEAN | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}, check=True)
    return python


def run(python: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(python), *words], cwd=folder, env=CLEAN, capture_output=True, text=True, encoding="utf-8", check=False)


def test_wheel_holds_data_and_types_but_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "labinterp/py.typed",
        "labinterp/reference_ranges/compiled.json",
        "labinterp/reference_ranges/markers/potassium.yaml",
        "labinterp/samples/leg_weakness.pdf",
        "labinterp/app/.streamlit/config.toml",
        "labinterp/export/fonts/SourceSansPro-Regular.ttf",
        "labinterp/export/fonts/SourceSansPro-LICENSE.txt",
    } <= names
    assert not [name for name in names if name.startswith("tests") or "__pycache__" in name or name.endswith("generate.py")]
    info = next(name for name in names if name.endswith("METADATA"))
    assert "License-Expression: Apache-2.0" in zipfile.ZipFile(wheel).read(info).decode()
    assert {name.rpartition("/")[2] for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}


def test_installed_package_is_the_one_used(python: Path, tmp_path: Path) -> None:
    done = run(python, tmp_path, "-c", "import labinterp; print(labinterp.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(python.parents[1]), done.stderr


def test_installed_command_judges_a_report(python: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("Test,Result,Unit,Reference range\nPotassium,2.4,mmol/L,3.5 - 5.1\n", encoding="utf-8")
    done = subprocess.run(
        [str(python.with_name("labinterp")), "interpret", "mine.csv", "-f", "csv"],
        cwd=tmp_path,
        env=CLEAN | {"PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert ",potassium," in done.stdout
    assert ",LL," in done.stdout  # below the critical limit of 2.5 mmol/L


def test_installed_package_passes_its_samples(python: Path, tmp_path: Path) -> None:
    done = run(python, tmp_path, "-m", "labinterp", "samples", "test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok  leg_weakness.pdf" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="the server is stopped with its process group")
def test_installed_app_answers(python: Path, tmp_path: Path) -> None:
    """`labinterp app` from a wheel finds its page and its settings, and the whole page can be imported by its server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(python.with_name("labinterp")), "app", "--no-browser", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=CLEAN, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and server.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                    assert answer.read() == b"ok"
                return
            except OSError:
                time.sleep(0.2)
        pytest.fail((tmp_path / "log").read_text(errors="replace"))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


def test_import_is_light() -> None:
    """Nothing heavy is loaded before it is used; the time itself is measured in benchmarks/."""
    code = "import sys, labinterp; print(sorted({'pandas', 'pydantic', 'pdfplumber', 'pypdfium2', 'yaml', 'pint', 'rich', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=CLEAN, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_builds_twice_to_the_same_bytes(tmp_path: Path) -> None:
    """Wheel and source archive, built from copies whose files were written at different times."""
    made: list[dict[str, bytes]] = []
    for number in range(2):
        copy, out = tmp_path / f"copy{number}", tmp_path / f"out{number}"
        files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        for name in filter(None, files):
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, copy / name)
                os.utime(copy / name, (1_600_000_000 + number * 1_000_000,) * 2)
        out.mkdir()
        code = f"import hatchling.build as b; b.build_wheel({str(out)!r}); b.build_sdist({str(out)!r})"
        subprocess.run([sys.executable, "-c", code], cwd=copy, env=CLEAN, check=True, capture_output=True)
        made.append({file.name: file.read_bytes() for file in out.iterdir()})
    assert len(made[0]) == 2
    assert made[0] == made[1]
