"""What a person reads in a terminal. No rule lives here: everything shown was decided elsewhere.

Words carry the meaning and colour only repeats it, so that nothing is lost on paper, in a log or to a colour-blind reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import IO, TYPE_CHECKING, Any

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from labinterp.controls import plain
from labinterp.facts import FINDING_WORDS, STRENGTHS, name_of, people
from labinterp.language import Language, english
from labinterp.model import Alert, Evidence, Finding, Patient, Question, Report
from labinterp.shown import ENGLISH, SEXES, STATUS_WORDS

if TYPE_CHECKING:
    import pandas as pd

    from labinterp.interpretation import Interpretation
    from labinterp.reference import Reference
    from labinterp.reference.schema import Marker, Note

FLAG_WORDS = {
    "LL": (english("CRITICAL LOW ▼▼"), "bold red"),
    "L": (english("low ▼"), "blue"),
    "N": (english("in range"), ""),
    "H": (english("high ▲"), "dark_orange3"),
    "HH": (english("CRITICAL HIGH ▲▲"), "bold red"),
    "A": (english("abnormal ◆"), "dark_orange3"),
    "POS": (english("positive ◆"), "dark_orange3"),
    "NEG": (english("negative"), ""),
    "IND": (english("? undetermined"), "magenta"),
    "": (english("? not judged"), "magenta"),
}
"""Flag (HL7 table 0078) -> words and colour. "In range" has no colour: calm is the absence of it."""

BASIS_WORDS = {"printed": english("laboratory"), "decision": english("guideline"), "interval": english("built-in")}
URGENCY_WORDS = {"emergency": english("EMERGENCY"), "urgent": english("URGENT"), "routine": english("at a planned visit")}
IF_SO = {"emergency": english("if so, an emergency"), "urgent": english("if so, urgent"), "routine": ""}
"""How soon a possible cause would need somebody. What is an emergency as it stands is an alert."""
TIER_WORDS = {
    "fits": english("Fits these results well"),
    "possible": english("Possible"),
    "unseen": english("Blood tests cannot show these"),
    "less_supported": english("Less supported by these results (less likely, not ruled out)"),
}
NEEDS = {"morning": english("morning")}
_SCHEME = re.compile(r" \(\w+\)$")
CLOSING = english("These are reasons to ask a doctor, not diagnoses. No clinician has reviewed this program.")


class PlainConsole(Console):
    """A console on which a text of a report is only a text: what a terminal would obey is not passed on."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(plain(segment.text), segment.style)


def console(file: IO[str] | None = None) -> Console:
    """Where to print. Colour only on a terminal and only without NO_COLOR; a pipe gets 120 columns."""
    made = PlainConsole(file=file, highlight=False, soft_wrap=False, emoji=False, markup=False)
    return made if made.is_terminal else PlainConsole(file=made.file, highlight=False, emoji=False, markup=False, no_color=True, width=120)


def show_interpretation(answer: Interpretation, title: str = "", *, full: bool = False, out: Console) -> None:
    """Alerts, results, what was not read, causes with their reasons, what to ask next.

    Only the causes that fit best are told with all their reasons, unless `full` asks for that.
    """
    results, say = answer.results, answer.reference.say
    out.print(Text(title or (answer.report.name if answer.report else ""), style="bold"))
    out.print(_facts(answer.patient, answer.report, answer.reference.language))
    out.print(Text(answer.summary))
    for alert in answer.alerts:
        out.print(_alert(alert, say))

    group = [_group(row) for row in results.itertuples()]
    twice = set(results.loc[results["name_text"].duplicated(), "name_text"])  # potassium in blood and in urine
    several = len(people(results)) > 1
    for number, heading in enumerate((say("Outside a range"), say("Not judged"), say("In range"))):
        rows = results[[own == number for own in group]]
        if len(rows):
            out.print()
            out.print(Text(f"{heading} ({len(rows)})", style="bold"))
            out.print(_results(rows, answer.reference.language, judged=number != 1, twice=twice, several=several))
    if len(answer.derived):
        out.print()
        out.print(Text(say("Worked out from these"), style="bold"))
        out.print(_derived(answer.derived, answer.reference.language))
    _unread(answer.unread, answer.reference.language, out)
    if answer.notices:
        out.print()
        out.print(Text(say("Worth knowing"), style="bold"))
        for notice in answer.notices:
            out.print(_item("·", notice.text))
    _findings(answer.findings, answer.reference, out, full=full)
    _questions(answer.questions, say, out, full=full)
    out.print()
    out.print(Text(say(CLOSING), style="italic"))


