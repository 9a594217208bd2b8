"""The command line. Results go to stdout, notices to stderr.

Exit codes: 0 all was read, 1 something was not interpreted (with --strict) or a check failed, 2 wrong usage, 3 a file could not be read
(or a batch not written), 70 a fault of labinterp itself, 130 interrupted.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from labinterp.controls import plain
from labinterp.errors import LabinterpError, ReadError
from labinterp.language import ENGLISH, Language, language, languages

if TYPE_CHECKING:
    import pandas as pd

    from labinterp.interpretation import Interpretation
    from labinterp.model import Patient, Report
    from labinterp.reference import Reference
    from labinterp.reference.schema import Marker

OK, NOT_INTERPRETED, USAGE, UNREADABLE, FAULT, INTERRUPTED = 0, 1, 2, 3, 70, 130
FORMATS = ("table", "json", "csv")
SUMMARIES = ("html", "pdf")
BOM = "\ufeff"  # without it Excel takes a CSV file for Latin-1


GARBAGE = 50_000
"""New objects between two looks for cycles of dead ones, in a run over a table: what it learns lives as long as the run."""


ALLOCATOR = "jemalloc"
"""Of those that Arrow has on Linux, the one that keeps least of the memory that was given back."""


class UsageError(Exception):
    """The command cannot be carried out as it was given."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _plain_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    parser = make_parser()
    if words[:1] == ["app"]:  # the app has its own options
        return app(words[1:])
    args = parser.parse_args(words)
    if args.run is batch and sys.platform == "linux":
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", ALLOCATOR)  # read once, when pyarrow is imported
    spoken = _spoken(args)
    tell_progress()
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        notice("stopped")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, `head` for one, has seen enough
        sys.stderr.close()
        return OK
    except ReadError as error:
        notice(_cannot_read(error, spoken))
        return UNREADABLE
    except (UsageError, LabinterpError, FileNotFoundError) as error:
        notice(spoken.again(str(error)))
        return USAGE
    except Exception as error:
        if os.environ.get("LABINTERP_DEBUG"):
            raise
        notice(_fault(error))
        return FAULT
    return code


def _fault(error: Exception) -> str:
    """A fault of ours, with its place. The words of the error are left out: they may quote the document."""
    place = "".join(traceback.format_tb(error.__traceback__))
    return (
        f"a fault of labinterp ({type(error).__name__}), please tell us; LABINTERP_DEBUG=1 shows all, with words of the document\n{place}"
    )


def notice(text: str) -> None:
    """A notice to the person at the terminal."""
    print(plain(f"labinterp: {text}"), file=sys.stderr)


class _Plain(logging.Formatter):
    """What a document or a file is called is only a text."""

    def format(self, record: logging.LogRecord) -> str:
        return plain(super().format(record))


def _spoken(args: argparse.Namespace) -> Language:
    """The language of notices."""
    return language(getattr(args, "language", ENGLISH))


def _cannot_read(error: ReadError, spoken: Language) -> str:
    return spoken.say("cannot read {what}", what=spoken.again(str(error)))


