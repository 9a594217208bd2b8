"""Fuzz every target for a bounded time: ``python -m fuzz.run --seconds 60``. Needs atheris (``pip install 'labinterp[fuzz]'``).

Prints one line a target: inputs, seconds, edges covered, findings. A finding is a place in the code with an input that gets there;
its input is written to ``fuzz/found/<target>/``. Ends with 1 if there was any. Repaired findings move to ``fuzz/regressions/<target>/``,
which the tests replay with or without atheris.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import time
import traceback
from importlib import import_module
from pathlib import Path

from fuzz.targets import NAMES

HERE = Path(__file__).parent


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=60, help="for all targets together")
    arguments.add_argument("--target", action="append", choices=NAMES, help="only this one (may be given several times)")
    arguments.add_argument("--corpus", type=Path, help="a folder for the inputs that reach new code, kept from run to run")
    arguments.add_argument("--found", type=Path, default=HERE / "found", help="where the inputs of findings go")
    arguments.add_argument("--seed", type=int, default=0, help="of the random numbers; 0 is another one each time")
    arguments.add_argument("--one", choices=NAMES, help=argparse.SUPPRESS)
    given, further = arguments.parse_known_args()
    if given.one:
        return hunt(given.one, given.found, further)
    targets = given.target or list(NAMES)
    shares = {target: import_module(f"fuzz.targets.{target}").SHARE for target in targets}
    total, findings = 0, 0
    for target in targets:
        seconds = max(1, round(given.seconds * shares[target] / sum(shares.values())))
        runs, edges, found = part(target, seconds, given.corpus, given.found, given.seed)
        total, findings = total + runs, findings + len(found)
        print(f"{target:10} {runs:9,} inputs  {seconds:5} s  {edges:5} edges  {len(found)} findings", flush=True)
        for line in found:
            print(f"    {line}")
    print(f"{'all':10} {total:9,} inputs, {findings} findings")
    return 1 if findings else 0


def part(target: str, seconds: int, corpus: Path | None, found: Path, seed: int) -> tuple[int, int, list[str]]:
    """Hunt in a process of its own, so that a crash of a native library is a finding and not the end: inputs, edges, findings."""
    with tempfile.TemporaryDirectory() as scratch:
        grown = (corpus or Path(scratch)) / target
        grown.mkdir(parents=True, exist_ok=True)
        (found / target).mkdir(parents=True, exist_ok=True)
        seeds = [str(folder) for folder in (HERE / "corpus" / target, HERE / "regressions" / target) if folder.is_dir()]
        module = import_module(f"fuzz.targets.{target}")
        options = [f"-max_total_time={seconds}", f"-max_len={module.LONGEST}", "-timeout=30", "-rss_limit_mb=4000", "-print_final_stats=1"]
        options += [f"-artifact_prefix={found / target}/"] + ([f"-seed={seed}"] if seed else [])
        if words := dictionary(module.WORDS):
            file = Path(scratch) / "words.dict"
            file.write_text(words, encoding="ascii")
            options.append(f"-dict={file}")
        command = [sys.executable, "-m", "fuzz.run", "--one", target, "--found", str(found), *options, str(grown), *seeds]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", cwd=HERE.parent, timeout=seconds + 300, check=False
            )
        except subprocess.TimeoutExpired:
            return 0, 0, [f"no end within {seconds + 300} s: an input that hangs, or a machine that is too busy"]
    said = done.stderr
    findings = re.findall(r"^FINDING (.*)$", said, re.M)
    if done.returncode:
        findings.append(f"the process ended with {done.returncode}: {said[-600:]}")
    runs = re.findall(r"stat::number_of_executed_units:\s*(\d+)", said)
    edges = re.findall(r"cov: (\d+)", said)
    return int(runs[-1]) if runs else 0, int(edges[-1]) if edges else 0, findings


def dictionary(words: tuple[str, ...]) -> str:
    """Words in the form that libFuzzer reads."""
    raw = dict.fromkeys(word.encode("utf-8", "replace") for word in words if word)
    return "".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in raw if len(word) <= 60)


def hunt(target: str, found: Path, options: list[str]) -> int:
    """Feed one target in this process until libFuzzer's time is over. A finding is noted once for each place in the code."""
    import atheris

    with atheris.instrument_imports(include=["labinterp"]):
        module = import_module(f"fuzz.targets.{target}")
    seen: set[str] = set()

    def one(data: bytes) -> None:
        if fault := fault_of(module, data):
            place, said = fault
            if place not in seen:
                seen.add(place)
                file = found / target / hashlib.sha256(data).hexdigest()[:12]
                file.write_bytes(data)
                (file.with_suffix(".txt")).write_text(said, encoding="utf-8", errors="replace")
                print(f"FINDING {file.name} {place}", file=sys.stderr, flush=True)

    atheris.Setup([sys.argv[0], *options], one, enable_python_coverage=True)
    atheris.Fuzz()
    return 0


def fault_of(module: object, data: bytes) -> tuple[str, str] | None:
    """What does not hold for an input: the place in the code and the whole story; None where all is well."""
    for _ in range(2):  # a second time only where the first was slow: compiled patterns and imports are paid for once
        begin = time.process_time()
        try:
            module.check(data)  # type: ignore[attr-defined]
        except Exception as error:
            frames = [f for f in traceback.extract_tb(error.__traceback__) if "/labinterp/" in f.filename or "/fuzz/" in f.filename]
            places = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames[-3:]))
            return f"{type(error).__name__} {places}", f"{places}\n{error}\n{traceback.format_exc()}"
        spent = time.process_time() - begin
        if spent <= module.SECONDS:  # type: ignore[attr-defined]
            return None
    return f"slow: {module.__name__}", f"{spent:.2f} s of CPU time"  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
