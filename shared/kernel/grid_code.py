"""The codes of districts, streets, communities and cells: how each scheme writes them."""

import re
from enum import StrEnum

from shared.kernel.errors import Invalid

LONGEST_FREE_CODE = 64


class CodeScheme(StrEnum):
    """`cn`: statistical division codes and 15-digit grid codes. `free`: whatever the owner writes."""

    CN = "cn"
    FREE = "free"


_LENGTHS = {"district": 6, "street": 9, "community": 12, "cell": 15}
_LEVELS = {length: level for level, length in _LENGTHS.items()}
LEVELS_IN_CHINESE = {
    "district": "区（县）",
    "street": "街道（乡镇）",
    "community": "社区（村）",
    "cell": "网格",
}

# The first digit of each group of three names a class (statistical division codes): in the township
# group 0 street, 1 town, 2–3 township, 4–5 quasi-township; in the village group 0–1 residents'
# committee, 2–3 villagers' committee, 4 quasi-residents', 5 quasi-village unit. 6–9 mean nothing.
_CLASSED = re.compile(r"(?!000)[0-5][0-9]{2}")

_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+")

# Code spaces of other standards that are easily taken for a grid code, told by their length.
_OTHER_STANDARDS = {
    14: (
        "这是城市管理单元网格编码（CJ/T 213、GB/T 30428.1，14 位），不是社会治理网格编码；"
        "请用 12 位区划代码加 3 位顺序号（共 15 位）。",
        "This is a city-management unit grid code (CJ/T 213, GB/T 30428.1: 14 digits), not one of a "
        "governance grid; write the 12-digit division code and a sequence of 3 digits (15 in all).",
    ),
    17: (
        "这是微网格或带网格类型的编码（17 位）；请去掉最后两位，只用 15 位网格编码。",
        "This is the code of a micro-grid, or one with a grid type (17 digits); leave off the last two "
        "and write the 15-digit grid code.",
    ),
    20: (
        "这是社区服务网格编码（CJ/T 349，20 位），不是社会治理网格编码；"
        "请用 12 位区划代码加 3 位顺序号（共 15 位）。",
        "This is a community-service grid code (CJ/T 349: 20 digits), not one of a governance grid; "
        "write the 12-digit division code and a sequence of 3 digits (15 in all).",
    ),
}


def checked_code(
    text: str, scheme: CodeScheme, *, level: str | None = None, county: str | None = None
) -> str:
    """Return *text* in the scheme's standard writing.

    In `cn` a 12-digit code that ends in zeros is that of the street or district itself and is
    returned without them; *level* and *county* (six digits), when given, must be the code's own.
    A police community code (GA/T 2000.33) has 15 digits as well and cannot be told from a grid
    code by its form: do not import one as the other.

    Raises:
        Invalid: what is wrong with the code and how to mend it.
    """
    if scheme is CodeScheme.FREE:
        return _checked_free(text)
    code = _checked_digits(text)
    _check_county(code, county)
    _check_classes(code)
    if level is not None and level_of(code) != level:
        raise _malformed(
            text,
            f"这是{LEVELS_IN_CHINESE[level_of(code)]}的编码，此处应为{LEVELS_IN_CHINESE[level]}编码（{_LENGTHS[level]} 位）。",
            f"This is the code of a {level_of(code)}; a {level} has {_LENGTHS[level]} digits.",
        )
    return code


def level_of(code: str) -> str:
    """Return the level of a `cn` code in standard writing: district, street, community or cell."""
    return _LEVELS[len(code)]


def parent_code(code: str, level: str | None = None) -> str | None:
    """Return the `cn` code of the area above, or of the area at *level* above; None above a district."""
    length = len(code) - 3 if level is None else _LENGTHS[level]
    return code[:length] if _LENGTHS["district"] <= length < len(code) else None


def _checked_free(text: str) -> str:
    if not 0 < len(text) <= LONGEST_FREE_CODE:
        raise _malformed(
            text[:LONGEST_FREE_CODE],
            f"编码长度应为 1 至 {LONGEST_FREE_CODE} 个字符，现为 {len(text)} 个。",
            f"A code has 1 to {LONGEST_FREE_CODE} characters; this one has {len(text)}.",
        )
    if text != text.strip():
        raise _malformed(
            text,
            "编码首尾有空白字符，请删除。",
            "The code begins or ends with white space; remove it.",
        )
    if not text.isprintable() or "/" in text:
        raise _malformed(
            text,
            "编码含有控制字符、不可见字符或“/”，请改用可见字符且不用“/”。",
            "The code holds a control or invisible character or “/”; use visible characters other than “/”.",
        )
    if _SCIENTIFIC.fullmatch(text):
        raise _malformed(
            text,
            "编码被表格软件写成了科学计数法，原有数字已丢失；请把该列改为文本后重新导出。",
            "A spreadsheet wrote the code as a number with exponent and lost its digits; "
            "make the column text and export again.",
        )
    return text


def _checked_digits(text: str) -> str:
    """Return the digits, without the zeros that fill a higher level's code up to twelve."""
    if not re.fullmatch(r"[0-9]+", text):
        raise _malformed(
            text,
            "编码只能由半角数字 0–9 组成；请检查空格、字母、全角数字或科学计数法。",
            "A code is made of the digits 0–9; look for spaces, letters, full-width digits or 4.2E+11.",
        )
    if len(text) in _OTHER_STANDARDS:
        raise _malformed(text, *_OTHER_STANDARDS[len(text)])
    if len(text) not in _LEVELS:
        raise _malformed(
            text,
            f"编码为 {len(text)} 位；区（县）6 位、街道（乡镇）9 位、社区（村）12 位、网格 15 位。",
            f"The code has {len(text)} digits; a district has 6, a street 9, a community 12, a cell 15.",
        )
    if len(text) == _LENGTHS["community"]:
        return re.sub(r"(000){1,2}$", "", text)
    return text


def _check_county(code: str, county: str | None) -> None:
    if code.startswith("0") or code[4:6] == "00":
        raise _malformed(
            code,
            f"前六位 {code[:6]} 不是区（县）代码（GB/T 2260）；请用本区的六位代码。",
            f"The first six digits {code[:6]} are not a county's (GB/T 2260); write the district's own six.",
        )
    if county is not None and not code.startswith(county):
        raise _malformed(
            code,
            f"编码不属于本区：应以 {county} 开头，现为 {code[:6]}。",
            f"The code belongs to another county: it begins with {code[:6]}, not {county}.",
        )


def _check_classes(code: str) -> None:
    groups = (("7–9", code[6:9]), ("10–12", code[9:12]))
    for digits, group in groups:
        if group and not _CLASSED.fullmatch(group):
            raise _malformed(
                code,
                f"第 {digits} 位为 {group}，应在 001–599 之间（统计用区划代码；"
                "601 以上是 CJ/T 349 的合并社区码，公安 15 位社区编码也不是网格编码）。",
                f"Digits {digits} are {group} and should be 001–599 (statistical division code; 601 and "
                "above are merged communities of CJ/T 349, and police codes of 15 digits are no grid codes).",
            )
    if code[12:] == "000":
        raise _malformed(
            code,
            "网格顺序号为 000，应在 001–999 之间，且在社区（村）内不重复。",
            "The cell's sequence is 000; number the cells of a community 001–999.",
        )


def _malformed(text: str, zh: str, en: str) -> Invalid:
    return Invalid(
        code="area_code_malformed", zh=f"编码“{text}”有误：{zh}", en=f"Code “{text}”: {en}"
    )
