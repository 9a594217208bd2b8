"""The Streamlit app: a shell that renders an `Interpretation`. No rule lives here."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import threading
import time
import tomllib
import urllib.request
import webbrowser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def launch(argv: Sequence[str] = ()) -> int:
    """Serve the app on this computer and open the browser where there is one; returns when the server has stopped.

    `argv` holds the words after ``labinterp app``: ``--port N``, ``--no-browser``, and ``--sample`` to open the built-in sample report.
    Nothing is sent anywhere: the address is 127.0.0.1, usage statistics are off, and Streamlit's question for an e-mail is not asked.
    """
    parser = argparse.ArgumentParser(prog="labinterp app", description="Open the page on this computer. Stop it with Ctrl+C.")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: 8501, or the next one that is free)")
    parser.add_argument("--sample", action="store_true", help="open with the built-in sample report")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    chosen = parser.parse_args(list(argv))
    port = chosen.port or free_port()
    address = f"http://127.0.0.1:{port}/" + ("?sample=1" if chosen.sample else "")
    sys.stderr.write(f"labinterp is at {address}  (stop with Ctrl+C)\n")
    if not chosen.no_browser and has_display():
        threading.Thread(target=_open_when_ready, args=(address, port), daemon=True).start()
    command = [sys.executable, "-m", "streamlit", "run", str(HERE / "served" / "app.py"), f"--server.port={port}", *settings()]
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0


def settings() -> list[str]:
    """The settings of `.streamlit/config.toml` as flags, which win over a person's own configuration of Streamlit."""
    packaged, checkout = HERE / ".streamlit" / "config.toml", HERE.parent.parent / ".streamlit" / "config.toml"
    with (packaged if packaged.is_file() else checkout).open("rb") as file:
        return list(_flags(tomllib.load(file)))


def _flags(table: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flags(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            for item in value:
                yield f"--{prefix}{key}={item}"
        else:
            yield f"--{prefix}{key}={str(value).lower() if isinstance(value, bool) else value}"


def free_port(first: int = 8501) -> int:
    """The first port from `first` on that nothing on this computer listens on."""
    for port in range(first, first + 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise OSError(f"no free port from {first} to {first + 99}")


def has_display() -> bool:
    """Whether a browser window can open here: always on Windows and macOS, elsewhere only with a display."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open_when_ready(address: str, port: int) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
        except OSError:
            time.sleep(0.25)
        else:
            webbrowser.open(address)
            return
