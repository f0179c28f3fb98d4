"""What each kind of record says of itself: one table, which orders, imports and changes are held against.

The kinds are 人, 房, 组织 (units: 非公有制经济组织和社会组织, and organisations of governance), 地 and 物
(GB/T 31000-2015); 事 are patrol's incidents.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.register.domain.numbers import is_citizen_number, is_credit_code
from services.register.domain.record import CLEAR_FIELDS, PERSONAL_FIELDS
from shared.contracts.register import RecordKind, RecordSaid
from shared.kernel.errors import FieldError
from shared.kernel.personal_data import plain

_CONTACT = frozenset({"personal.name", "personal.phone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """Which fields a kind needs, which it may have beside them, and the words of its `type`."""

    zh: str
    types: Mapping[str, str]
    needs: frozenset[str]
    may: frozenset[str] = field(default_factory=frozenset)

    @property
    def knows(self) -> frozenset[str]:
        return self.needs | self.may | {"type", "source_no"}


KINDS: Mapping[RecordKind, KindRule] = {
    "person": KindRule(
        zh="人",
        types={
            "registered": "户籍人口",
            "floating": "流动人口",
            "left_behind": "留守人员",
            "foreign": "境外人员",
        },
        needs=frozenset({"personal.name", "type"}),
        may=frozenset({"personal.id_number", "personal.phone", "personal.address"}),
    ),
    "house": KindRule(
        zh="房",
        types={
            "commercial": "商品房",
            "public_rental": "公租房",
            "self_built": "自建房",
            "dormitory": "集体宿舍",
            "other": "其他",
        },
        needs=frozenset({"name", "type"}),
        may=frozenset({"rented", "personal.address"}),
    ),
    "unit": KindRule(
        zh="单位",
        types={
            "non_public_economic": "非公有制经济组织",
            "social_organisation": "社会组织",
            "state_owned": "国有企业",
            "public_institution": "事业单位",
            "individual_business": "个体工商户",
            "other": "其他",
        },
        needs=frozenset({"name", "type"}),
        may=_CONTACT | {"credit_code"},
    ),
    "key_place": KindRule(
        zh="重点场所",
        types={
            "school": "学校及周边",
            "hospital": "医院",
            "market": "市场商圈",
            "entertainment": "娱乐场所",
            "railway": "铁路护路段",
            "religious": "宗教活动场所",
            "hazardous": "危险品场所",
            "park": "公园广场",
            "other": "其他",
        },
        needs=frozenset({"name", "type"}),
        may=_CONTACT | {"credit_code"},
    ),
    "facility": KindRule(
        zh="部件",
        types={
            "public_utility": "公用设施",
            "traffic": "道路交通",
            "sanitation": "市容环境",
            "greening": "园林绿化",
            "other": "其他",
        },
        needs=frozenset({"name", "type"}),
    ),
    "organisation": KindRule(
        zh="组织",
        types={
            "governance": "综治组织",
            "mass_prevention": "群防群治组织",
            "mediation": "调解组织",
            "volunteers": "志愿者队伍",
            "party": "党组织",
            "other": "其他",
        },
        needs=frozenset({"name", "type"}),
        may=_CONTACT,
    ),
}


def wrong_in(
    kind: RecordKind, said: RecordSaid, *, keeps: frozenset[str] = frozenset()
) -> Iterator[FieldError]:
    """Yield what is wrong with what is said of a record of a kind; *keeps* is what it has already."""
    rule = KINDS[kind]
    given = {name for name, value in _values(said) if value is not None}
    for name in sorted(rule.needs - given - keeps):
        yield FieldError(
            field=name, code="missing", zh=f"{rule.zh}须填写此项", en=f"a {kind} needs this"
        )
    for name in sorted(given - rule.knows):
        yield FieldError(
            field=name,
            code="not_of_kind",
            zh=f"{rule.zh}没有此项",
            en=f"a {kind} has no such field",
        )
    yield from _wrong_values(rule, said)


def _values(said: RecordSaid) -> Iterator[tuple[str, object]]:
    for name in CLEAR_FIELDS:
        yield name, getattr(said, name)
    for name in PERSONAL_FIELDS:
        yield f"personal.{name}", getattr(said.personal, name)


def _wrong_values(rule: KindRule, said: RecordSaid) -> Iterator[FieldError]:
    if said.type is not None and said.type not in rule.types:
        words = ", ".join(rule.types)
        yield FieldError(
            field="type", code="unknown_type", zh=f"可选：{words}", en=f"one of: {words}"
        )
    id_number = said.personal.id_number
    if id_number is not None and not is_citizen_number(plain(id_number)):
        yield FieldError(
            field="personal.id_number",
            code="check_digit",
            zh="不是合法的公民身份号码（GB 11643-1999：18 位、出生日期、校验码）",
            en="no citizen's number (GB 11643-1999: 18 places, a date of birth, the check digit)",
        )
    if said.credit_code is not None and not is_credit_code(said.credit_code):
        yield FieldError(
            field="credit_code",
            code="check_digit",
            zh="不是合法的统一社会信用代码（GB 32100-2015：18 位与校验码）",
            en="no unified social credit code (GB 32100-2015: 18 places with a check character)",
        )