def show_report(report: Report, *, out: Console) -> None:
    """The rows as printed on the report, and the lines that did not become rows."""
    out.print(Text(f"{report.name} ({report.format}{', ' + report.laboratory if report.laboratory else ''})", style="bold"))
    out.print(_facts(report.patient, report, ENGLISH))
    table = _table("row", "Test", "Result", "Unit", "Flag", "Range", "Collected", "Page", "Look at", numbers=("row", "Page"), narrow="Flag")
    for row in report.rows.itertuples():
        texts = (row.name_text, row.value_text, row.unit_text, row.flag_text, row.range_text, row.collected_text)
        table.add_row(str(int(row.Index) + 1), *map(str, texts), _page(row.page), Text(str(row.review), style="magenta"))  # type: ignore[arg-type]
    out.print(table)
    _unread(report.unread, ENGLISH, out)
    for notice in report.notices:
        out.print(_item("·", notice))


def show_trends(table: pd.DataFrame, language: Language = ENGLISH, *, out: Console) -> None:
    """One line a result, the changes beside it; a test that was measured once is not a trend and is counted below."""
    say = language.say
    often = table[table["marker"].duplicated(keep=False)]
    for _, own in often.groupby("marker", sort=False):
        shown = _table(
            say("Day"),
            say("Result"),
            say("Flag"),
            say("Range"),
            say("Change"),
            say("Usual"),
            say("More than expected?"),
            narrow=say("Flag"),
        )
        for row in own.to_dict("records"):
            sure = row["value"] == row["value"]
            value = (
                f"{row['comparator']}{language.number(format(row['value'], '.6g'))} {row['unit']}"
                if sure
                else f"{row['value_text']} {row['unit_text']}"
            )
            change = "" if row["change"] != row["change"] else f"{row['change']:+.0f} %"
            down, up = f"{row['expected_down']:+.0f}", f"{row['expected_up']:+.0f}"
            usual = say("{down} to {up} %", down=down, up=up) if row["expected_up"] == row["expected_up"] else ""
            doubt = "" if row["verified"] or not usual else " ?"
            told = "; ".join(part for part in (say(row["verdict"]), row["reason"]) if part)
            flag, style = FLAG_WORDS.get(str(row["flag"]), (str(row["flag"]), ""))
            day = language.day(row["day"]) if row["day"] else say("not given")
            shown.add_row(day, value, Text(say(flag), style=style), str(row["range_text"]), change, usual + doubt, told)
        out.print(Text(str(own.iloc[0]["name"]), style="bold"))
        out.print(shown)
    if once := len(table) - len(often):
        out.print(Text(language.plural("{n} test was measured only once.", "{n} tests were measured only once.", once), style="dim"))
    usual = say("Usual: how much the test varies in healthy people from one sample to the next; ? not checked.")
    out.print(Text(f"{usual} {say(CLOSING)}", style="italic"))


