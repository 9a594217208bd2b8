"""Why a row got its answer, in words: what was printed, how it was understood, which limits were used and who published them."""

from __future__ import annotations

import math

import pandas as pd

from labinterp.controls import plain
from labinterp.reference import Reference


def explain_row(row: pd.Series, ref: Reference) -> str:
    """Several short lines on one row of `Interpretation.results`."""
    marker = ref.markers.get(row["marker"]) if row["marker"] else None
    printed = " ".join(str(row[c]).strip() for c in ("name_text", "value_text", "unit_text") if str(row[c]).strip())
    lines = [f"Printed: {printed}" + (f", range {str(row['range_text']).strip()}" if str(row["range_text"]).strip() else ", no range")]
    if marker is None:
        lines.append(f"Test: not known. {row['match_reason']}")
    else:
        how = {"loinc": f"by LOINC {row['loinc']}", "fuzzy": f"by a similar name (agrees to {row['match_score']:.0%}; please check)"}.get(
            row["match"], "by its name"
        )
        lines.append(f"Test: {marker.name}, {how}." + (f" {marker.about}" if marker.about else ""))
    if row["unit"] and not math.isnan(row["value"]):
        shown = f"{row['comparator']}{row['value']:.6g} {row['unit']}"
        way = {
            "range_text": "the unit stands in the range",
            "range_fits": "no unit is printed; the printed range fits only this one",
            "only_unit": "the test has only this unit",
        }.get(row["unit_basis"], "")
        lines.append(f"Value: {shown}" + (f" ({way})" if way else ""))
    if row["flag"]:
        words = {
            "LL": "critically low", "L": "low", "N": "inside the range", "H": "high", "HH": "critically high", "A": "marked abnormal",
            "POS": "positive", "NEG": "negative", "IND": "cannot be placed",
        }  # fmt: skip
        basis = {
            "printed": "the range printed on the report",
            "decision": "a published decision limit",
            "interval": "a built-in reference interval",
        }.get(row["basis"], "")
        lines.append(
            f"Flag {row['flag']}: {words[row['flag']]}"
            + (f", by {basis}" if basis else "")
            + (f": {row['limit_text']}" if row["limit_text"] else "")
            + "."
        )
        lines.extend(_source(row["source_id"], ref))
    if row["band_text"]:
        lines.append(f"Guideline band: {row['band_text']}.")
        if marker:
            lines.extend(
                line
                for scheme in ref.decision(marker.id)
                if scheme.scheme in row["band_text"]
                for line in _source(scheme.source, ref, scheme.verified)
            )
    if row["status"] != "ok" or row["reason"]:
        lines.append(f"Status {row['status']}" + (f": {row['reason']}" if row["reason"] else "."))
    if row["review"]:
        lines.append(f"Please look: {row['review']}")
    if marker:
        lines.extend(f"Note: {note.text}" for note in marker.interferences[:3])
    return plain("\n".join(lines))


def _source(source_id: str, ref: Reference, verified: bool = True) -> list[str]:
    source = ref.sources.get(source_id)
    if source is None:
        return []
    sure = "" if verified and source.verified else " (not checked against the publication)"
    return [f"Source: {source.organisation}: {source.title}{f', {source.year}' if source.year else ''}{sure}"]
