"""The words that laboratories print instead of numbers, limits and signs, in the languages that labinterp reads.

Data only: how words and numbers combine is `labinterp.shapes`. Words are compared folded (`fold_word`): case, accents, dots and
doubled spaces do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from labinterp.language import remark

_PUNCTUATION = re.compile(r"[\s.,;:_'’`\"-]+")


def fold_word(text: str) -> str:
    """``"  Non-Reactive. "`` -> ``"non reactive"``; ``"Négatif"`` -> ``"negatif"``; signs only lose spaces (``"+ +"``: ``"++"``)."""
    if not any(c.isalpha() for c in text):
        return "".join(text.split())
    text = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss").replace("ł", "l"))
    return _PUNCTUATION.sub(" ", "".join(c for c in text if not unicodedata.combining(c))).strip()


def listed(text: str) -> list[str]:
    """``"a | b"`` -> ``["a", "b"]``: how the lists of this module are written."""
    return [word for word in re.split(r"\s+\|\s+", text.strip()) if word]


def _table(words: dict[str, str]) -> dict[str, str]:
    return {fold_word(word): code for code, line in words.items() for word in listed(line)}


# ---- comparators ---------------------------------------------------------------------------------------------------------

COMPARATORS: dict[str, str] = {
    "<": """
        less than | lower than | smaller than | fewer than | lesser than | below | under | lt | unter | kleiner als | kleiner |
        weniger als | niedriger als | kleiner dan | lager dan | onder | inférieur à | inférieure à | inferieur a | inf à |
        inf. à | inf. a | inf. | inf | moins de | au-dessous de | menor de | menor que | menor a | menos de | inferior a |
        por debajo de | inferiore a | inferiore | minore di | meno di | sotto | abaixo de | poniżej | mniej niż | mniejsze niż |
        менее | меньше | ниже | 小于 | 低于 | 少于
    """,
    "<=": """
        less than or equal to | less than or equal | lower than or equal to | not more than | no more than | not greater than |
        not exceeding | up to | upto | up-to | at most | max. | max | maximum | lte | le | bis zu | bis | maximal | höchstens |
        hoechstens | kleiner gleich | kleiner oder gleich | tot | tot en met | jusqu'à | jusqu’à | jusqu'a | jusque | au plus |
        inférieur ou égal à | menor o igual a | menor o igual que | menor ou igual a | hasta | máximo | fino a | sino a |
        minore o uguale a | massimo | até | do | nie więcej niż | maks. | не более | не выше | до | 小于等于 |
        小于或等于 | 不超过 | 不高于 | 至多
    """,
    ">": """
        greater than | more than | higher than | larger than | above | over | exceeding | gt | über | ueber | größer als |
        groesser als | größer | mehr als | höher als | oberhalb | groter dan | hoger dan | boven | supérieur à | supérieure à |
        superieur a | sup à | sup. à | sup. a | sup. | sup | plus de | au-dessus de | mayor de | mayor que | mayor a | más de |
        superior a | por encima de | superiore a | superiore | maggiore di | più di | oltre | sopra | maior que | maior de |
        mais de | acima de | powyżej | więcej niż | większe niż | более | больше | выше | свыше | 大于 | 高于 | 超过 |
        多于
    """,
    ">=": """
        greater than or equal to | greater than or equal | more than or equal to | higher than or equal to | not less than |
        no less than | at least | min. | min | mind. | minimum | gte | ge | from | ab | mindestens | minimal | größer gleich |
        größer oder gleich | vanaf | minstens | au moins | à partir de | supérieur ou égal à | mayor o igual a |
        mayor o igual que | maior ou igual a | desde | mínimo | almeno | maggiore o uguale a | minimo | a partire da | a partir de |
        od | co najmniej | nie mniej niż | не менее | не ниже | от | 大于等于 | 大于或等于 | 不低于 | 不少于 | 至少
    """,
    "~": """
        ca. | ca | circa | about | approx. | approx | approximately | around | etwa | ungefähr | environ | env. | aprox. |
        aproximadamente | około | ok. | около | 约
    """,
}

AFTER_COMPARATORS: dict[str, str] = {
    "<=": """
        or less | or lower | or below | or fewer | and below | and under | and less | oder weniger | ou moins | o menos | o meno |
        ou menos | 以下 | 及以下
    """,
    ">=": """
        or more | or higher | or greater | or above | and above | and over | and up | and more | oder mehr | und mehr | ou plus |
        o más | o più | ou mais | i więcej | 以上 | 及以上
    """,
}

# ---- results in words ------------------------------------------------------------------------------------------------------

QUALITATIVE: dict[str, str] = _table(
    {
        "negative": """
        negative | neg | negativ | negativo | negativa | négatif | négative | ujemny | ujemna | ujemne | negatywny | negatywna |
        отрицательный | отрицательно | отрицательная | отриц | отр | 阴性 | 阴 | 陰性 | (-) | negatief |
        result negative | 阴性(-) | 阴性 (-) | neg (-) | negative (-) | wynik ujemny | (neg) | negat
    """,
        "positive": """
        positive | pos | positiv | positivo | positiva | positif | dodatni | dodatnia | dodatnie | pozytywny |
        положительный | положительно | положительная | полож | пол | 阳性 | 阳 | 陽性 | (+) | positief | 阳性(+) |
        阳性 (+) | pos (+) | positive (+) | wynik dodatni | strongly positive | strong positive | stark positiv |
        fortement positif | fuertemente positivo | (pos) | posit | 强阳性
    """,
        "weakly-positive": """
        weakly positive | weak positive | weak pos | wk pos | low positive | slightly positive | schwach positiv | schw positiv |
        schwach pos | faiblement positif | faible positif | débilmente positivo | positivo débil | debolmente positivo |
        debole positivo | fracamente positivo | positivo fraco | słabo dodatni | слабоположительный |
        слабо положительный | слабоположительно | 弱阳性 | zwak positief
    """,
        "borderline": """
        borderline | equivocal | grey zone | gray zone | grenzwertig | limite | douteux | équivoque | equivoque | dudoso | dubbio |
        borderline positive | borderline negative | duvidoso | graniczny | watpliwy | wątpliwy | сомнительный |
        сомнительно | пограничный | 可疑 | 临界 | zona gris | limítrofe
    """,
        "indeterminate": """
        indeterminate | inconclusive | undetermined | unbestimmt | nicht eindeutig | nicht bestimmbar | indéterminé |
        indeterminado | indeterminato | inconcluso | nieokreślony | неопределенный | неопределенно | 不确定
    """,
        "reactive": """
        reactive | reaktiv | reactivo | reactiva | réactif | reattivo | reagente | reaktywny | реактивный |
        реактивно | react | 有反应
    """,
        "non-reactive": """
        non-reactive | nonreactive | non reactive | not reactive | nicht reaktiv | nichtreaktiv | non reactivo | no reactivo |
        no reactiva | non réactif | non reattivo | não reagente | nao reagente | non reagente | niereaktywny |
        нереактивный | нереактивно | 无反应
    """,
        "detected": """
        detected | dna detected | rna detected | virus detected | nachweisbar | nachgewiesen | détecté | détectée | detectado |
        detectada | detectable | rilevato | rilevabile | detetado | wykryto | wykrywalny | обнаружено | обнаружен |
        выявлено | 检出
    """,
        "not-detected": """
        not detected | none detected | nd | n.d. | undetected | undetectable | not detectable | dna not detected | rna not detected |
        target not detected | virus not detected | nicht nachweisbar | nicht nachgewiesen | n. nachweisbar | non détecté |
        non détectée | indétectable | no detectado | no detectada | no detectable | indetectable | non rilevato | non rilevabile |
        não detectado | não detetado | nie wykryto | niewykrywalny | не обнаружено | не обнаружен |
        не обнаружены | не выявлено | 未检出 | 未检测到 | niet aantoonbaar
    """,
        "present": """
        present | seen | vorhanden | présent | présente | présence | presente | presencia | obecny | obecne | obecna | obecność |
        присутствует | присутствуют | 存在 | 有 | aanwezig
    """,
        "absent": """
        absent | absence | not present | nicht vorhanden | fehlend | absente | ausente | ausentes | ausencia | assente | assenti |
        assenza | ausência | nieobecny | nieobecne | brak | отсутствует | отсутствуют | отсутствие | 无 | 缺如 |
        afwezig
    """,
        "none": """
        none | nil | none seen | not seen | not observed | no growth | keine | keiner | nicht gesehen | aucun | aucune | ninguno |
        no se observa | no se observan | nessuno | nessuna | nenhum | nenhuma | não observado | nie stwierdzono | nie znaleziono |
        не найдено | нет | 未见 | geen
    """,
        "rare": """
        rare | rares | rarely | vereinzelt | raro | raros | rari | rara | raras | rare seen | pojedyncze | редко |
        единичные | ед | 偶见 | zeldzaam | very few | isolated
    """,
        "few": """
        few | a few | wenige | wenig | peu | quelques | escaso | escasos | escasas | pochi | poche | pocos | poucos | poucas |
        nieliczne | немного | 少量 | 少许 | weinig | scant | scanty
    """,
        "occasional": """
        occasional | occ | occasionally | gelegentlich | occasionnel | occasionnels | ocasional | ocasionales | occasionale |
        occasionali | sporadyczne
    """,
        "moderate": """
        moderate | mod | mäßig | maessig | mäßig viele | modéré | modérée | moderado | moderada | moderados | moderato |
        moderata | umiarkowane | умеренно | умеренное количество | 中等 | matig
    """,
        "many": """
        many | numerous | tntc | too numerous to count | innumerable | packed | viele | zahlreich | massenhaft | nombreux |
        nombreuses | abundante | abundantes | numerosos | muchos | numerosi | numerose | abbondanti | muitos | numerosas | liczne |
        bardzo liczne | много | большое количество | 大量 | 多量 | veel | plenty | plenty of | full field
    """,
        "trace": """
        trace | traces | tr | trc | ± | +- | -+ | +/- | -/+ | (+/-) | (±) | spur | spuren | traza | trazas | indicios | vestigios |
        vestígios | tracce | traccia | slad | ślad | śladowe | ślady | следы | 微量 | 痕量 | spoor
    """,
        "1+": "1+ | + | (1+) | 1 + | 1 plus | one plus | +1+ | 1+ positive | small",
        "2+": "2+ | ++ | (2+) | (++) | 2 + | + + | 2 plus | 2+ positive",
        "3+": "3+ | +++ | large | (3+) | (+++) | 3 + | + + + | 3 plus | 3+ positive",
        "4+": "4+ | ++++ | (4+) | (++++) | 4 + | + + + + | 4 plus | 4+ positive",
        "normal": """
        normal | wnl | within normal limits | within normal range | unremarkable | unauffällig | unauffaellig | normale | normaux |
        normales | normali | no alterado | nella norma | prawidłowy | prawidłowa | w normie | prawidłowe | норма |
        в норме | нормальный | 正常 | normaal | o b | o.b. | normwertig
    """,
        "abnormal": """
        abnormal | abn | auffällig | auffaellig | pathologisch | anormal | anormale | anormalidad | anómalo | alterado |
        anormal(e) | alterato | patologico | patológico | pathologique | nieprawidłowy | nieprawidłowe | патология |
        отклонение | 异常 | afwijkend | atypical
    """,
        "clear": """
        clear | klar | clair | claire | claro | limpide | limpido | límpido | transparente | transparent | przejrzysty | klarowny |
        прозрачный | прозрачная | 清 | 清晰 | 透明 | 清亮 | helder
    """,
        "yellow": """
        yellow | pale yellow | light yellow | dark yellow | straw | straw yellow | gelb | hellgelb | jaune | jaune clair |
        jaune pâle | amarillo | amarillo claro | giallo | giallo paglierino | amarelo | amarelo claro | żółty | jasnożółty |
        słomkowy | желтый | светло-желтый | соломенно-желтый | 黄色 | 淡黄色 | geel
    """,
        "immune": "immune | immun | immunisé | inmune | immune status confirmed | imune | odporny | 免疫",
        "non-immune": """
        non-immune | not immune | nonimmune | nicht immun | non immunisé | no inmune | non immune | não imune | nieodporny
    """,
    }
)

NO_RESULT: dict[str, str] = _table(
    {
        "specimen-problem": """
        hemolyzed | haemolyzed | haemolysed | hemolysed | grossly hemolyzed | hemolysis | haemolysis | specimen hemolyzed |
        sample hemolyzed | sample haemolysed | haemolysed sample | hemolyzed sample | hemolyzed specimen | hemolytic | haemolytic |
        lipemic | lipaemic | icteric | clotted | sample clotted | specimen clotted | clotted sample | clotted specimen |
        platelet clumps | qns | quantity not sufficient | quantity insufficient | insufficient | insufficient sample |
        insufficient specimen | insufficient quantity | insufficient volume | ins | unsatisfactory specimen | unsatisfactory sample |
        unsatisfactory | specimen rejected | sample rejected | rejected | contaminated | specimen contaminated | wrong tube |
        wrong container | no specimen received | no sample received | no specimen | no sample | not received | specimen not received |
        sample not received | leaked | leaked in transit | spilled | specimen lost | mislabeled | unlabeled | hämolytisch |
        haemolytisch | hämolyse | hämolysiert | lipämisch | ikterisch | geronnen | material fehlt | kein material |
        zu wenig material | probe hämolytisch | hémolysé | hémolyse | échantillon hémolysé | coagulé |
        quantité insuffisante | prélèvement insuffisant | échantillon insuffisant | hemolizado | hemolizada | muestra hemolizada |
        hemólisis | coagulado | coagulada | muestra coagulada | muestra insuficiente | insuficiente | lipémica | emolizzato |
        campione emolizzato | emolisi | coagulato | campione coagulato | campione insufficiente | quantità insufficiente |
        hemolisado | amostra hemolisada | amostra insuficiente | zhemolizowana | hemoliza | skrzep | próbka zhemolizowana |
        za mało materiału | гемолиз | гемолизирована | сгусток | недостаточно материала | 溶血 | 凝血 | 标本溶血 |
        标本不合格 | 标本量不足
    """,
        "blank": """
        - | -- | --- | ---- | ----- | null | none given | n/a | na | nan value | #n/a | not applicable | nil value | blank | empty |
        not given | not available | no value | no result | keine angabe | k. a. | entfällt | sans objet | non disponible |
        no aplica | no disponible | non applicabile | não aplicável | nie dotyczy | нет данных | не применимо |
        不适用 | unknown
    """,
        "see-note": """
        see note | see notes | refer to note | refer to comment | refer to report | see below |
        see comment | see comments | see report | see text | see interpretation | see attached |
        see remarks | see scanned report | comment | note | siehe kommentar | s. kommentar | siehe bemerkung | siehe text |
        siehe befund | s. u. | siehe unten | voir commentaire | voir note | voir texte | cf commentaire | ver nota | ver comentario |
        ver observaciones | ver informe | vedi nota | vedi commento | vedi referto | ver comentário | ver observação |
        patrz komentarz | patrz uwagi | см комм | см. комм | см. комментарий | смотри текст |
        смотри комментарий | см. примечание | см. текст | 见备注 | 见说明 | 见报告 | zie opmerking | zie commentaar
    """,
        "invalid": """
        invalid | #value! | #ref! | #div/0! | #name? | #num! | nan | error |
        err | void | test invalid | invalid result | ungültig | fehler | non valide | invalide | inválido |
        no válido | non valido | errore | nieważny | błąd | ошибка | недействительно | 无效
    """,
        "pending": """
        pending | tbd | to follow | tf | in process | in progress | result pending | results pending | awaiting | awaited |
        awaiting result | prelim | folgt | ausstehend | in arbeit | wird nachgereicht | nachgereicht | en cours | en attente |
        à suivre | pendiente | en proceso | en curso | a seguir | in corso | in attesa | segue | pendente | em andamento | em curso |
        w toku | w trakcie | oczekuje | в работе | ожидается | 待定 | 待报 | volgt
    """,
        "cancelled": """
        cancelled | canceled | test cancelled | test canceled | order cancelled | deleted | storniert | annulé | cancelado |
        cancelada | annullato | anulado | anulowano | отменен | отменено | 取消
    """,
        "not-performed": """
        tnp | test not performed | not performed | not done | not tested | not requested | not ordered | not reported | not measured |
        nt | dnr | nicht durchgeführt | nicht bestimmt | nicht gemessen | nicht angefordert | n. b. | non réalisé | non effectué |
        non fait | non demandé | no realizado | no solicitado | no procesado | no determinado | non eseguito | non richiesto |
        não realizado | não solicitado | nie wykonano | не выполнено | не выполнялось | не проводилось |
        не определялось | 未做 | 未检 | 未测 | niet bepaald
    """,
        "not-calculated": """
        unable to calculate | not calculated | cannot be calculated | can not be calculated | could not be calculated |
        not calculable | unable to determine | cannot calculate | calculation not possible | incalculable | unable to report |
        not reportable | n/c | nicht berechenbar | nicht berechnet | non calculable | non calculé | no calculable | no calculado |
        no se puede calcular | non calcolabile | não calculado | não calculável | nie obliczono | не рассчитано |
        не рассчитывается | 无法计算 | 未计算
    """,
    }
)

PATTERNS = """
    speckled | fine speckled | coarse speckled | dense fine speckled | fine granular | granular | homogeneous | homogenous | diffuse |
    nuclear | nucleolar | centromere | anticentromere | nuclear dots | multiple nuclear dots | few nuclear dots | nuclear membrane |
    nuclear envelope | peripheral | rim | cytoplasmic | mitotic | spindle | reticular | mixed | pattern |
    gesprenkelt | fein gesprenkelt | feingesprenkelt | grob gesprenkelt | grobgesprenkelt | granulär | feingranulär | homogen | nukleär |
    nukleolär | nucleolär | zentromer | zytoplasmatisch | cytoplasmatisch | muster |
    moucheté | mouchetée | moucheté fin | homogène | nucléaire | nucléolaire | centromère | cytoplasmique | aspect |
    moteado | moteado fino | homogéneo | nucleolar | centrómero | citoplasmático | patrón |
    punteggiato | granulare | omogeneo | nucleolare | centromero | citoplasmatico |
    gespikkeld | homogeen | nucleolair | ziarnisty | homogenny | jąderkowy | plamisty
