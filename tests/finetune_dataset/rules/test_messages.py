"""Messages: words that name what is there, and what to write instead."""

import json

import pytest
from samples import ANSWER, USER, with_last

from finetune_dataset.rules.rows import check_row


def test_a_misspelled_role_gets_a_suggestion():
    (issue,) = check_row({"messages": [USER, {**ANSWER, "role": "assistent"}]}, line=7)

    assert str(issue) == (
        'line 7, messages[1].role: unrecognized_role: found "assistent"; expected one of system, developer, '
        "user, assistant, tool, function. Did you mean 'assistant'?"
    )


def test_what_other_programs_write_gets_the_word_of_the_chat_api(check):
    row = {"system": "Be kind.", "messages": [{**USER, "role": "human"}, {**ANSWER, "role": "gpt"}]}

    fixes = {each.path: each.fix for each in check(json.dumps(row)).problems if each.line}

    assert fixes == {
        "system": 'Make it the first of the messages, with the role "system": here it is not read.',
        "messages[0].role": "Did you mean 'user'?",
        "messages[1].role": "Did you mean 'assistant'?",
    }


@pytest.mark.parametrize(
    ("method", "row", "place", "words"),
    [
        (
            "supervised",
            {"messages": [USER, {"role": "function", "content": "7"}, ANSWER]},
            ("messages[1].name", "message_missing_key"),
            "Repeat the name of the function",
        ),
        (
            "supervised",
            {"messages": [USER, {"role": "function", "name": "f"}, ANSWER]},
            ("messages[1].content", "message_missing_key"),
            "no content",
        ),
        (
            "supervised",
            with_last(content=[{"type": "text", "text": " "}]),
            ("messages[1].content", "missing_content"),
            "empty text",
        ),
    ],
)
def test_words_for_a_mistake_in_a_message_name_what_is_there_and_what_to_do(check, method, row, place, words):
    report = check(json.dumps(row), method=method)

    said = [str(each) for each in report.problems if (each.path, each.code) == place]
    assert len(said) == 1
    assert words in said[0]
    assert not {"other_format", "row_unrecognized_key", "legacy_prompt_completion"} & set(report.counts)
