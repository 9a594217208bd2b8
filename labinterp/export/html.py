"""The summary for a doctor as one HTML page: no script, nothing fetched, A4 when printed, legible in grey. Every text is escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from html import escape
from math import isfinite
from typing import TYPE_CHECKING

from labinterp.controls import plain
from labinterp.export.summary import SIGNS, TITLE, Cause, Item, Summary, summary_of
from labinterp.shown import LEFT, RIGHT, position

if TYPE_CHECKING:
    from labinterp.interpretation import Interpretation

STYLE = """
@page { size: A4; margin: 12mm 15mm }
* { box-sizing: border-box }
body { font: 14px/1.4 "Source Sans 3", "Source Sans Pro", "Noto Sans", "Segoe UI", "Liberation Sans", Arial, sans-serif;
  color: #1d2426; background: #fff;
  max-width: 46rem; margin: 1.5rem auto; padding: 0 1rem; overflow-wrap: break-word }
h1, h2 { font-family: "Source Serif 4", "Source Serif Pro", Georgia, serif; font-weight: 600; line-height: 1.2 }
h1 { font-size: 1.7rem; margin: 0 } h2 { font-size: 1.15rem; margin: 1.2rem 0 .3rem } h3 { font-size: 1rem; margin: .7rem 0 .1rem }
p { margin: .25rem 0 } .soft, dt, small { color: #4f595c } .soft { font-weight: 400 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .4rem 0 } dd { margin: 0 }
.band { border: 1px solid #93370d; border-left-width: 7px; padding: .5rem .9rem; margin: .8rem 0; break-inside: avoid }
.band h2 { margin: 0 } .emergency { border: 3px solid #9b111e; border-left-width: 12px } .doubt { border: 1px dashed #5a3e92 }
.signs { border: 1px solid #7b8380; padding: .4rem .9rem; margin: .8rem 0; font-size: .88rem }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .25rem .4rem .25rem 0; border-bottom: 1px solid #b8bdba; vertical-align: top }
tr, section { break-inside: avoid } thead th { color: #4f595c; font-weight: 400; border-bottom: 1px solid #1d2426 }
td small, .note { display: block } tbody th { width: 30% } td:last-child { min-width: 6.2rem }
td:nth-child(2), td:nth-child(3) { white-space: nowrap }
.flag { white-space: nowrap; font-weight: 600 } svg { display: block; width: 7rem; height: 1rem }
.reasons { margin: 0 0 0 .8rem; grid-template-columns: minmax(6.5rem, max-content) 1fr } ol { margin: .2rem 0; padding-left: 1.3rem }
footer { border-top: 1px solid #7b8380; margin-top: 1.2rem; padding-top: .4rem; font-size: .88rem }
@media print { html { font-size: 8.5pt } body { margin: 0; max-width: none; padding: 0; font-size: 1rem; line-height: 1.25 }
  h1 { font-size: 1.9rem } h2 { font-size: 1.3rem; margin-top: .7rem } h3 { font-size: 1.1rem; margin-top: .4rem }
  footer { font-size: .8rem; margin-top: .6rem } p, dl { margin: .15rem 0 }
  .inside thead, .inside td:nth-child(n+3):nth-child(-n+5) { display: none } .inside tr::after { content: "; " }
  .inside, .inside tbody, .inside tr, .inside th, .inside td, .inside small { display: inline; border: 0; padding: 0; font-size: 1rem }
  .inside th, .inside td:nth-child(2) { font-weight: 400; margin-right: .3em } .inside small::before { content: ", " }
  .inside td:last-child::before { content: "(" } .inside td:last-child::after { content: ")" }
  .signs { font-size: .9rem; padding: .3rem .7rem } .signs ul, .signs li { display: inline; padding: 0 }
  .signs li + li::before { content: " · " } th, td { padding: .12rem .4rem .12rem 0 } }
@media (max-width: 40rem) { thead { position: absolute; left: -99rem } tr { display: grid; grid-template-columns: 1fr 1fr; padding: .3rem 0;
  border-bottom: 1px solid #b8bdba } td, tbody th { border: 0; padding: .1rem .4rem .1rem 0; width: auto } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def to_html(answer: Interpretation, *, day: date | None = None, with_name: bool = False) -> str:
    """The whole page as text (UTF-8), dated `day` (today if None). The person's name only with `with_name`."""
    content = summary_of(answer, day, with_name=with_name)
    return (
        f'<!doctype html>\n<html lang="{content.language.code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta name="referrer" content="no-referrer">'
        f'<meta name="generator" content="{esc(content.version)}">'
        f"<title>{esc(content.language.say(TITLE))}</title><style>{STYLE}</style></head><body><main>\n"
        + "\n".join(filter(None, parts(content)))
        + "\n</main></body></html>\n"
    )


def parts(content: Summary) -> Iterable[str]:
    """The page from top to bottom."""
    say = content.language.say
    name = esc(content.name or f"_____________________ ({say('please write')})")
    yield f'<h1>{esc(say(TITLE))}</h1><p class="soft">{esc(content.head)}</p>'
    yield pairs([(say("Name"), name), *((label, esc(text)) for label, text in content.facts)])
    if content.alerts:
        told = "".join(f"<p>{esc(alert.text)}{f' <b>{esc(alert.action)}</b>' if alert.action else ''}</p>" for alert in content.alerts)
        look = "band emergency" if content.emergency else "band"
        yield f'<section class="{look}" role="alert"><h2>{esc(content.band)}</h2>{told}</section>'
    yield "".join(f"<p>{esc(say('Earlier, since followed by another value: {text}', text=text))}</p>" for text in content.past)
    yield f'<p class="band doubt">? {esc(content.doubt)}</p>' if content.doubt else ""
    yield f"<p>{esc(content.counts)}</p>"
    outside, waiting, inside = content.of("outside"), content.of("open"), content.of("inside")
    yield f"<h2>{say('Outside a range or guideline limit')}</h2>{table(outside, say)}" if outside else ""
    if waiting:
        lines = (
            f"? <b>{esc(item.whole)}</b>{esc(say(', range {range}', range=item.range)) if item.range else ''}: {esc(item.note)}."
            for item in waiting
        )
        yield f"<h2>{say('Not judged')}</h2>" + "".join(f"<p>{line}</p>" for line in lines)
    if content.unread:
        yield f"<h2>{say('Not read')}</h2>" + "".join(f"<p>? {esc(line)}</p>" for line in content.unread)
    yield f"<h2>{say('Inside the ranges used')}</h2>{table(inside, say, 'inside')}" if inside else ""
    yield f"<p><b>{say('Worked out from these')}:</b> {esc('; '.join(content.derived))}.</p>" if content.derived else ""
    yield "".join(f"<p>{esc(notice)}</p>" for notice in content.notices)
    if content.signs:
        yield f'<section class="signs"><b>{say(SIGNS)}:</b> <ul>{"".join(f"<li>{esc(sign)}</li>" for sign in content.signs)}</ul></section>'
    if content.causes or content.lesser:
        yield f"<h2>{say('Possible causes to consider')}</h2>"
        yield f'<p class="soft">{say("Reasons to ask, not diagnoses. More than one can be true.")}</p>'
        yield "".join(cause(one) for one in content.causes)
        yield "".join(f"<p><b>{esc(head)}:</b> {esc(names)}</p>" for head, names in content.lesser)
    if content.answers:
        yield f"<h2>{say('What the patient said')}</h2>" + "".join(
            f"<p>{esc(text)} <b>{esc(said)}</b></p>" for text, said in content.answers
        )
    questions = "".join(f"<li>{esc(text)}</li>" for text in content.to_ask)
    yield f"<h2>{say('Questions I would like to ask')}</h2><ol>{questions}</ol>"
    sources = esc("; ".join(full for _, full in content.sources))
    yield f'<footer><p class="soft">{say("Sources")}: {sources}.</p><p>{esc(content.closing)}</p>'
    yield f'<p class="soft">{esc(content.imprint)}</p></footer>'


def esc(text: str) -> str:
    """`text` safe inside HTML, quotes included, without control characters."""
    return escape(plain(text), quote=True)


def pairs(items: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{esc(label)}</dt><dd>{text}</dd>" for label, text in items) + "</dl>"


def table(items: Iterable[Item], say: Callable[..., str], look: str = "outside") -> str:
    """Results with range, whose range, and what must be said beside them."""
    heads = (say("Test"), say("Result"), say("SI / US"), say("Where it lies"), say("Flag"), say("Range used"))
    rows = []
    for item in items:
        note = f'<span class="note soft">{esc(item.note)}</span>' if item.note else ""
        cells = (
            f"<b>{esc(item.result)}</b> {esc(item.unit)}",
            esc(item.other),
            bar(item),
            f'<span class="flag">{item.mark} {esc(item.flag)}</span>',
            f"{esc(item.range)}<small>{esc(item.whose)}</small>",
        )
        rows.append(f'<tr><th scope="row">{esc(item.name)}{note}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "".join(f'<th scope="col">{word}</th>' for word in heads)
    body = "".join(rows)
    return f'<table class="{look}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def bar(item: Item) -> str:
    """The range bar: the range in force is the middle third, a dot inside it, a diamond outside."""
    if not item.has_bar:
        return ""
    left, right = LEFT if isfinite(item.low) else 0.0, RIGHT if isfinite(item.high) else 100.0
    at = position(item.last if isfinite(item.last) else item.first, item.low, item.high)
    point = f'<circle cx="{at:.1f}" cy="6" r="3.4"/>' if item.side == "in" else f'<path d="M{at:.1f} 1.6l4.4 4.4l-4.4 4.4l-4.4 -4.4z"/>'
    edges = "".join(f'<path d="M{x:g} 1v10" stroke="#4e7d73"/>' for x in (LEFT, RIGHT) if 0 < x < 100 and x in (left, right))
    return (
        f'<svg viewBox="0 0 100 12" role="img" aria-label="{esc(item.sentence)}"><rect y="4" width="100" height="4" fill="#e6e3db"/>'
        f'<rect x="{left:g}" y="3" width="{right - left:g}" height="6" fill="#b5d3c8"/>{edges}{point}</svg>'
    )


def cause(one: Cause) -> str:
    """A cause with its lists."""
    reasons = pairs((f"{mark} {word}", esc(text)) for mark, word, text in one.reasons).replace("<dl>", '<dl class="reasons">', 1)
    return f'<section><h3>{esc(one.name)} <span class="soft">{esc(one.tier)}; {esc(one.soon)}</span></h3>{reasons}</section>'
