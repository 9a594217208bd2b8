"""Possible causes: tiers outside, three lists inside. Never a number, never a diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from labinterp.app.markup import esc, fold, lines, p, pill, ul
from labinterp.app.speech import say
from labinterp.facts import without_day
from labinterp.interpretation import Interpretation
from labinterp.model import Evidence, Finding

OPEN_FINDINGS = 3
OPEN_LINES = 4


def soon(urgency: str) -> str:
    """How soon to speak to a doctor about a cause."""
    return {"emergency": say("how soon: today"), "urgent": say("how soon: within days")}.get(urgency, say("how soon: at the next visit"))


def causes(answer: Interpretation, before: Sequence[str], last_answer: str) -> str:
    """The tiers: what fits is open, what is possible is folded, the rest is one line each.

    `before` is the order of the causes before `last_answer` was given, so that what moved up can be told.
    """
    names = answer.reference.evidence.tiers
    tiers: dict[str, list[Finding]] = {"fits": [], "possible": [], "less_supported": [], "unseen": []}
    for finding in answer.findings:
        tiers[finding.tier].append(finding)
    order = [finding.cause for finding in answer.findings]
    inside = {f.cause: moved(f.cause, order, before, last_answer) + cause(answer, f) for f in (*tiers["fits"], *tiers["possible"])}

    parts = [
        f'<h2 id="li-causes">{esc(say("Possible causes of weak legs"))}</h2>',
        p(esc(say("Ordered by how well your results fit. More than one can be true. These are reasons to ask, not diagnoses.")), "soft"),
    ]
    if tiers["fits"]:
        parts.append(f"<h3>{esc(names['fits'])}</h3>")
        parts += [opened(finding, inside[finding.cause]) for finding in tiers["fits"][:OPEN_FINDINGS]]
        parts += [folded(finding, inside[finding.cause]) for finding in tiers["fits"][OPEN_FINDINGS:]]
    if tiers["possible"]:
        parts.append(f"<h3>{esc(names['possible'])}</h3>")
        parts += [folded(finding, inside[finding.cause]) for finding in tiers["possible"]]
    if tiers["less_supported"]:
        parts.append(f"<h3>{esc(names['less_supported'])}</h3>" + p(esc(say("Less likely, not ruled out.")), "soft"))
        less = [(esc(f.name), esc("; ".join(said(answer, item) for item in f.against[:2]) or f.wording)) for f in tiers["less_supported"]]
        parts.append(lines(less[:OPEN_LINES]))
        parts += [fold(esc(say("{n} more", n=len(less) - OPEN_LINES)), lines(less[OPEN_LINES:]))] if less[OPEN_LINES:] else []
    if tiers["unseen"]:
        parts.append(f"<h2>{esc(say('Blood tests cannot show these'))}</h2>")
        parts.append(
            p(esc(say("Normal or not, this report says nothing about them. If one sounds like you, say so to your doctor.")), "soft")
        )
        parts.append(lines((esc(finding.name), unseen(finding)) for finding in tiers["unseen"]))
    return "".join(parts)


def opened(finding: Finding, inside: str) -> str:
    """A cause that stands open."""
    head = f'<div class="head"><h3>{esc(finding.name)}</h3><span class="soft">{esc(soon(finding.urgency))}</span></div>'
    return f'<section class="card cause">{head}{inside}</section>'


def folded(finding: Finding, inside: str) -> str:
    """A cause behind its name and counts."""
    counts = say(
        "{n} for, {against} against, {missing} not tested",
        n=len(finding.for_),
        against=len(finding.against),
        missing=len(finding.missing),
    )
    return fold(f'{esc(finding.name)} <span class="soft">{counts}</span>', inside)


def strength(word: str) -> str:
    """How much a reason weighs, in words."""
    return {"strong": say("strong"), "moderate": say("moderate"), "weak": say("weak")}.get(word, word)


def judged_by(basis: str, whom: str) -> str:
    """Whose judgement the links of a cause are."""
    if (basis, whom) == ("editorial", "nobody"):
        return say("The links between results and this cause are editorial, reviewed by nobody.")
    return say("The links between results and this cause: {basis}, reviewed by {whom}.", basis=basis, whom=whom)


def unseen(finding: Finding) -> str:
    """How it feels, and which test can show it."""
    urgent = f"<b>{esc(say('Emergency when new.'))}</b> " if finding.urgency == "emergency" else ""
    settles = " " + say("What can show it: {tests}.", tests="; ".join(finding.settles)) if finding.settles else ""
    return urgent + esc((finding.mechanism or finding.wording) + settles)


def cause(answer: Interpretation, finding: Finding) -> str:
    """One cause: a sentence, For / Against / Not tested yet, and what usually settles it."""
    columns = (
        (say("For"), evidence(answer, finding.for_, "+", say("for"), say("Nothing in this report."))),
        (say("Against"), evidence(answer, finding.against, "−", say("against"), say("Nothing in this report."))),
        (say("Not tested yet"), evidence(answer, finding.missing, "?", say("not tested"), say("Nothing that would change it."))),
    )
    three = "".join(f"<div><h4>{esc(title)}</h4>{items}</div>" for title, items in columns)
    usually = esc(say("What usually settles it:"))
    settles = p(f"<b>{usually}</b> {esc('; '.join(finding.settles))}.", "settles") if finding.settles else ""
    tests = ul(esc(f"{test.test}: {test.reason}") for test in finding.next_tests)
    more = fold(
        esc(say("Tests, sources and how sure this is")),
        (p(esc(say("Tests worth asking about")), "soft") + tests if tests else "") + sources(answer, finding),
    )
    return f'{p(esc(finding.wording or finding.mechanism))}<div class="three">{three}</div>{settles}{more}'


def said(answer: Interpretation, item: Evidence) -> str:
    """The reason in words. Where all results are of one day, the day need not be repeated in each."""
    days = {day for day in answer.results["collected"] if isinstance(day, date)}
    return without_day(item.text, days.pop(), answer.reference.language) if len(days) == 1 else item.text


def evidence(answer: Interpretation, items: Sequence[Evidence], glyph: str, word: str, none: str) -> str:
    """One of the three lists. The glyph is read out as its word."""
    look = ' class="doubtful"' if glyph == "?" else ""
    mark = f'<b{look} role="img" aria-label="{esc(word)}">{glyph}</b>'
    shown = []
    for item in items:
        note = f'<span class="soft">{esc(item.note)}</span>' if item.note else ""
        shown.append(f'{mark}<span>{esc(said(answer, item))}</span><span class="small">{esc(strength(item.strength or ""))}</span>{note}')
    return ul(shown) or p(esc(none), "soft")


def sources(answer: Interpretation, finding: Finding) -> str:
    """What the cause stands on, and who has looked at it."""
    cited = ul(cite(answer, source_id) for source_id in finding.sources)
    quoted = ul(f'{esc(says)} <span class="small">({esc(article)})</span>' for article, says in finding.seeds)
    return (
        (p(esc(say("Sources")), "soft") + cited if cited else "")
        + (p(esc(say("Articles on leg weakness that name it")), "soft") + quoted if quoted else "")
        + p(esc(judged_by(finding.basis, finding.reviewed_by)), "soft")
    )


def cite(answer: Interpretation, source_id: str) -> str:
    """A source in one line, with the mark of what was not checked."""
    source = answer.reference.sources.get(source_id)
    if source is None:
        return esc(source_id)
    text = f"{source.organisation}: {source.title}" + (f" ({source.year})" if source.year else "")
    return esc(text) + ("" if source.verified else " " + pill(say("not checked"), "doubt"))


def moved(cause_id: str, order: Sequence[str], before: Sequence[str], last_answer: str) -> str:
    """Said where the last answer moved a cause up."""
    if not before or not last_answer or order.index(cause_id) >= (before.index(cause_id) if cause_id in before else len(before)):
        return ""
    return p(f"<b>{esc(say('Moved up'))}</b> {esc(say('after your answer “{answer}”.', answer=last_answer))}", "moved")