"""
"""Words for what the microscope shows beside a titre of antinuclear antibodies (the nomenclature of ICAP, www.anapatterns.org)."""

NOT_FINAL = {
    "preliminary": remark("the laboratory calls it preliminary and may still change it"),
    "unverified": remark("the laboratory has not verified it yet and may still change it"),
    "partial": remark("the laboratory calls it partial and may still change it"),
    "unknown": remark("its sender does not know whether it is final"),
    "withdrawn": remark("the laboratory marks it as withdrawn or entered in error"),
}
"""A result that the laboratory does not stand by, or not yet: judged, and never taken for the last word. None holds a ``; ``."""


def not_final(review: str, again: Callable[[str], str] = str) -> str:
    """Of the doubts about a result those that no look at the paper settles. `again` puts our remarks into the language of `review`."""
    early = set(map(again, NOT_FINAL.values()))
    return "; ".join(doubt for doubt in review.split("; ") if doubt in early)


NOT_FINAL_WORDS = {
    fold_word(word): NOT_FINAL[code]
    for code, line in {
        "preliminary": """
            preliminary | prelim | prelim. | preliminary result | preliminary report | provisional | provisional result | interim |
            vorläufig | vorläufiges ergebnis | vorläufiger befund | provisoire | résultat provisoire | préliminaire |
            preliminar | resultado preliminar | provisorio | provvisorio | preliminare | voorlopig | wstępny | foreløbig | preliminär |
            предварительный | предварительный результат
        """,
        "unverified": """
            unverified | not verified | not validated | unvalidated | pending verification | nicht validiert | nicht freigegeben |
            technisch validiert | non validé | en attente de validation | no validado | sin validar | non validato | niet gevalideerd
        """,
        "partial": "partial | partial result | teilbefund | teilergebnis | partiel | résultat partiel | resultado parcial | parziale",
        "withdrawn": """
            entered in error | entered-in-error | in error | withdrawn | retracted | revoked | zurückgezogen | storniert | ungültig |
            annulé | anulado | annullato | ingetrokken
        """,
    }.items()
    for word in listed(line)
}
"""What a column of statuses says of a result that does not stand, and the remark on it."""


def doubt_of(status: str) -> str:
    """The remark on a result with this status; empty where it says nothing against it. Further words change nothing: "Preliminary (P)"."""
    said = " ".join(re.findall(r"\w+", fold_word(status)))
    return next((why for word, why in NOT_FINAL_WORDS.items() if f" {word} " in f" {said} "), "")


NO_RANGE: frozenset[str] = frozenset(
    fold_word(word)
    for word in listed(
        """
        n/a | na | - | -- | --- | none | not applicable | not available | no range | no reference range | no reference interval |
        no ref range | no reference values | ref range not established | reference range not established | not established |
        not estab. | not estab | range not established | no established reference range | not defined | not determined | not given |
        not provided | none established | see note | see notes | see comment | see comments | see report | see below | see text |
        see interpretation | see attached | not provided by lab | keine angabe | k. a. | siehe text | siehe kommentar |
        siehe bemerkung | siehe befund | s. u. | kein referenzbereich | nicht etabliert | entfällt | voir commentaire | voir note |
        voir texte | non établi | sans objet | ver nota | ver comentario | ver tabla | ver informe | no aplica | no establecido |
        sin rango | vedi nota | vedi commento | vedi referto | non applicabile | non definito | ver comentário | ver observação |
        não aplicável | não estabelecido | patrz komentarz | nie dotyczy | brak normy | см. комм | см. комм. |
        см. комментарий | смотри текст | смотри комментарий | см. текст | не установлено | не определен | 见备注 |
        见说明 | 不适用 | 无 | pending | interpretation below | by report | variable | varies
    """
    )
)
"""A range column that says that there is no range. A number after the words (``Ver tabla 2``) is the number of a table."""

# ---- flags -----------------------------------------------------------------------------------------------------------------

_CODES = "H | L | HH | LL | N | A | AA | HC | LC | CH | CL | PH | PL | H* | L* | HH* | LL* | A* | N* | * | ** | *** | + | ++ | ! | !! | #"
FLAGS: dict[str, str] = {
    **{code: code for code in listed(_CODES)},
    **{
        word: code
        for code, words in {
            "H": "↑ | ⬆ | ▲ | ⇑ | △ | hi | Hi | HI | high | High | HIGH | elevated | hoch | erhöht | haut | élevé | alto | Alto | ALTO",
            "L": "↓ | ⬇ | ▼ | ⇓ | ▽ | lo | Lo | LO | low | Low | LOW | niedrig | erniedrigt | bas | bajo | Bajo | BAJO | basso",
            "HH": "↑↑ | ▲▲ | critical high | Critical High | CRITICAL HIGH",
            "LL": "↓↓ | ▼▼ | critical low | Critical Low | CRITICAL LOW",
            "AA": "critical | Critical | CRITICAL | panic | Panic | PANIC",
            "A": "abn | Abn | ABN | abnormal | Abnormal | ABNORMAL",
            "N": "normal | Normal | NORMAL",
        }.items()
        for word in listed(words)
    },
}
"""A flag printed beside or glued to a value -> HL7 table 0078 code where it has one. Single letters count in capitals only."""

# ---- words of a reference range ----------------------------------------------------------------------------------------------

MALE = """
    male | males | man | men | mann | männer | maenner | männlich | männl | maennlich | homme | hommes | masculin | hombre | hombres |
    varon | varones | masculino | uomo | uomini | maschio | maschi | maschile | homem | homens | mężczyzna | mężczyźni |
    mezczyzni | муж | мужчина | мужчины | мужской | 男 | 男性 | ♂ | mannen | boys
