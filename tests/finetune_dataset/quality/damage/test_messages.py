"""Damaged text is named with its line, its message and a sample."""

import json

import pytest

from finetune_dataset.quality.check import check_quality


def chat(answer: str, question: str = "What is it?", system: str = "Be short.") -> dict:
    return {
        "messages": [
            {"role": "system", "content": system},
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
    }


def found(report) -> list[tuple[int, str, str, str]]:
    codes = ("text", "character", "mark", "space", "code", "quotes", "forms")
    return [
        (each.line, each.path, each.code, each.found)
        for each in report.problems
        if each.code.endswith(codes) or each.code == "html_markup"
    ]


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        ("A caf\ufffd.", "replacement_character", 'U+FFFD (replacement character), as in "A caf\ufffd."'),
        ("The\x00 answer.", "control_character", 'U+0000 (a control character), as in "The\\u0000 answer."'),
        ("A\u200b.\u200b", "invisible_character", '2 × U+200B (zero width space), as in "A<U+200B>.<U+200B>"'),  # noqa: E501
        ("The \u202eend.", "bidi_mark", 'U+202E (right-to-left override), as in "The <U+202E>end."'),
        ("One\u2028two.", "unusual_space", 'U+2028 (line separator), as in "One<U+2028>two."'),
        ("A cafÃ©.", "garbled_text", 'UTF-8 that was read in another encoding, as in "A cafÃ©."'),
        ("Fish &amp; chips.", "html_markup", 'an HTML entity or tag, as in "Fish &amp; chips."'),
        ("One.\\nTwo.", "escaped_text", 'an escape, as in "One.\\\\nTwo."'),
        ("{“a”: 1}", "quotes_in_code", '2 × a typographic quote, as in "{“a”: 1}"'),
    ],
)  # fmt: skip
def test_each_kind_of_damage_is_a_warning_with_line_place_and_sample(check, text, code, shown):
    report = check([chat("It is a cat."), chat(text, "And this?")])

    assert [each for each in found(report) if each[2] != "typographic_quotes"] == [
        (2, "messages[2].content", code, shown)
    ]
    assert report.ok


def test_the_question_is_looked_at_too_and_a_shared_system_prompt_once(check):
    rows = [chat(f"Number {number}.", f"Is{chr(0xA0)}it {number}?", "Be\u200b short.") for number in range(3)]

    assert [each[:3] for each in found(check(rows))] == [
        (1, "messages[0].content", "invisible_character")
    ]  # "Is it" is a short word before a space that is not broken.


def test_a_sample_shows_no_private_data(check):
    (issue,) = found(check([chat("Ask ann@corp.org\u200b now.")]))

    assert "ann@corp.org" not in issue[3]


def test_word_processor_quotes_are_told_once_for_the_file(check):
    rows = [chat("He said “yes”.", f"Question {number}?") for number in range(3)] + [chat("No.", "And that?")]

    assert found(check(rows)) == [
        (
            0,
            "",
            "typographic_quotes",
            'typographic quotes in 3 of 4 answers, first on line 1: "He said “yes”."',
        )
    ]


def test_quotes_of_another_language_are_no_news(check):
    assert found(check([chat("Er sagte: „Schön.“")])) == []


def test_two_forms_of_a_letter_are_told_once_for_the_file(check):
    rows = [chat("A caf\u00e9."), chat("A cafe\u0301.", "And this?"), chat("A na\u00efve one.", "And that?")]

    assert found(check(rows)) == [
        (
            0,
            "",
            "mixed_unicode_forms",
            "letters with accents in two forms: as one character first on line 1, "
            "as a letter and a mark first on line 2",
        )
    ]


def test_one_form_of_a_letter_is_no_news(check):
    assert found(check([chat("A cafe\u0301."), chat("A nai\u0308ve one.", "And that?")])) == []


def test_preferences_and_parts_are_looked_at(tmp_path):
    path = tmp_path / "train.jsonl"
    row = {
        "input": {"messages": [{"role": "user", "content": [{"type": "text", "text": "What\u200b is it?"}]}]},
        "preferred_output": [{"role": "assistant", "content": "A cat."}],
        "non_preferred_output": [{"role": "assistant", "content": "A dog &amp; a cat."}],
    }
    path.write_text(json.dumps(row) + "\n")

    assert [each[:3] for each in found(check_quality(path))] == [
        (1, "input.messages[0].content", "invisible_character"),
        (1, "non_preferred_output[0].content", "html_markup"),
    ]