def show_pairs(pairs: Iterable[tuple[str, Any]], out: Console) -> None:
    """Label and text side by side; what is empty is left out. A list is one line each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for label, value in pairs:
        lines = [value] if isinstance(value, str) else list(value or ())
        if any(lines):
            table.add_row(label, "\n".join(str(line) for line in lines))
    out.print(table)


def show_rows(heads: tuple[str, ...], rows: Iterable[tuple[Any, ...]], out: Console) -> None:
    """A plain table."""
    table = _table(*heads)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(table)


def marker_facts(ref: Reference, marker: Marker) -> Iterable[tuple[str, Any]]:
    """Everything that is known of a test, each limit with its source, in the language of `ref`."""
    say, language = ref.say, ref.language

    def source(id_: str, verified: bool) -> str:
        known = ref.sources.get(id_)
        name = f"{known.organisation}{f' {known.year}' if known.year else ''}" if known else id_
        return f"[{name}; {say('checked' if verified else '? not checked')}]"

    def whom(limit: Any) -> str:
        low, high = limit.age
        young, old = (language.number(f"{end or 0:g}") for end in (low, high))
        age = say("age {low} to {high}", low=young, high=old) if high is not None else say("age {low} and over", low=young)
        facts = (
            say(SEXES.get(limit.sex, "")),
            "" if (low, high) == (18, None) else age,
            say("pregnant") if limit.pregnant else "",
            say({True: english("fasting"), False: english("not fasting"), None: ""}[limit.fasting]),
        )
        return ", ".join(fact for fact in facts if fact) or say("adults")

    def remark(text: str) -> str:
        return f"; {text}" if text else ""

    def said(note: Note) -> str:
        if note.source:
            return f"{note.text} {source(note.source, note.verified)}"
        return note.text if note.verified else f"{note.text} [{say('? not checked')}]"

    def limits(texts: dict[str, str]) -> str:
        return " = ".join(f"{language.number(text)} {unit}" for unit, text in texts.items())

    alternative, apart = f" ({say('alternative')})", f" ({say('kept apart: another quantity')})"
    unchecked = f" [{say('? not checked')}]"
    yield say("Test"), f"{marker.name} ({marker.id})"
    yield say("What it is"), marker.about
    yield say("Specimen"), ", ".join(map(say, marker.specimen))
    yield say("Names"), [f"{code}: {', '.join(names)}" for code, names in marker.names.items()]
    yield "LOINC", [f"{code.code} {code.name}{apart if code.exclude else ''}" for code in marker.loinc]
    yield say("Units"), ", ".join(dict.fromkeys(filter(None, (marker.unit, *(unit.ucum for unit in marker.units)))))
    yield (
        say("Intervals"),
        [
            f"{whom(i)}: {limits(i.limits)}{'' if i.default else alternative} {source(i.source, i.verified)}{remark(i.note)}"
            for i in marker.intervals
        ],
    )
    for scheme in marker.decision:
        yield (
            say("Guideline" if scheme.default else "Alternative"),
            [
                f"{scheme.scheme}, {whom(scheme)} {source(scheme.source, scheme.verified)}",
                *(f"  {band.label}: {limits(band.limits)}{'' if band.verified else unchecked}" for band in scheme.bands),
                *(f"  {text}" for text in (scheme.applies_to, scheme.note) if text),
            ],
        )
    yield (
        say("Critical"),
        [
            f"{say(side)} {limits(texts)}{'' if c.default else alternative} {source(c.source, c.verified)}{remark(c.note)}"
            for c in marker.critical
            for side, texts in ((english("low"), c.low), (english("high"), c.high))
            if texts
        ],
    )
    if marker.printed_only:
        yield say("Limits used"), say("only those printed on the report: no limit of ours could be confirmed")
    if marker.needs:
        yield say("Limits used"), say("only if the report says: {what}", what=", ".join(say(NEEDS[need]) for need in marker.needs))
    yield say("They differ"), marker.disagreement
    if marker.plausible:
        yield say("Plausible"), limits(marker.plausible.limits)
    yield say("May mislead"), [said(note) for note in marker.interferences]
    yield say("Not to confuse"), [f"{other.what}{': ' + other.why if other.why else ''}" for other in marker.not_to_confuse]
    yield say("Leg weakness"), marker.leg_weakness
    yield say("Seed articles"), marker.seed
    yield say("Notes"), [said(note) for note in marker.notes]


# ---- parts ---------------------------------------------------------------------------------------------------------------


def _table(*heads: str, numbers: tuple[str, ...] = (), narrow: str = "") -> Table:
    """A table with these heads; columns of `numbers` stand to the right, and neither they nor `narrow` are wrapped."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for head in heads:
        table.add_column(head, justify="right" if head in numbers else "left", no_wrap=head in (*numbers, narrow))
    return table


def _item(mark: str, text: str, style: str = "") -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=2, justify="right")
    grid.add_column()
    grid.add_row(mark, Text(text, style=style))
    return grid


def _page(page: Any) -> str:
    return "" if page is None or page != page else str(int(page))


def _facts(patient: Patient, report: Report | None, language: Language) -> Text:
    say = language.say
    sex = say(SEXES[patient.sex]) if patient.sex else say("sex not given")
    age = (
        say("born {day}", day=language.day(patient.birth_date))
        if patient.birth_date
        else say("age {years}", years=language.number(f"{patient.age:g}"))
        if patient.age is not None
        else say("age not given (read as an adult)")
    )
    pregnant = say({True: english("pregnant"), False: english("not pregnant"), None: ""}[patient.pregnant])
    laboratory = report.laboratory if report else ""
    return Text(" · ".join(part for part in (laboratory, sex, age, pregnant) if part), style="dim")


def _alert(alert: Alert, say: Callable[..., str]) -> RenderableType:
    word = say(URGENCY_WORDS[alert.urgency]) + (f" ({say('an older value')})" if alert.past else "")
    lines = [Text(alert.text)]
    if alert.action:
        lines.append(Text(alert.action, style="bold"))
    return Panel(
        Group(*lines), title=Text(word), title_align="left", border_style="bold red" if alert.urgency == "emergency" else "dark_orange3"
    )