def tell_progress() -> None:
    """Show on a terminal what takes long (the log of the readers), a line each; into a pipe or file goes nothing."""
    log = logging.getLogger("labinterp")
    log.handlers = [handler for handler in log.handlers if handler.get_name() != "progress"]
    if not sys.stderr.isatty():
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name("progress")
    handler.setFormatter(_Plain("labinterp: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)


# ---- words that several commands share -----------------------------------------------------------------------------------


def _plain_streams() -> None:
    """A console that cannot show a sign prints a ? for it and does not fail."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def make_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    from labinterp import __version__

    parser = argparse.ArgumentParser(
        prog="labinterp",
        description="Reads laboratory reports, says what stands out and on whose word, and links it to possible causes of leg weakness.",
        epilog="Exit codes: 0 all read, 1 something not interpreted (with --strict) or a check failed, 2 wrong usage, 3 unreadable file, "
        "70 a fault of labinterp itself, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"labinterp {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        own = commands.add_parser(name, help=about, description=about)
        own.set_defaults(run=run)
        return own

    one = command("read", read, "Show the rows of reports as printed, and the lines that are not results.")
    one.add_argument("files", nargs="+", metavar="FILE", help="a report, or - for standard input")
    _reading(one)
    _output(one)

    one = command("interpret", interpret, "Judge the results of reports and show what stands out, possible causes and what to ask.")
    one.add_argument("files", nargs="+", metavar="FILE", help="a report, or - for standard input")
    _reading(one)
    one.add_argument(
        "--derive",
        action="append",
        default=[],
        metavar="FORMULA",
        help="also work out what is only worked out when asked for (ldl_friedewald)",
    )
    _person(one)
    one.add_argument("--answers", type=Path, metavar="FILE", help="a JSON file: question id -> answer or list of answers")
    _schemes(one)
    _output(one, "fhir", "html", "pdf")
    _language(one)
    one.add_argument("--with-name", action="store_true", help="html, pdf: print the person's name on the summary")
    one.add_argument("--full", action="store_true", help="table: tell every cause with all its reasons, and every question")

    one = command("trends", trends, "One person's results over time: the change of each test, and whether it is more than expected.")
    one.add_argument("files", nargs="+", metavar="FILE", help="reports of one person, in any order")
    one.add_argument("--same-person", action="store_true", help="they are of one person, whatever names and numbers they bear")
    _reading(one)
    _person(one)
    _language(one)
    one.add_argument("-f", "--format", choices=FORMATS, default="table")
    one.add_argument("-o", "--out", type=Path, metavar="OUT", help="write to this file instead of the terminal")

    one = command("batch", batch, "Judge whole tables or folders; every row of IN is a row of OUT, with the answer in further columns.")
    one.add_argument(
        "sources",
        type=Path,
        nargs="+",
        metavar="IN",
        help="tables with a result per row (CSV, TSV, Parquet, XPT, FHIR ndjson; .gz, .zst), folders or globs of them, or of reports",
    )
    one.add_argument("target", type=Path, metavar="OUT", help="the .csv or .parquet file to write")
    one.add_argument(
        "--map", action="append", default=[], metavar="OURS=THEIRS", help="name of a column, such as value_text=RESULT (may be repeated)"
    )
    one.add_argument(
        "--test",
        action="append",
        default=[],
        metavar="COLUMN=NAME [UNIT]",
        help="wide tables: the test that a column holds, such as 'LBXGH=HbA1c [%%]' (may be repeated)",
    )
    one.add_argument("--preset", metavar="NAME", help="a known kind of table (omop, mimic, nhanes, synthea), or your own YAML file")
    one.add_argument("--patients", type=Path, metavar="FILE", help="a table of persons: their id with sex and birth date or age")
    one.add_argument("--causes", action="store_true", help="also write a row for each person with alerts and possible causes")
    one.add_argument("--resume", action="store_true", help="go on where an interrupted run of the same command stopped")
    one.add_argument("--locale", help="language or decimal mark of the numbers (de, en, '.' or ','); without it each document votes")
    _person(one)
    _schemes(one)
    one.add_argument("--strict", action="store_true", help="exit with 1 if a row was not interpreted")

    one = command("explain", explain, "Why one row got its answer: limits, sources, and the reason of any doubt.")
    one.add_argument("file", metavar="FILE")
    one.add_argument("row", metavar="ROW", help="the number in the first column of `interpret`, or the name of the test")
    _reading(one)
    _person(one)
    _schemes(one)
    _language(one)

    one = command("markers", markers, "List the tests that are known, or show one with every limit and its source.")
    one.add_argument("name", nargs="?", metavar="NAME", help="id, LOINC code or any printed name")
    _language(one)
    one.add_argument("-f", "--format", choices=("table", "json"), default="table")

    one = command("causes", causes, "List the possible causes that are known, or show one with what speaks for and against it.")
    one.add_argument("name", nargs="?", metavar="NAME", help="id or name")
    _language(one)
    one.add_argument("-f", "--format", choices=("table", "json"), default="table")

    one = command("convert", convert, "Convert a value between the units of one test. A unit that is not sound for the test is refused.")
    one.add_argument("value", metavar="VALUE")
    one.add_argument("unit", metavar="UNIT")
    one.add_argument("marker", metavar="MARKER", help="id, LOINC code or any printed name")
    one.add_argument("to", nargs="?", metavar="TO", help="unit wanted (default: the one used here)")
    one.add_argument("--explain", action="store_true", help="also show factor, source and rounding")

    one = command("check", check, "Check reference_ranges: schema, sources, limits and all cases.")
    one.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="another folder laid out like reference_ranges")
    one.add_argument("--write", action="store_true", help="also write the compiled file")

    one = command("samples", samples, "Compare how reports are read with the golden files beside them.")
    one.add_argument(
        "action", choices=("test", "generate"), help="test: read and compare; generate: write the missing golden files from reading"
    )
    one.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="your own folder of reports (default for test: the samples of labinterp)"
    )

    commands.add_parser("app", help="Open the page in a browser on this computer (see `labinterp app --help`).", add_help=False)
    return parser


def _reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--locale", help="language or decimal mark of the numbers (de, en, '.' or ','); without it the document votes")


def _language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--language", choices=languages(), default=ENGLISH, help="language of the words; codes and numbers printed stay")


def _person(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sex", choices=("male", "female"))
    parser.add_argument("--age", type=float, metavar="YEARS")
    parser.add_argument("--birth-date", type=_day, metavar="YYYY-MM-DD")
    parser.add_argument("--pregnant", choices=("yes", "no"))


def _schemes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scheme", action="append", default=[], metavar="MARKER=SCHEME", help="use another published scheme (may be repeated)"
    )


def _output(parser: argparse.ArgumentParser, *further: str) -> None:
    parser.add_argument("-f", "--format", choices=(*FORMATS, *further), default="table")
    parser.add_argument("-o", "--out", type=Path, metavar="OUT", help="write to this file instead of the terminal")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a line was not read or a row not interpreted")


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _pairs(texts: Iterable[str], option: str) -> dict[str, str]:
    split = [text.partition("=") for text in texts]
    if wrong := [key for key, equals, value in split if not (key and equals and value)]:
        raise UsageError(f"{option} wants NAME=VALUE, not {wrong[0]!r}")
    return {key: value for key, _, value in split}


def _patient(args: argparse.Namespace) -> Patient:
    from labinterp.model import Patient, today

    if args.birth_date is not None and args.birth_date > today():
        raise UsageError(f"--birth-date {args.birth_date} lies in the future")
    try:
        return Patient(args.sex, args.age, args.birth_date, {"yes": True, "no": False, None: None}[args.pregnant])
    except ValueError as error:
        raise UsageError(str(error)) from None


def _reference(args: argparse.Namespace) -> Reference:
    from labinterp.reference import Reference

    schemes = _pairs(args.scheme, "--scheme") if hasattr(args, "scheme") else None
    return Reference.default(schemes or None, getattr(args, "language", ENGLISH))


def _read(file: str, locale: str | None) -> Report:
    from labinterp.readers import read as read_report

    try:
        return (
            read_report(sys.stdin.buffer.read(), name="standard input", locale=locale) if file == "-" else read_report(file, locale=locale)
        )
    except OSError as error:
        raise ReadError(f"{file}: {error.strerror or error}") from None


def _each(args: argparse.Namespace, use: Callable[[Report], Any]) -> tuple[list[tuple[str, Any]], int]:
    """What `use` makes of every file that can be read; one that cannot is told and does not stop the others."""
    done, code = [], OK
    for file in args.files:
        try:
            done.append((file, use(_read(file, args.locale))))
        except ReadError as error:
            notice(_cannot_read(error, _spoken(args)))
            code = UNREADABLE
    return done, code


def _write(args: argparse.Namespace, write: Callable[[IO[str]], None]) -> None:
    if args.out is None:
        write(sys.stdout)
        return
    with args.out.open("w", encoding="utf-8", newline="") as out:
        out.write(BOM if args.format == "csv" else "")
        write(out)
    notice(f"wrote {args.out}")


def _table_out(args: argparse.Namespace, show: Callable[..., None], shown: Iterable[tuple[Any, ...]]) -> None:
    """Call `show` for each, on the terminal or in the file asked for."""
    from labinterp.terminal import console

    def write(out: IO[str]) -> None:
        terminal = console(out)
        for number, words in enumerate(shown):
            if number:
                terminal.rule()
            show(*words, out=terminal)

    _write(args, write)


def _json_out(args: argparse.Namespace, objects: list[Any]) -> None:
    """One object for one file, a list for several."""
    from labinterp.export.json import dumped
    from labinterp.export.json import plain as plain_data

    content = objects[0] if len(objects) == 1 else objects
    _write(args, lambda out: print(dumped(plain_data(content), indent=2), file=out))


def _csv_out(args: argparse.Namespace, frames: list[tuple[str, pd.DataFrame]]) -> None:
    """One table of all files, safe to open in a spreadsheet; the first column says which file."""
    import pandas as pd

    parts = [frame.reset_index(drop=True) for _, frame in frames]
    for part, (file, _) in zip(parts, frames):
        part.insert(0, "file", file.encode("utf-8", "replace").decode())
    if parts:
        _frame_out(args, pd.concat(parts, ignore_index=True))


def _frame_out(args: argparse.Namespace, frame: pd.DataFrame) -> None:
    """A table as CSV: no cell of it is run by a spreadsheet or, where it is only looked at, obeyed by the terminal."""
    from labinterp.export.csv import disarmed

    text = str(disarmed(frame).to_csv(index=False, lineterminator="\n"))
    _write(args, lambda out: print(plain(text) if out.isatty() else text, end="", file=out))


def _summary_out(args: argparse.Namespace, answer: Interpretation) -> None:
    """The summary for the doctor; a PDF is bytes and passes the text stream by."""
    if args.format == "html":
        text = answer.to_html(with_name=args.with_name)
        _write(args, lambda out: print(text, end="", file=out))
        return
    try:
        content = answer.to_pdf(with_name=args.with_name)
    except ImportError as error:
        raise UsageError(str(error)) from None
    if args.out is None:
        sys.stdout.buffer.write(content)
    else:
        args.out.write_bytes(content)
        notice(f"wrote {args.out}")


def not_interpreted(answer: Interpretation) -> int:
    """How many rows and lines have no sure answer."""
    return sum(count for name, count in answer.open_items.items() if name != "not_a_result")


# ---- the commands --------------------------------------------------------------------------------------------------------


def read(args: argparse.Namespace) -> int:
    from labinterp.terminal import show_report

    done, code = _each(args, lambda report: report)
    if args.format == "json":
        _json_out(args, [report.to_dict() for _, report in done])
    elif args.format == "csv":
        _csv_out(args, [(file, report.rows) for file, report in done])
    else:
        _table_out(args, show_report, ((report,) for _, report in done))
    unread = sum(int((report.unread["kind"] == "possible_result").sum() + (report.rows["review"] != "").sum()) for _, report in done)
    return _close(args, code, unread)


def interpret(args: argparse.Namespace) -> int:
    from labinterp.export.csv import stamped
    from labinterp.interpretation import interpret as interpret_report
    from labinterp.terminal import URGENCY_WORDS, show_interpretation

    if args.format in SUMMARIES and len(args.files) > 1:
        raise UsageError(f"-f {args.format} makes one summary of one report; give one file at a time")
    if args.format == "pdf" and args.out is None and sys.stdout.isatty():
        raise UsageError("a PDF is not for the terminal: give -o OUT.pdf, or redirect it to a file")
    reference, patient = _reference(args), _patient(args)
    answers = _answers(args.answers, reference)
    known = {rule.id for marker in reference.markers.values() for rule in marker.derived}
    if unknown := [name for name in args.derive if name not in known]:
        raise UsageError(f"--derive {unknown[0]}: no such formula; there are {', '.join(sorted(known))}")
    done, code = _each(
        args, lambda report: interpret_report(report, patient=patient, answers=answers, reference=reference, requested=args.derive)
    )
    if args.format == "json":
        _json_out(args, [answer.to_dict() for _, answer in done])
    elif args.format == "csv":
        _csv_out(args, [(file, stamped(answer.to_frame(), reference)) for file, answer in done])
    elif args.format == "fhir":
        _json_out(args, [answer.to_fhir() for _, answer in done])
    elif args.format in SUMMARIES:
        for _, answer in done:
            _summary_out(args, answer)
    else:
        _table_out(args, partial(show_interpretation, full=args.full), ((answer, file) for file, answer in done))
    if args.format != "table":
        for file, answer in done:
            for alert in answer.alerts:
                notice(f"{file}: {reference.say(URGENCY_WORDS[alert.urgency])}: {alert.text}")
    return _close(args, code, sum(not_interpreted(answer) for _, answer in done))


def trends(args: argparse.Namespace) -> int:
    from labinterp.export.json import plain as plain_data
    from labinterp.interpretation import doubts_of_one_person
    from labinterp.model import records_of
    from labinterp.series import trends as trends_of
    from labinterp.terminal import show_trends

    done, code = _each(args, lambda report: report)
    reports = [report.nameless() if args.same_person else report for _, report in done]
    reference = _reference(args)
    try:
        table = trends_of(reports, patient=_patient(args), reference=reference)
    except ValueError as error:
        spoken, told = _spoken(args), str(error)
        differ = not args.same_person and "of different people" in told
        hint = f" {spoken.say('(or say {option})', option='--same-person')}" if differ else ""
        raise UsageError(spoken.again(told) + hint) from None
    for doubt in doubts_of_one_person(reports):
        notice(_spoken(args).again(doubt))
    if args.format == "json":
        _json_out(args, [plain_data(records_of(table))])
    elif args.format == "csv":
        table.insert(0, "file", [done[number][0] for number in table["report"]])
        _frame_out(args, table)
    else:
        _table_out(args, show_trends, [(table, reference.language)])
    return code


def _close(args: argparse.Namespace, code: int, unsure: int) -> int:
    if unsure:
        notice(_spoken(args).plural("{n} line or row has no sure answer", "{n} lines or rows have no sure answer", unsure))
    return NOT_INTERPRETED if code == OK and unsure and args.strict else code


def _answers(file: Path | None, ref: Reference) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        answers = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{file} is not JSON: {error}") from None
    if not isinstance(answers, dict):
        raise UsageError(f"{file} must hold one object: question id -> answer or list of answers")
    known = {*ref.questions, *(f"screen.{id_}" for id_ in ref.screens)}
    if unknown := sorted(set(answers) - known):
        raise UsageError(f"{file}: there is no question {', '.join(unknown)}; the questions are {', '.join(sorted(known))}")
    return answers


def batch(args: argparse.Namespace) -> int:
    try:
        from labinterp.batch import Stopped, WriteError, run
    except ModuleNotFoundError as missing:
        raise UsageError(f"this needs the package {missing.name}; pip install 'labinterp[batch]'") from None
    from labinterp.terminal import batch_progress

    gc.set_threshold(GARBAGE)
    try:
        with batch_progress(sys.stderr) as tell:
            summary = run(
                args.sources,
                args.target,
                columns=_pairs(args.map, "--map"),
                tests=_pairs(args.test, "--test"),
                preset=args.preset,
                patients=args.patients,
                patient=_patient(args),
                reference=_reference(args),
                locale=args.locale,
                causes=args.causes,
                resume=args.resume,
                tell=tell,
            )
    except Stopped as stopped:
        notice(str(stopped))
        return INTERRUPTED
    except WriteError as error:
        notice(f"cannot write {error}")
        return UNREADABLE
    for line in summary.lines():
        notice(line)
    notice(f"wrote {args.target} and {', '.join(path.name for path in summary.beside)}")
    return UNREADABLE if summary.unreadable else _strict(args, summary.not_interpreted)


def _strict(args: argparse.Namespace, unsure: int) -> int:
    return NOT_INTERPRETED if unsure and args.strict else OK


def explain(args: argparse.Namespace) -> int:
    from labinterp.interpretation import interpret as interpret_report

    answer = interpret_report(_read(args.file, args.locale), patient=_patient(args), reference=_reference(args))
    for row in _rows_named(answer, args.row):
        print(answer.explain(row))
    return OK


def _rows_named(answer: Interpretation, wanted: str) -> list[int]:
    results = answer.results
    if wanted.isdigit():
        if not 1 <= int(wanted) <= len(results):
            raise UsageError(f"there is no row {wanted}; the report has rows 1 to {len(results)}")
        return [int(wanted) - 1]
    from labinterp.reference.fold import fold_name

    folded = fold_name(wanted)
    ids = answer.reference.candidates(wanted)
    found = [int(row.Index) for row in results.itertuples() if fold_name(str(row.name_text)) == folded or row.marker in ids]  # type: ignore[arg-type]
    if not found:
        raise UsageError(f"no row is called {wanted!r}; the report has {', '.join(map(str, results['name_text'].unique()))}")
    return found


def markers(args: argparse.Namespace) -> int:
    from labinterp.terminal import console, marker_facts, show_pairs, show_rows

    ref = _reference(args)
    if args.name is None:
        known = list(ref.markers.values())
        if args.format == "json":
            print(
                json.dumps(
                    [{"id": m.id, "name": m.name, "category": m.category, "unit": m.unit} for m in known], ensure_ascii=False, indent=2
                )
            )
        else:
            codes = [next((code.code for code in m.loinc if code.default), "") for m in known]
            rows = ((m.id, m.name, m.category, m.unit or "", code) for m, code in zip(known, codes))
            show_rows(("id", ref.say("Test"), ref.say("Category"), ref.say("Unit"), "LOINC"), rows, console())
        return OK
    found = _find_marker(ref, args.name)
    if args.format == "json":
        print(json.dumps([marker.model_dump(mode="json", exclude_defaults=True) for marker in found], ensure_ascii=False, indent=2))
    else:
        out = console()
        for marker in found:
            show_pairs(marker_facts(ref, marker), out)
            out.print()
    return OK


def _find_marker(ref: Reference, name: str) -> list[Marker]:
    by_code = ref.by_loinc(name)
    if by_code is not None and by_code[1]:
        raise UsageError(f"LOINC {name} is another quantity, kept apart from {ref.markers[by_code[0]].name}")
    ids = (name,) if name in ref.markers else (by_code[0],) if by_code else ref.candidates(name)
    if not ids:
        near = _near(name, {name: marker.id for marker in ref.markers.values() for name in (marker.id, marker.name)})
        raise UsageError(f"no test is called {name!r}{near}")
    return [ref.markers[id_] for id_ in ids]


def _near(name: str, names: dict[str, str]) -> str:
    """A hint for a name that is not known."""
    from rapidfuzz import fuzz, process

    close = process.extract(name.casefold(), {known: known.casefold() for known in names}, scorer=fuzz.WRatio, score_cutoff=75, limit=8)
    ids = list(dict.fromkeys(names[key] for _, _, key in close))
    return f"; did you mean {', '.join(ids)}?" if ids else ""


def causes(args: argparse.Namespace) -> int:
    from labinterp.causes import SEEN, describe_cause
    from labinterp.terminal import URGENCY_WORDS, console, show_rows

    ref = _reference(args)
    if args.name is None:
        known = list(ref.causes.values())
        if args.format == "json":
            print(
                json.dumps(
                    [{"id": c.id, "name": c.name, "category": c.category, "urgency": c.urgency} for c in known],
                    ensure_ascii=False,
                    indent=2,
                )
            )
        else:
            say = ref.say
            rows = ((c.id, c.name, c.category, say(URGENCY_WORDS[c.urgency]), say(SEEN[c.visible].split(",")[0])) for c in known)
            heads = ("id", say("Cause"), say("Category"), say("How soon"), say("Seen in blood"))
            show_rows(heads, rows, console())
        return OK
    names = {text.casefold(): cause.id for cause in ref.causes.values() for text in (cause.id, cause.name)}
    id_ = names.get(args.name.casefold())
    if id_ is None:
        raise UsageError(f"no cause is called {args.name!r}{_near(args.name, names)}")
    cause = ref.causes[id_]
    if args.format == "json":
        print(json.dumps(cause.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False, indent=2))
    else:
        print(describe_cause(id_, ref))
    return OK


def convert(args: argparse.Namespace) -> int:
    from labinterp.reference import Reference
    from labinterp.shapes import parse_value
    from labinterp.units import convert as convert_value
    from labinterp.units import explain_conversion, way_between

    parsed = parse_value(args.value)
    if parsed.kind != "number" or parsed.value is None:
        raise UsageError(f"{args.value!r} is not one number")
    converted = convert_value(args.marker, parsed.value, args.unit, to=args.to)
    way = way_between(Reference.default(), args.marker, args.unit, args.to)
    print(_digits(converted if way.ucum == way.to else _to_digits_of(args.value, converted)))
    if args.explain:
        print(explain_conversion(args.marker, parsed.value, args.unit, to=args.to))
    if doubt := _implausible(way.marker, parsed.value, way.ucum):
        notice(doubt)
    return OK


def _to_digits_of(text: str, value: float) -> float:
    """A converted number with one significant digit more than what it was made from, and no fewer than three."""
    known = len(re.sub(r"\D", "", re.split("[eE]", text)[0]).lstrip("0"))
    return float(f"{value:.{max(known, 2)}e}")


def _digits(value: float) -> str:
    """A number without an exponent and without noise."""
    text = f"{value:.12g}"
    return format(Decimal(text), "f") if "e" in text else text


def _implausible(marker: str, value: float, ucum: str) -> str:
    """Why such a result is not possible, with the question that `interpret` asks; empty where it is."""
    import pandas as pd

    from labinterp.interpretation import interpret as interpret_rows

    row = interpret_rows(
        pd.DataFrame({"name_text": [marker], "value_text": [_digits(value)], "unit_text": [ucum], "decimal": ["."]})
    ).results
    return str(row["reason"].iat[0]) if row["status"].iat[0] == "implausible" else ""


def check(args: argparse.Namespace) -> int:
    from labinterp.check import main as check_knowledge

    return check_knowledge(args.folder, write=args.write)


def samples(args: argparse.Namespace) -> int:
    from labinterp import goldens

    if args.folder is None and args.action == "generate":
        raise UsageError(
            "give a folder of your own: the goldens of labinterp's samples are written by samples/generate.py, not from reading"
        )
    folder = args.folder or goldens.samples_folder()
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    outcomes = list(goldens.test(folder) if args.action == "test" else goldens.generate(folder))
    for outcome in outcomes:
        print(plain(f"{'differs' if outcome.difference else 'ok' if args.action == 'test' else 'written'}  {outcome.file.name}"))
        if outcome.difference:
            print(plain(outcome.difference))
    wrong = sum(bool(outcome.difference) for outcome in outcomes)
    if args.action == "generate":
        notice(f"{len(outcomes) - wrong} golden files written from today's reading. Check each against its report before you rely on it.")
    else:
        notice(f"{len(outcomes)} files with a golden, {wrong} not read as expected" if outcomes else f"no golden files in {folder}")
    return NOT_INTERPRETED if wrong else OK


def app(words: Sequence[str]) -> int:
    from importlib.util import find_spec

    if find_spec("streamlit") is None:
        notice("the app needs Streamlit: pip install 'labinterp[app]'")
        return USAGE
    from labinterp.app import launch

    return launch(words)


if __name__ == "__main__":
    sys.exit(main())
