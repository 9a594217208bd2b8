"""Laws of judging, on random limits: bands rise with the value, an unknown fact never makes an abnormal result normal, rows do not meet."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from labinterp import flags
from labinterp.flags import flag_results
from labinterp.limits import INF, Limits, Line, Scale, Span, reached

edges = st.lists(st.floats(0.5, 500, allow_nan=False).map(lambda x: round(x, 2)), min_size=2, max_size=6, unique=True).map(sorted)
values = st.floats(0.01, 1000, allow_nan=False).map(lambda x: round(x, 2))


def scale_of(starts: list[float], normal: int) -> Scale:
    n = len(starts) + 1
    normal %= n
    return Scale(
        starts=(-INF, *starts), categories=tuple(f"band{i}" for i in range(n)), labels=("",) * n, texts=("",) * n,
        severities=tuple(min(4, abs(i - normal)) for i in range(n)), sides=tuple("low" if i < normal else "high" if i > normal else "normal" for i in range(n)),
        scheme="s", id="m:s", source="x", unit="u",
    )  # fmt: skip


def frame_of_results(rows: list[tuple[float, float, str]], limits: list[Limits]) -> pd.DataFrame:
    n = len(rows)
    blank = [""] * n
    return pd.DataFrame(
        {
            "marker": ["m"] * n, "low": [r[0] for r in rows], "high": [r[1] for r in rows], "comparator": [r[2] for r in rows], "limits": limits,
            "value_kind": ["number"] * n, "value_text": ["x"] * n, "ucum": ["u"] * n, "unit_text": ["u"] * n,
            **dict.fromkeys(("qualitative", "flag_text", "value_flag", "range_text", "value_reason", "unit_reason", "match_reason"), blank),
        }
    )  # fmt: skip


@given(edges, st.integers(0, 6), values, values)
def test_raising_a_value_never_lowers_its_band(starts: list[float], normal: int, one: float, other: float) -> None:
    low, high = sorted((one, other))
    limits = Limits(scales=(scale_of(starts, normal),))
    out = flag_results(frame_of_results([(low, low, ""), (high, high, "")], [limits, limits]))
    assert int(out["category"].iat[0][4:]) <= int(out["category"].iat[1][4:])


spans = st.tuples(values, values).map(sorted).map(lambda pair: Span(pair[0], pair[1], "i", "x"))


@given(spans, spans, values)
def test_not_knowing_the_population_never_turns_abnormal_into_normal(men: Span, women: Span, value: float) -> None:
    known = flag_results(frame_of_results([(value, value, "")] * 2, [Limits(intervals=(men,)), Limits(intervals=(women,))]))
    unknown = flag_results(frame_of_results([(value, value, "")], [Limits(intervals=(men, women))]))
    if unknown["flag"].iat[0] == "N":
        assert set(known["flag"]) == {"N"}
    if unknown["abnormal"].iat[0] is False:
        assert not any(known["abnormal"])


@given(edges, st.integers(0, 6), values, st.sampled_from(["", "<", ">", "<=", ">="]))
def test_a_censored_result_never_claims_a_band_that_its_limit_does_not_hold(
    starts: list[float], normal: int, value: float, comparator: str
) -> None:
    limits = Limits(scales=(scale_of(starts, normal),))
    low, high = {"": (value, value), "<": (-INF, value), "<=": (-INF, value), ">": (value, INF), ">=": (value, INF)}[comparator]
    out = flag_results(frame_of_results([(low, high, comparator)], [limits]))
    if out["category"].iat[0] not in ("", "undetermined"):
        probes = [v for v in (0.001, *starts, *(s - 0.001 for s in starts), *(s + 0.001 for s in starts), 5000.0) if low < v < high] or [
            value
        ]
        inside = flag_results(frame_of_results([(v, v, "") for v in probes], [limits] * len(probes)))
        assert set(inside["category"]) <= {out["category"].iat[0]}


@given(st.lists(st.tuples(edges, st.integers(0, 6), values), min_size=1, max_size=6))
def test_judging_together_equals_judging_apart(cases: list[tuple[list[float], int, float]]) -> None:
    limits = [Limits(scales=(scale_of(starts, normal),)) for starts, normal, _ in cases]
    rows = [(value, value, "") for *_, value in cases]
    together = flag_results(frame_of_results(rows, limits)).drop(columns="limits")
    apart = pd.concat(
        [flag_results(frame_of_results([row], [limit])) for row, limit in zip(rows, limits, strict=True)], ignore_index=True
    ).drop(columns="limits")
    pd.testing.assert_frame_equal(together, apart, check_dtype=False)


lines = st.builds(
    Line, st.sampled_from([1.0, 0.0113, 0.7378, 10.929, 18.0182, 88.42]), st.sampled_from([0.0, 0.0, 2.152, -23.5]),
    st.sampled_from([None, 0, 1, 2]), st.sampled_from([0.0, 0.0, 0.07]),
)  # fmt: skip
ends = st.one_of(values, values, st.just(0.0), st.just(-INF), st.just(INF))
ranges = st.tuples(ends, ends, lines).map(lambda one: Span(*sorted(one[:2]), "i", "x", line=one[2]))
some = st.lists(ranges, max_size=2).map(tuple)
scales = st.tuples(edges, st.integers(0, 6), lines).map(lambda one: Scale(**vars(scale_of(*one[:2])) | {"line": one[2]}))
limits_of_all_sorts = st.builds(
    Limits, printed=some, intervals=some, critical=some, plausible=st.none() | ranges, scales=st.lists(scales, max_size=2).map(tuple)
)
ANSWERED = ["flag", "category", "severity", "side", "abnormal", "basis", "interval_id", "limit_text", "band_text", "status", "reason"]


@given(st.lists(limits_of_all_sorts, min_size=1, max_size=3), st.lists(values, max_size=6))
def test_numbers_between_the_same_edges_are_answered_alike(kinds: list[Limits], further: list[float]) -> None:
    """Also those next to an edge: nothing changes but at an edge, to the last bit."""
    for limits, own in zip(kinds, flags.edges(kinds), strict=True):
        around = [*own, *np.nextafter(own, 0), *np.nextafter(own, INF), *(own[:-1] + own[1:]) / 2, 0.0, *further]
        numbers = sorted(number for number in around if number < 1e15)
        out = flag_results(frame_of_results([(number, number, "") for number in numbers], [limits] * len(numbers)))
        out["reason"] = out["reason"].where(out["status"] != "implausible", "")  # it names the number
        for _, alike in out.groupby(np.searchsorted(own, numbers, side="right")):
            assert len(alike[ANSWERED].astype(str).drop_duplicates()) == 1


@given(st.lists(st.tuples(lines, values), min_size=1, max_size=5))
def test_an_edge_is_the_first_number_that_comes_to_an_end(cases: list[tuple[Line, float]]) -> None:
    first = reached([line for line, _ in cases], np.ones(len(cases)), np.array([end for _, end in cases]))
    for (line, end), number in zip(cases, first, strict=True):
        assert line(np.array([number]))[0] >= end
        assert number == 0 or line(np.array([np.nextafter(number, 0)]))[0] < end