def _group(row: Any) -> int:
    """0 outside a range, 1 not judged, 2 in range."""
    if (
        row.abnormal is True
        or row.flag in ("LL", "L", "H", "HH", "A", "POS")
        or (row.severity == row.severity and (row.severity or 0) >= 1)
    ):
        return 0
    return 2 if row.status == "ok" and row.flag in ("N", "NEG") and row.abnormal is False and not row.review else 1


def _results(rows: pd.DataFrame, language: Language, *, judged: bool, twice: set[str], several: bool) -> Table:
    say = language.say
    heads = (say("row"), say("Test"), say("Result"), say("Flag"), say("Range used"), say("Whose"), say("Remark"))
    whose = (say("Person"),) if several else ()
    table = _table(heads[0], *whose, *heads[1:], numbers=heads[:1], narrow=heads[3])
    for row in rows.itertuples():
        words, style = FLAG_WORDS.get(str(row.flag), (str(row.flag), ""))
        words = say(words)
        remarks = [_band(row), str(row.reason or ""), str(row.review or "")]
        if not judged and row.status in STATUS_WORDS:
            if row.flag not in ("", "IND"):
                remarks.insert(0, say("{flag} by the printed range", flag=words))
            words, style = f"? {say(STATUS_WORDS[str(row.status)])}", FLAG_WORDS[""][1]
        remark = ". ".join(part.rstrip(".") for part in remarks if part)
        where = str(row.specimen_text or row.section_text) if row.name_text in twice else ""
        name = f"{row.name_text} ({where})" if where else str(row.name_text)
        texts = (name, _result(row, language), Text(words, style=style), *_range(row, say), remark)
        person = (str(row.patient_id or ""),) if several else ()
        table.add_row(str(int(row.Index) + 1), *person, *texts)  # type: ignore[arg-type]
    return table


def _band(row: Any) -> str:
    """The guideline's word, where it says more than the flag does; without the id of the scheme, which `explain` tells."""
    return _SCHEME.sub("", str(row.band_text or "")) if row.severity == row.severity and (row.severity or 0) >= 1 else ""


def _result(row: Any, language: Language) -> str:
    printed = " ".join(part for part in (str(row.value_text), str(row.unit_text)) if part)
    if row.unit and row.value == row.value and row.number == row.number and abs(row.value - row.number) > 1e-6 * abs(row.number):
        printed += f"\n= {language.number(f'{row.value:.4g}')} {row.unit}"
    return printed


def _range(row: Any, say: Callable[..., str]) -> tuple[str, str]:
    """The range and whose it is. A printed range that nobody compared with is shown as it is printed."""
    whose = say(BASIS_WORDS.get(str(row.basis), ""))
    return str(row.limit_text or row.range_text or "") if whose else str(row.range_text or ""), whose


def _derived(derived: pd.DataFrame, language: Language) -> Table:
    table = _table(language.say("Result"), language.say("Value"), language.say("Formula"))
    for row in derived.itertuples():
        table.add_row(str(row.name), f"{language.number(str(row.value_text))} {row.unit_text}", f"{row.formula} ({row.formula_source})")
    return table


def _unread(unread: pd.DataFrame, language: Language, out: Console) -> None:
    possible = unread[unread["kind"] == "possible_result"]
    if len(possible):
        out.print()
        out.print(Text(f"{language.say('Lines that may be results and were not read')} ({len(possible)})", style="bold"))
        for line in possible.itertuples():
            place = f"{language.say('page {page}', page=_page(line.page))}: " if _page(line.page) else ""
            out.print(_item("?", f"{place}{line.text}  ({line.reason})", "magenta"))
    if furniture := len(unread) - len(possible):
        other = language.plural(
            "{n} other line was left as a note (heads, prose, addresses).",
            "{n} other lines were left as notes (heads, prose, addresses).",
            furniture,
        )
        out.print(Text(other, style="dim"))


def _findings(findings: list[Finding], ref: Reference, out: Console, *, full: bool) -> None:
    for tier, heading in TIER_WORDS.items():
        own = [finding for finding in findings if finding.tier == tier]
        if not own:
            continue
        out.print()
        out.print(Text(f"{ref.say(heading)} ({len(own)})", style="bold"))
        for finding in own:
            if full or tier == "fits":
                out.print(_finding(finding, ref))
            elif tier == "possible":
                out.print(_brief(finding, ref))
            else:
                settles = f": {'; '.join(finding.settles)}" if tier == "unseen" and finding.settles else ""
                out.print(_item("·", f"{finding.name}{settles}"))


