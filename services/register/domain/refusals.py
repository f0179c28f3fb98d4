"""What the register refuses, in both languages; nothing of whom a record is of stands in any."""

from collections.abc import Iterable

from shared.kernel.errors import FieldError, Invalid, NotFound, RuleBroken


def no_such_record() -> NotFound:
    return NotFound(
        code="no_such_record",
        zh="没有这个编号的登记对象，或它不在您的辖区之内。",
        en="There is no record of that id under your place.",
    )


def no_such_relation() -> NotFound:
    return NotFound(
        code="no_such_relation",
        zh="没有这个编号的关联，或它不在您的辖区之内。",
        en="There is no relation of that id under your place.",
    )


def changed_meanwhile(version: int) -> RuleBroken:
    return RuleBroken(
        code="changed_meanwhile",
        zh=f"该登记对象已被他人修改，现为第 {version} 版；请重新读取后再改。",
        en=f"Somebody has changed the record, which is at version {version} now; read it again first.",
    )


def is_ended(state: str) -> RuleBroken:
    return RuleBroken(
        code="record_ended",
        zh=f"该登记对象已终止（{state}），不能再改动。",
        en=f"The record has ended ({state}) and is changed no more.",
    )


def not_doubles() -> RuleBroken:
    return RuleBroken(
        code="not_doubles",
        zh="只有证件号码或统一社会信用代码完全相同的两个登记对象才能合并。",
        en="Only two records of one identity number or credit code are merged.",
    )


def wrong(errors: Iterable[FieldError]) -> Invalid:
    return Invalid(
        code="invalid",
        zh="登记内容不合要求，详见 errors。",
        en="What the record says is wrong; see errors.",
        errors=tuple(errors),
    )


def raise_if_wrong(errors: Iterable[FieldError]) -> None:
    """Raise `Invalid` with all of *errors*, where there are any."""
    if found := tuple(errors):
        raise wrong(found)


def wrong_field(field: str, code: str, zh: str, en: str) -> Invalid:
    return wrong((FieldError(field=field, code=code, zh=zh, en=en),))


def outside_district(field: str = "location") -> Invalid:
    return wrong_field(
        field,
        "outside_district",
        "不在本辖区任何网格之内；请核对坐标与坐标系（crs）",
        "in no cell of the district; check the coordinates and their crs",
    )


def not_your_place(field: str = "location") -> Invalid:
    return wrong_field(field, "not_your_place", "不在您的辖区之内", "not under your place")
