"""Near copies: what counts as nearly the same, and when all are one warning."""

import time
import unicodedata

import pytest
from quality_samples import LONG, found, row

from finetune_dataset.quality import near_duplicates
from finetune_dataset.quality.near_duplicates import NearIndex, normalized, sketch


def test_a_long_text_with_one_other_word_is_a_near_copy_and_a_short_one_is_not(check):
    rows = [row("Tell a story.", LONG), row("Tell a story!", LONG.replace("green", "blue"))]
    rows += [row("Tell me about Tin", "Tin is a metal."), row("Tell me about Zinc", "Zinc is a metal.")]

    assert found(check(rows)) == [(2, "", "near_duplicate_row", "warning")]


def test_a_long_instruction_in_every_prompt_is_one_warning_and_not_one_for_each_row(check):
    def reviews(start):
        return [row(f"{LONG} Is it {start + number}?", f"Yes, {start + number}.") for number in range(12)]

    report = check(reviews(0), test=reviews(50))

    assert found(report) == [(0, "", "near_duplicate_row", "warning"), (0, "", "near_leak", "warning")]
    assert [issue.found.partition(" examples")[0] for issue in report.problems] == ["11 of 12", "12 of 12"]


def test_later_texts_are_still_compared_with_the_first_ones_when_no_more_are_kept(check, monkeypatch):
    monkeypatch.setattr(near_duplicates, "TEXTS_KEPT", 1)
    other = LONG[::-1]
    rows = [row("1", LONG), row("2", other), row("3", other + "!!!"), row("4", LONG + "!!!")]

    assert found(check(rows)) == [(4, "", "near_duplicate_row", "warning")]


def test_near_copies_are_found_in_a_script_without_spaces(check):
    text = "春天来了，山上的花都开了，孩子们在河边唱歌，老人坐在树下喝茶，讲从前的故事，"
    text += "大家都很高兴，一直到太阳下山才回家去吃饭。夜里下了一场小雨，路上没有人，只有风的声音。"

    rows = [row("一", text), row("二", text.replace("喝茶", "喝酒")), row("三", text[::-1])]

    assert found(check(rows)) == [(2, "", "near_duplicate_row", "warning")]


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["a\u0301\u0316", "\u0301\u0316", "e\u0301 ", "한", "\u1100\u1161", "a b "])
def test_a_megabyte_of_any_letters_is_composed_in_a_moment(unit):
    start = time.process_time()

    normalized("a" + unit * (1_000_000 // len(unit)))

    assert time.process_time() - start < 10  # A wide margin: each takes less than 0.5 s.


def test_a_long_text_is_composed_as_a_short_one_is():
    text = "Un cafe\u0301 a\u0300 l'e\u0301tage. " * 500

    assert normalized(text) == normalized(unicodedata.normalize("NFC", text))


def test_thousands_of_texts_with_one_instruction_are_compared_in_a_moment_and_copies_are_found():
    shared = " ".join(f"word{number}" for number in range(60))
    index, start = NearIndex(), time.process_time()
    for number in range(4_000):
        own = " ".join(f"own{number}x{place}" for place in range(20))
        index.add(str(number), sketch(f"{shared} {own}"))
    for number in range(4_000):
        index.find(sketch(f"{shared} " + " ".join(f"other{number}x{place}" for place in range(20))))

    assert index.find(sketch(f"{shared} " + " ".join(f"own3000x{place}" for place in range(20)))) == "3000"
    assert time.process_time() - start < 20  # A wide margin: it takes 1 s, and 12 s when all are compared.
