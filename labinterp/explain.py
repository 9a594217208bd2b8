"""Why a row got its answer, in words: what was printed, how it was understood, which limits were used and who published them."""

from __future__ import annotations

import math

import pandas as pd

from labinterp.controls import plain
from labinterp.language import english
from labinterp.reference import Reference


def explain_row(row: pd.Series, ref: Reference) -> str:
    """Several short lines on one row of `Interpretation.results`, in the language of `ref`."""
    say = ref.say
    marker = ref.markers.get(row["marker"]) if row["marker"] else None
    printed = " ".join(str(row[c]).strip() for c in ("name_text", "value_text", "unit_text") if str(row[c]).strip())
    span = str(row["range_text"]).strip()
    lines = [
        say("Printed: {result}, range {range}", result=printed, range=span) if span else say("Printed: {result}, no range", result=printed)
    ]
    if marker is None:
        lines.append(say("Test: not known. {why}", why=row["match_reason"]))
    else:
        how = (
            say("by LOINC {code}", code=row["loinc"])
            if row["match"] == "loinc"
            else say("by a similar name (agrees to {score}%; please check)", score=f"{100 * row['match_score']:.0f}")
            if row["match"] == "fuzzy"
            else say("by its name")
        )
        lines.append(say("Test: {test}, {how}.", test=marker.name, how=how) + (f" {marker.about}" if marker.about else ""))
    if row["unit"] and not math.isnan(row["value"]):
        shown = f"{row['comparator']}{ref.language.number(format(row['value'], '.6g'))} {row['unit']}"
        way = {
            "range_text": english("the unit stands in the range"),
            "range_fits": english("no unit is printed; the printed range fits only this one"),
            "only_unit": english("the test has only this unit"),
        }.get(row["unit_basis"], "")
        lines.append(say("Value: {value}", value=shown) + (f" ({say(way)})" if way else ""))
    if row["flag"]:
        words = {
            "LL": english("critically low"), "L": english("low"), "N": english("inside the range"), "H": english("high"),
            "HH": english("critically high"), "A": english("marked abnormal"), "POS": english("positive"), "NEG": english("negative"),
            "IND": english("cannot be placed"),
        }  # fmt: skip
        basis = {
            "printed": english("by the range printed on the report"),
            "decision": english("by a published decision limit"),
            "interval": english("by a built-in reference interval"),
        }.get(row["basis"], "")
        lines.append(
            say("Flag {flag}: {words}", flag=row["flag"], words=say(words[row["flag"]]))
            + (f", {say(basis)}" if basis else "")
            + (f": {row['limit_text']}" if row["limit_text"] else "")
            + "."
        )
        lines.extend(_source(row["source_id"], ref))
    if row["band_text"]:
        lines.append(say("Guideline band: {band}.", band=row["band_text"]))
        if marker:
            lines.extend(
                line
                for scheme in ref.decision(marker.id)
                if scheme.scheme in row["band_text"]
                for line in _source(scheme.source, ref, scheme.verified)
            )
    if row["status"] != "ok" or row["reason"]:
        status = say("Status {status}", status=row["status"])
        lines.append(status + (f": {row['reason']}" if row["reason"] else "."))
    if row["review"]:
        lines.append(say("Please look: {why}", why=row["review"]))
    if marker:
        lines.extend(say("Note: {text}", text=note.text) for note in marker.interferences[:3])
    return plain("\n".join(lines))


def _source(source_id: str, ref: Reference, verified: bool = True) -> list[str]:
    source = ref.sources.get(source_id)
    if source is None:
        return []
    sure = "" if verified and source.verified else f" ({ref.say('not checked against the publication')})"
    cited = f"{source.organisation}: {source.title}{f', {source.year}' if source.year else ''}"
    return [ref.say("Source: {source}", source=cited) + sure]
