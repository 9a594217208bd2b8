"""What is read around the table: the sex, which a single letter says only in the language of its label."""

from __future__ import annotations

import pytest

from labinterp import read

ROW = "Sodium   140   mmol/L   135 - 145"


def sex_of(line: str) -> str | None:
    return read(f"{line}\n\nTest   Result   Units   Reference range\n{ROW}\n".encode(), name="a.txt").patient.sex


@pytest.mark.parametrize(
    ("line", "sex"),
    [
        ("Sex: M", "male"),
        ("Sex: F", "female"),
        ("Gender: F", "female"),
        ("Age/Sex: 45 Y / M", "male"),
        ("Geschlecht: w", "female"),
        ("Geschlecht: m", "male"),
        ("Sexe: F", "female"),
        ("Sexe: H", "male"),
        ("Sexo: F", "female"),
        ("Sexo: V", "male"),
        ("Geslacht: V", "female"),
        ("Køn: K", "female"),
        ("Kön: M", "male"),
        ("Sukupuoli: N", "female"),
        ("Płeć: K", "female"),
        ("Pohlaví: Ž", "female"),
        ("Cinsiyet: E", "male"),
        ("Cinsiyet: K", "female"),
        ("Пол: Ж", "female"),
        ("性别: 男", "male"),
        ("Sexo: Mujer", "female"),
        ("Sexo: Masculino", "male"),
        ("Geschlecht: weiblich", "female"),
    ],
)
def test_the_sex_is_read_in_the_language_of_its_label(line: str, sex: str) -> None:
    assert sex_of(line) == sex


@pytest.mark.parametrize(
    "line",
    [
        "Sexo: M",  # masculino or mujer
        "Sexo: H",  # hombre or hembra
        "Sex: V",
        "Sex: K",
        "Sex: H",
        "Sex: D",
        "Sexe: V",
        "Geschlecht: d",
        "Neme: F",  # férfi or female
        "Nem: F",
        "Sex: M / F",  # a form that nobody filled in
        "Sex: Male / Female",
        "Sex: unknown",
    ],
)
def test_what_could_mean_either_says_nothing(line: str) -> None:
    assert sex_of(line) is None


@pytest.mark.parametrize(
    ("line", "sex"),
    [
        ("weiblich", "female"),
        ("Kvinde, 67 år", "female"),
        ("Mann, 45 år", "male"),
        ("Madame EXEMPLE Anne", "female"),
        ("Herr Max Muster", "male"),
        ("Frau Dr. med. Erika Muster", None),
        ("Erika Mann", None),
        ("Male: 13.0 - 17.0 g/dL", None),
        ("Female 20 - 50", None),
        ("Male / Female", None),
    ],
)
def test_a_sex_without_a_label(line: str, sex: str | None) -> None:
    assert sex_of(line) == sex


@pytest.mark.parametrize("line", ["Sex: - / -", "Sex:   ;", "Geschlecht: |"])
def test_a_sex_of_signs_alone_says_nothing(line: str) -> None:
    assert sex_of(line) is None
