"""Words that mean one of a few values, in four languages, and how to find them.

Keys are written as people write them; `pick` compares them without case, accents kept. A word in
an alphabet must stand alone; Chinese is found anywhere, since it has no spaces to look for.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

_HAN = re.compile(r"[\u3400-\u9fff]")


def level(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def pick(text: str, table: Mapping[str, tuple[str, ...]], unless: str = "(?!)") -> str | None:
    """The one value whose words occur in `text`; None for none or several.

    `unless` is a pattern for phrases in which the words mean something else.
    """
    rest = re.sub(unless, " ; ", level(text))
    owner = {level(word): value for value, words in table.items() for word in words}
    found = {owner[match] for match in _pattern(tuple(owner)).findall(rest)}
    return found.pop() if len(found) == 1 else None


def either(words: tuple[str, ...]) -> str:
    """A pattern for any of the words, the longest first."""
    return "|".join(_alone(word) for word in sorted(map(level, words), key=lambda w: (-len(w), w)))


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(either(words))


def _alone(word: str) -> str:
    quoted = re.escape(word)
    return quoted if _HAN.search(word) else rf"(?<![\w]){quoted}(?![\w])"


SIZES = {
    "small": (
        "small", "smallest", "smaller", "tiny", "klein", "kleine", "kleiner", "kleines", "kleinen",
        "kleinste", "pequeño", "pequeña", "小型", "小号", "小规格", "小一点", "最小",
    ),
    "medium": (
        "medium", "mid-size", "medium-sized", "mittel", "mittlere", "mittlerer", "mittleres",
        "mittelgroß", "mittelgroße", "mittelgroßer", "mediano", "mediana", "中型", "中号", "中等",
        "中规格",
    ),
    "large": (
        "large", "largest", "larger", "big", "groß", "große", "großer", "großes", "großen",
        "größte", "grande", "大型", "大号", "大规格", "大一点", "最大",
    ),
}  # fmt: skip
# sizes of something else: "large files", "a small team", "archivos grandes"
NOT_SIZES = (
    r"\b(?:small|large|big|tiny|medium) (?:files?|amounts?|numbers?|data(?:sets?)?|objects?"
    r"|images?|teams?|documents?|uploads?|volumes?|questions?|favou?rs?|changes?|things?|company|business"
    r"|customers?|models?|videos?|messages?|tables?|scale|problem|piece|part)\b"
    r"|\b(?:klein|gross|mittler)\w* (?:datei\w*|daten(?:mengen?|sätze)?|mengen?|teams?"
    r"|bilder\w*|frage\w*|sache\w*|kunden?|firma|videos?|tabellen?)\b"
    r"|\b(?:equipo|empresa|pregunta|favor|archivo|cantidad|cliente)s? (?:peque|median|grande)\w*"
    r"|\b(?:peque|gran)\w* (?:equipo|empresa|pregunta|favor|archivo|cantidad|cliente)s?\b"
    r"|(?:最大|最小)(?:值|数|连接|限度|程度|化)"
)

ENVIRONMENTS = {
    "production": (
        "production", "prod", "prd", "Produktion", "Produktivumgebung", "Produktionsumgebung",
        "produktiv", "producción", "produccion", "生产", "线上环境", "正式环境",
    ),
    "staging": (
        "staging", "stage", "preprod", "pre-production", "Vorproduktion", "preproducción",
        "预发布", "预发环境", "预生产",
    ),
    "development": (
        "development", "dev", "Entwicklung", "Entwicklungsumgebung", "desarrollo", "开发环境",
    ),
    "test": (
        "test", "testing", "test environment", "Testumgebung", "entorno de pruebas", "pruebas",
        "测试环境", "测试",
    ),
}  # fmt: skip
NOT_ENVIRONMENTS = (
    r"\b(?:non|not|no|nicht|kein|keine|sin)[ -]?(?:for |für |in |de )?"
    r"(?:prod\w*|staging|dev\w*|test)\b|非生产|不是生产"
    r"|\b(?:dev|development|test|testing|prod|production|staging)"
    r" (?:team|data|files?|results?|reports?|group)\b"
    r"|\b(?:load|unit|to|stress|smoke|a|quick) test\b|\btest (?:it|this|if)\b"
    r"|\bequipo de (?:desarrollo|producción|pruebas)\b|\bcadena de producción\b"
    r"|(?:生产|测试)(?:团队|部门|数据|报告|线)"
)

# Source: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
PLACES = {
    "us-east-1": ("N. Virginia", "Northern Virginia", "Virginia", "Nord-Virginia", "弗吉尼亚"),
    "us-east-2": ("Ohio", "俄亥俄"),
    "us-west-1": ("California", "N. California", "Kalifornien", "加利福尼亚", "加州"),
    "us-west-2": ("Oregon", "Oregón", "俄勒冈"),
    "af-south-1": ("Cape Town", "Kapstadt", "Ciudad del Cabo", "开普敦"),
    "ap-east-1": ("Hong Kong", "Hongkong", "香港"),
    "ap-east-2": ("Taipei", "台北"),
    "ap-northeast-1": ("Tokyo", "Tokio", "东京", "東京"),
    "ap-northeast-2": ("Seoul", "Seúl", "首尔"),
    "ap-northeast-3": ("Osaka", "大阪"),
    "ap-south-1": ("Mumbai", "Bombay", "孟买"),
    "ap-south-2": ("Hyderabad", "海得拉巴"),
    "ap-southeast-1": ("Singapore", "Singapur", "新加坡"),
    "ap-southeast-2": ("Sydney", "Sídney", "悉尼"),
    "ap-southeast-3": ("Jakarta", "Yakarta", "雅加达"),
    "ap-southeast-4": ("Melbourne", "墨尔本"),
    "ap-southeast-5": ("Malaysia", "Malasia", "马来西亚"),
    "ap-southeast-7": ("Thailand", "Tailandia", "泰国"),
    "ca-central-1": ("Montreal", "Montréal", "蒙特利尔"),
    "ca-west-1": ("Calgary", "卡尔加里"),
    "cn-north-1": ("Beijing", "Peking", "Pekín", "北京"),
    "cn-northwest-1": ("Ningxia", "宁夏"),
    "eu-central-1": ("Frankfurt", "Fráncfort", "Francfort", "Frankfurt am Main", "法兰克福"),
    "eu-central-2": ("Zurich", "Zürich", "Zúrich", "苏黎世"),
    "eu-north-1": ("Stockholm", "Estocolmo", "斯德哥尔摩"),
    "eu-south-1": ("Milan", "Milano", "Mailand", "Milán", "米兰"),
    "eu-south-2": ("Spain", "Spanien", "España", "西班牙"),
    "eu-west-1": ("Ireland", "Irland", "Irlanda", "Dublin", "爱尔兰"),
    "eu-west-2": ("London", "Londres", "伦敦"),
    "eu-west-3": ("Paris", "París", "巴黎"),
    "il-central-1": ("Tel Aviv", "特拉维夫"),
    "me-central-1": ("UAE", "阿联酋"),
    "me-south-1": ("Bahrain", "Baréin", "巴林"),
    "mx-central-1": ("Querétaro", "Queretaro"),
    "sa-east-1": ("São Paulo", "Sao Paulo", "圣保罗"),
}
# "us east 1", "US-East-1": the code itself, however it is spaced
CODES = {code: (code, code.replace("-", " "), code.replace("-", "_")) for code in PLACES}
NOT_PLACES = r"\bteam (?:in )?\w+|\b[^\W\d]+ (?:team|office)\b|\bequipo (?:de )?\w+|\b\w+-team\b"
