"""Texts are cut into words such that whatever stands in a text is found in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.command.domain.search_words import (
    LONGEST_WORD,
    MOST_WORDS,
    Term,
    joined,
    stands_in,
    terms_of,
    words_of,
)
from shared.kernel.errors import Invalid

TEXTS = st.text(
    st.sampled_from("环境污染垃圾桶满溢々〇ABcd１２34，。 -@'\"\\\x00\u200b²Ⅻß"), max_size=30
)


def holds(text: str, question: str) -> bool:
    words = words_of(text)
    return all(stands_in(term, words) for term in terms_of(question))


class TestWordsOf:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("环境污染", ["环境", "境污", "污染", "染"]),
            ("火", ["火"]),
            ("垃圾桶，满溢", ["垃圾", "圾桶", "桶", "满溢", "溢"]),
            ("Broken LAMP", ["broken", "lamp"]),
            ("3号楼A12室", ["3", "号楼", "楼", "a", "12", "室"]),
            ("P20261123-0000018", ["p", "20261123", "0000018"]),
            ("ＰＭ２．５超标", ["pm", "2", "5", "超标", "标"]),
            ("㎡Ⅻ", ["m", "2", "xii"]),
            ("人々", ["人々", "々"]),
            ("𠮷野家", ["𠮷野", "野家", "家"]),
            ("環\u200b境", ["環境", "境"]),
            ("straße", ["strasse"]),
            ("", []),
            ("……！😀 _", []),
        ],
    )
    def test_are_pairs_of_characters_or_whole_words_and_numbers(
        self, text: str, words: list[str]
    ) -> None:
        assert words_of(text) == words

    @given(TEXTS)
    def test_hold_no_sign_that_means_something_to_an_index(self, text: str) -> None:
        assert all(word.isalnum() for word in words_of(text))

    def test_are_of_bearable_length_and_number(self) -> None:
        assert words_of("a" * 3000) == ["a" * LONGEST_WORD]
        assert len(words_of("环" * 20_000)) == MOST_WORDS
        assert len(joined(["1 " * 20_000, "2"], "@")) == MOST_WORDS


class TestTermsOf:
    @pytest.mark.parametrize(
        ("question", "terms"),
        [
            ("垃圾", [Term(words=("垃圾",), begins=False)]),
            ("火", [Term(words=("火",), begins=True)]),
            ("环境污染", [Term(words=("环境", "境污", "污染"), begins=False)]),
            ("Lam", [Term(words=("lam",), begins=True)]),
            ("3号楼", [Term(words=("3", "号楼"), begins=False)]),
            ("号楼3", [Term(words=("号楼", "楼", "3"), begins=True)]),
            (
                "垃圾 桥下，垃圾",
                [Term(words=("垃圾",), begins=False), Term(words=("桥下",), begins=False)],
            ),
        ],
    )
    def test_are_what_has_to_stand_together(self, question: str, terms: list[Term]) -> None:
        assert list(terms_of(question)) == terms

    @pytest.mark.parametrize("question", ["", " ", "　", "，。！", "@ - _", "😀", "\x00", "\u200b"])
    def test_of_nothing_to_look_for_are_refused(self, question: str) -> None:
        with pytest.raises(Invalid) as refusal:
            terms_of(question)

        [error] = refusal.value.errors
        assert (error.field, error.code) == ("q", "nothing_to_look_for")

    def test_of_a_very_long_question_are_refused(self) -> None:
        assert terms_of(" " * 50 + "环" * 100)
        with pytest.raises(Invalid) as refusal:
            terms_of("环" * 101)

        assert [error.code for error in refusal.value.errors] == ["string_too_long"]


class TestStandsIn:
    @given(TEXTS, st.data())
    def test_finds_whatever_run_of_characters_a_text_holds(
        self, text: str, data: st.DataObject
    ) -> None:
        runs = [word for word in text.split() if words_of(word)]
        if not runs:
            return
        run = data.draw(st.sampled_from(runs))

        assert holds(text, run)

    @given(st.text(st.sampled_from("环境污染垃圾"), min_size=1, max_size=12), st.data())
    def test_finds_every_part_of_a_chinese_text_and_no_other(
        self, text: str, data: st.DataObject
    ) -> None:
        question = data.draw(st.text(st.sampled_from("环境污染垃圾"), min_size=1, max_size=4))

        assert holds(text, question) == (question in text)

    def test_finds_latin_words_and_numbers_by_their_beginning(self) -> None:
        assert holds("Harehills Road 420802001013", "hare")
        assert holds("Harehills Road 420802001013", "420802")
        assert not holds("Harehills Road", "hills")

    def test_does_not_reach_from_one_field_into_the_next(self) -> None:
        [term] = terms_of("3号楼")

        assert stands_in(term, joined(["3号楼"], "@"))
        assert not stands_in(term, joined(["单元3", "号楼"], "@"))