"""
FEMALE = """
    female | females | woman | women | frau | frauen | weiblich | weibl | femme | femmes | féminin | mujer | mujeres | femenino |
    hembra | hembras | donna | donne | femmina | femmine | femminile | mulher | mulheres | feminino | kobieta | kobiety | жен |
    женщина | женщины | женский | 女 | 女性 | ♀ | vrouw | vrouwen | girls
"""
SEX: dict[str, str] = _table({"male": MALE, "female": FEMALE})

SEX_LETTERS: tuple[tuple[str, str], ...] = (("m", "f"), ("m", "w"), ("h", "f"), ("h", "m"), ("u", "d"), ("m", "k"), ("м", "ж"), ("m", "v"))
"""Letters for male and female as laboratories pair them (M/F, German M/W, French H/F, Spanish H/M, Italian U/D, Polish M/K ...)."""

NEUTRAL_LABELS: frozenset[str] = frozenset(
    fold_word(word)
    for word in listed(
        """
        ref | ref range | reference | reference range | reference interval | reference values | reference value | ref values |
        ref int | biological reference interval | bio ref interval | range | normal | normals | normal range | normal value |
        normal values | n | normal level | adult | adults | adult range | expected | expected range | expected values |
        standard range | target range | desirable | desired | optimal | optimum | ideal | sufficient | sufficiency | non-diabetic |
        nondiabetic | non diabetic | negative | non-reactive | nonreactive | not detected | absent |
        nil | healthy | acceptable | fasting | nüchtern | à jeun | en ayunas | ayunas |
        a digiuno | em jejum | na czczo | натощак | 空腹 | reference range adult | interval | limits | limit |
        normal limits | non-pregnant | not pregnant | both | both sexes | unisex | m/f | m / f | f/m | m & f |
        male/female | male / female | male & female | male and female | men and women | males and females |
        männer und frauen | frauen und männer | hommes et femmes | all | all ages | referenz |
        referenzbereich | referenzwert | referenzwerte | norm | normbereich | normwert |
        normwerte | erwachsene | erwünscht | référence | valeurs de référence | valeur de référence | valeurs usuelles |
        valeurs normales | vn | vr | intervalle | intervalle de référence | adulte | adultes | valor de referencia |
        valores de referencia | valores normales | rango | rango de referencia | intervalo de referencia |
        rango de referencia para adulto | adulto | adultos | deseable | valori di riferimento | valore di riferimento |
        intervallo di riferimento | v n | v r | adulti | valores de referência | valor de referência | intervalo de referência |
        desejável | zakres referencyjny | wartości referencyjne | norma | dorośli | референсные значения |
        взрослые | норма | 参考范围 | 参考值 | 正常 | 正常值 | 成人 | referentie | referentiewaarde | referentiewaarden |
        volwassenen
    """
    )
)
"""Labels after which a single limit is the healthy range. After any other label (``Low: <40``) it is one band of several."""

AGE_OF_WORD: dict[str, tuple[float | None, float | None]] = {
    fold_word(word): age
    for age, line in {
        (18.0, None): """
            adult | adults | erwachsene | adulte | adultes | adulto | adultos | adulti | dorośli | взрослые | 成人 | volwassenen | voksne |
            vuxna
        """,
        (None, 18.0): """
            child | children | paediatric | pediatric | kind | kinder | enfant | enfants | niño | niños | bambino | bambini | criança |
            crianças | dzieci | дети | 儿童 | kinderen | børn | barn
        """,
    }.items()
    for word in listed(line)
}
"""Whose range it is, in words instead of years."""

RANGE_WORDS = "to | bis | à | a | al | ad | до | do | t/m | tot | through | thru | hasta | fino a | até | 至 | 到"
BETWEEN_WORDS = "from | between | von | zwischen | de | entre | da | dal | tra | od | от | entre | van | 从"
AND_WORDS = "and | und | et | y | e | i | и | en | &"

AGE_UNITS = """
        years old | years | year | yrs | yr | y/o | yo | y | jahre | jahren | jahr | j | ans | an | años | anos | anni | anno | lat |
        lata | лет | года | год | 岁 | jaar | months | month | mos | mo | monate | monat | mois | meses | mesi | mies |
        мес | 月 | 个月 | weeks | week | wks | wk | wochen | semaines | semanas | settimane | days | day | tage | jours |
        días | dias | giorni | dni | дней | 天
    """

# ---- words of units (which words may stand in a unit; what they mean is reference_ranges/units.yaml) ---------------------------

UNIT_PREFIXES = """
    micro | mikro | milli | nano | pico | femto | mc | k | m | c | d | u | n | p | f | µ |
    M | G | T | мк | м | н | п | к | д | ф | 毫 | 微 | 纳 | 皮 | 千 | 飞 |
    分