def _brief(finding: Finding, ref: Reference) -> RenderableType:
    """One cause in two lines: what counts, by name."""

    def name(reason: Evidence) -> str:
        if reason.marker not in ref.markers:
            return reason.text.rstrip(".")
        finding = ref.say(FINDING_WORDS.get(reason.finding, reason.finding)) if reason.row is not None else ""
        return f"{name_of(reason.marker, ref)} {finding}".rstrip()

    lists = (f"{mark}: {'; '.join(dict.fromkeys(map(name, own)))}" for mark, own in _reasons(finding, ref.say).items() if own)
    head = Text.assemble((finding.name, "bold"), _if_so(finding, ref.say))
    return Padding(Group(head, *(Padding(Text(line), (0, 0, 0, 2)) for line in lists)), (0, 0, 0, 2))


def source_words(ref: Reference, id_: str) -> str:
    """A source by its name, and whether it was checked."""
    known = ref.sources.get(id_)
    if known is None:
        return f"{id_} ({ref.say('? not checked')})"
    return " ".join(filter(None, (known.organisation, str(known.year or ""), "" if known.verified else f"({ref.say('? not checked')})")))


def _reasons(finding: Finding, say: Callable[..., str]) -> Mapping[str, tuple[Evidence, ...]]:
    return {f"+ {say('For')}": finding.for_, f"- {say('Against')}": finding.against, f"? {say('Not tested')}": finding.missing}


def _if_so(finding: Finding, say: Callable[..., str]) -> str:
    return f" · {say(IF_SO[finding.urgency])}" if IF_SO[finding.urgency] else ""


def _questions(questions: list[Question], say: Callable[..., str], out: Console, *, full: bool) -> None:
    """The emergency screen as a warning to anybody, then the next questions with the ids that an answers file uses."""
    screen = [question for question in questions if question.emergency]
    if screen:
        out.print()
        out.print(Text(say("Call your emergency number and do not wait if one of these is new"), style="bold"))
        for question in screen:
            out.print(_item("!", question.text + (f"  [{question.id}]" if full else "")))
    others = [question for question in questions if not question.emergency]
    if others:
        out.print()
        out.print(Text(say("Questions whose answers would change the causes most (--answers FILE)"), style="bold"))
        for question in others if full else others[:3]:
            choices = " | ".join(option.value for option in question.answers)
            out.print(_item("?", f"{question.text}  [{question.id}: {choices}]"))


def _finding(finding: Finding, ref: Reference) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for label, reasons in _reasons(finding, ref.say).items():
        for number, reason in enumerate(reasons):
            strength = f" ({ref.say(STRENGTHS[reason.strength])})" if reason.strength else ""
            note = f". {reason.note}" if reason.note else ""
            grid.add_row("" if number else label, Text(f"{reason.text}{strength}{note}"))
    if finding.next_tests:
        grid.add_row(
            ref.say("Worth asking"),
            Text("; ".join(f"{test.test} ({test.reason})" if test.reason else test.test for test in finding.next_tests)),
        )
    if finding.settles:
        grid.add_row(ref.say("Settled by"), Text("; ".join(finding.settles)))
    if finding.sources:
        grid.add_row(ref.say("Sources"), Text("; ".join(source_words(ref, id_) for id_ in finding.sources), style="dim"))
    head = Text.assemble((finding.name, "bold"), _if_so(finding, ref.say))
    return Padding(Group(head, *([Text(finding.wording)] if finding.wording else []), Padding(grid, (0, 0, 0, 2))), (0, 0, 1, 2))


@contextmanager
def batch_progress(file: IO[str]) -> Iterator[Callable[[int, float], None]]:
    """A bar with rows, rows a second and time left while a batch runs; into a pipe or file goes nothing."""
    if not file.isatty():
        yield lambda rows, share: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[speed]:,.0f} a second"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=file), transient=True) as bar:
        task = bar.add_task("judging", total=1.0, rows=0, speed=0.0)
        first: list[tuple[float, int]] = []

        def tell(rows: int, share: float) -> None:
            if rows < 0:  # the table of persons, after the rows
                bar.update(task, description="persons", completed=share)
                return
            now = monotonic()
            if not first:
                first.append((now, rows))
            since = now - first[0][0]
            speed = (rows - first[0][1]) / since if since > 0 else 0.0
            bar.update(task, completed=share, rows=rows, speed=speed)

        yield tell
