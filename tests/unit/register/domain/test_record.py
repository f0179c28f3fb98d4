"""What a record says after a change or a merge."""

from dataclasses import replace

from services.register.domain.record import differences, same_exactly, saying, standing_for
from shared.contracts.register import AttentionPersonalData, RecordPersonalData, RecordSaid
from shared.kernel.personal_data import IdNumber, PersonName, Phone
from tests.builders.incident import NOW
from tests.builders.register import a_citizen_number, a_record

NUMBER = IdNumber(a_citizen_number())


def test_a_change_says_all_anew_but_what_is_personal_and_left_out() -> None:
    before = a_record(source_no="7", personal=RecordPersonalData(name=PersonName("张三")))
    said = RecordSaid(type="floating", personal=RecordPersonalData(phone=Phone("13812345678")))
    after = saying(before, said, NOW)

    assert differences(before, after) == ["type", "source_no", "personal.phone"]
    assert after.personal.name == PersonName("张三")
    assert after.version == before.version + 1


def test_doubles_are_of_one_kind_and_one_exact_number() -> None:
    person = a_record(personal=RecordPersonalData(id_number=NUMBER))

    assert same_exactly(person, replace(person, record_id="other"))
    assert not same_exactly(a_record(), a_record())
    assert not same_exactly(person, replace(person, kind="unit"))
    assert same_exactly(
        a_record(kind="unit", credit_code="X"), a_record(kind="unit", credit_code="X")
    )


def test_the_kept_one_says_what_it_lacks_by_the_double_and_loses_nothing_fenced() -> None:
    released = AttentionPersonalData(kind="released")
    youth = AttentionPersonalData(kind="key_youth")
    kept = a_record(personal=RecordPersonalData(id_number=NUMBER), attention=(released,))
    double = a_record(
        source_no="7",
        personal=RecordPersonalData(id_number=NUMBER, phone=Phone("13812345678")),
        attention=(released, youth),
    )
    both = standing_for(kept, double, NOW)

    assert (both.source_no, both.personal.phone) == ("7", Phone("13812345678"))
    assert both.attention == (released, youth)
    assert both.fenced_version == kept.fenced_version + 1
    assert standing_for(kept, a_record(), NOW).fenced_version == kept.fenced_version