"""
UNIT_BASES = """
    g | gs | gm | gms | gr | gram | grams | mol | mole | moles | val | eq | equiv | osm | osmol | osmole | osmoles | l | lt | ltr |
    lit | liter | litre | liters | litres | kat | katal | iu | ui | ie | unit | units | pa | г | гр | моль | л |
    литр | литра | экв | осм | осмоль | ме | ед | кат | 克 | 摩尔 | 摩 | 升 | 国际单位 | 单位 | gram hb | lu | jm |
    einheiten | unités | unidades | unità | unidade | jednostek
"""
UNIT_LETTERS = "u | e | m | g | l | s | h | d | j | k | t | с | ч | е | м | г | л"
"""Letters that count as unit words only beside a slash, an exponent or a power of ten; alone they may be flags or labels."""
UNIT_WORDS = """
    calc | westergren | urine | urin | мкм3 | мкм^3 | sqm | high power field |
    % | ‰ | percent | prozent | vol% | vol.% | vol % | hpf | lpf | fld | field | fields | campo | campos | champ | gf |
    gesichtsfeld | wpz | п/з | поле | cell | cells | zellen | zelle | cellules | cellule | células | celulas | cél | cel |
    komórek | клеток | клетки | кл | 細胞 | 细胞 | 个 | ery | erys | leu | leuk | leuko | wbc | wbcs | rbc |
    rbcs | leukocytes | leukozyten | erythrocytes | thou | thous | thousand | thousands | th | tsd | tys | тыс | migl | mila |
    mil | mille | miles | million | millions | milion | mill | millones | milhões | milhoes | milioni | milliers | mio | mln |
    млн | mrd | млрд | lakh | lakhs | lac | lacs | giga | tera | gpt | tpt | гига | тера | 万 | 百万 | cu mm |
    cu.mm | cumm | c.mm | c mm | cmm | mmc | mm3 | mm^3 | mcl | cc | ccm | cm3 | dm3 | m3 | um3 | µm3 | um^3 | µm^3 | mm2 |
    cu microns | cu micron | cubic microns | micron3 | sec | secs | second | seconds | sek | sekunde | sekunden | seg | segundo |
    segundos | secondi | secondes | сек | секунд | 秒 | min | mins | minute | minutes | minuten | minuto | minuti |
    мин | 分钟 | hr | hrs | hour | hours | std | stunde | stunden | uur | uren | heure | heures | hora | horas | ore | ora |
    час | часа | часов | godz | 小时 | 时 | day | days | tag | tage | jour | jours | día | días | dia | dias |
    giorno | doba | dobę | dobe | dzień | сут | сутки | 天 | 日 | week | mm | cm | мм | 毫米 | mmhg | mm hg |
    мм рт.ст. | мм рт. ст. | kpa | torr | °c | °f | pg | fl | пг | фл | um | au | ru | eu | cu | bu | du | tu |
    aeu | gplu | mplu | aplu | gpl | mpl | apl | gplu/ml | inu | uarb | ua | feu | ddu | fibrinogen equivalent units | creat |
    creatinine | crea | creat. | kreatinin | krea | kreatyniny | kreatynina | creatinina | créatinine | creatininio | cr |
    креатинин | креатинина | 肌酐 | hb | hgb | hemoglobin | haemoglobin | protein | prot | alb | albumin |
    copies | copias | kopien | cop | kopii | копий | cp | geq | cfu | кое | log | log10 | ppm | ppb | ppth | ratio |
    index | inr | score | s/co | s/c | s.co | coi | isr | lr | titer | titre | titr | титр | ph | odr | od | мг% | mg% |
    g% | gm% | gms% | µg% | mcg% | ug% | meq% | h2o | m2 | m^2 | bsa | ngsp | dcct | ifcc | total | of | quick | quotient |
    verhältnis | rapporto | relación | soc | multiples | mom | z-score | sd | x uln | no unit
"""
UNIT_SUFFIXES = "cr | crt | creat | crea | krea | kreatinin | creatinine | hb | hgb | feu | ddu | h2o"
"""What is counted, glued to its unit: ``mg/gCr``, ``mmol/molHb``."""
