"""Quality: what is found in a valid file that would train a bad model, and what is left alone."""

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from finetune_dataset.files import write_jsonl
from finetune_dataset.quality import near_duplicates as similarity
from finetune_dataset.quality.check import check_quality
from finetune_dataset.rules.issues.quality_kinds import QUALITY_KINDS
from finetune_dataset.rules.issues.table import as_markdown
from helpers.conversations import show_conversations
from helpers.paths import ROOT, data_path

LONG = (
    "The old lighthouse keeper counted every ship that passed the rocks at night, wrote its name in a thick "
    "green book, and told the children of the village in the morning which flags it had shown before dawn."
)


def row(question, answer, system="Answer in one word.", **message):
    first = [{"role": "system", "content": system}] if system else []
    return {
        "messages": [
            *first,
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer, **message},
        ]
    }


def numbered(count=12):
    return [row(f"What is {number} times {number}?", f"It is {number * number}.") for number in range(count)]


@pytest.fixture
def check(tmp_path):
    def run(rows, **held_out):
        paths = {}
        for name, part in {"train": rows, **held_out}.items():
            paths[name] = tmp_path / f"{name}.jsonl"
            write_jsonl(paths[name], part)
        report = check_quality(paths.pop("train"), **paths)
        assert report.n_rows == len(rows)
        return report

    return run


def found(report):
    return [(issue.line, issue.path, issue.code, issue.severity) for issue in report.problems]


def test_the_limericks_of_the_course_have_no_fault_and_their_parts_share_nothing():
    parts = data_path("sample_run")

    assert check_quality(data_path("limericks.jsonl")).problems == []
    assert (
        check_quality(
            parts / "train.jsonl", validation=parts / "validation.jsonl", test=parts / "test.jsonl"
        ).problems
        == []
    )


def test_good_rows_of_every_kind_give_no_alarm(check):
    tools = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"city": "Iași"}'}}
    kinds = [
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}]}]},
        {"messages": row("a", None, tool_calls=[tools])["messages"]},
        {"messages": row("b", None, refusal="No.")["messages"]},
        {
            "input": {"messages": [{"role": "user", "content": "c"}]},
            "preferred_output": [{"role": "assistant", "content": "Yes."}],
            "non_preferred_output": [{"role": "assistant", "content": "No."}],
        },
        {"messages": [*row("d", "Wrong ", weight=0)["messages"], *row("e", "Right.")["messages"][1:]]},
    ]

    assert found(check(numbered(20) + kinds)) == [
        (21, "messages", "missing_system_prompt", "warning"),
        (24, "messages", "missing_system_prompt", "warning"),
    ]


@pytest.mark.parametrize(
    "line", ["5", '"text"', "{}", '{"messages": [5, {"content": [1]}, {"role": []}]}', "{"]
)
def test_rows_that_are_no_chat_are_left_to_the_validation(tmp_path, line):
    path = tmp_path / "train.jsonl"
    path.write_text(f"{line}\n{json.dumps(numbered(1)[0])}\n")

    assert check_quality(path).problems == []


def test_a_copy_is_found_behind_capitals_spacing_and_unicode_forms(check):
    rows = [*numbered(), row("Un café?", "Oui."), row("UN  cafe\u0301? ", "Oui.")]

    (issue,) = check(rows).problems

    assert (issue.line, issue.code) == (14, "repeated_row")
    assert issue.found == "the same example as on line 13, capitals and spacing ignored"


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
    monkeypatch.setattr(similarity, "TEXTS_KEPT", 1)
    other = LONG[::-1]
    rows = [row("1", LONG), row("2", other), row("3", other + "!!!"), row("4", LONG + "!!!")]

    assert found(check(rows)) == [(4, "", "near_duplicate_row", "warning")]


def test_near_copies_are_found_in_a_script_without_spaces(check):
    text = "春天来了，山上的花都开了，孩子们在河边唱歌，老人坐在树下喝茶，讲从前的故事，"
    text += "大家都很高兴，一直到太阳下山才回家去吃饭。夜里下了一场小雨，路上没有人，只有风的声音。"

    rows = [row("一", text), row("二", text.replace("喝茶", "喝酒")), row("三", text[::-1])]

    assert found(check(rows)) == [(2, "", "near_duplicate_row", "warning")]


def test_two_answers_to_one_prompt_are_a_conflict_but_not_after_another_system_prompt(check):
    rows = [row("Is it?", "Yes."), row("is it? ", "No."), row("Is it?", "Maybe.", system="Be vague.")]

    (issue,) = check(rows).problems

    assert (issue.line, issue.code, issue.found) == (
        2,
        "conflicting_answers",
        "another answer to the prompt of line 1",
    )


def seen(url, answer, question="What does this chart show? Answer in one word, please."):
    parts = [{"type": "text", "text": question}, {"type": "image_url", "image_url": {"url": url}}]
    return {
        "messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": answer}],
    }


def test_one_question_about_many_images_is_no_copy_no_conflict_and_no_leak(check):
    def charts(start):
        return [
            seen(f"https://example.com/{start + number}.png", f"Bar {number % 3}.") for number in range(12)
        ]

    assert found(check(charts(0), test=charts(100))) == []

    same = charts(0)
    same += [same[3], seen("https://example.com/4.png", "Pie.")]
    assert found(check(same, test=charts(0)[5:6])) == [
        (6, "", "leaked_row", "error"),
        (13, "", "repeated_row", "warning"),
        (14, "", "conflicting_answers", "warning"),
    ]


def pair(question, good, bad):
    answers = [[{"role": "assistant", "content": text}] for text in (good, bad)]
    prompt = {"messages": [{"role": "user", "content": question}]}
    return {"input": prompt, "preferred_output": answers[0], "non_preferred_output": answers[1]}


def test_several_preferences_of_one_prompt_are_fine_and_a_reversed_one_is_a_conflict(check):
    ranked = [
        pair("How does the story go?", LONG, "I do not know."),
        pair("How does the story go?", LONG, "There is no story."),
        pair("How does the story go?", "There is no story.", "I do not know."),
    ]
    reversed_one = pair("How does the story go?", "I do not know.", LONG)

    report = check([*ranked, reversed_one, ranked[0]])

    assert found(report) == [
        (4, "", "conflicting_answers", "warning"),
        (5, "", "repeated_row", "warning"),
    ]
    assert report.problems[0].found == "the other choice between the two answers of line 1"


def test_one_preferred_answer_for_all_questions_still_teaches_what_not_to_say(check):
    pairs = [pair(f"Is {number} odd?", "Please ask a teacher.", f"It is {number}.") for number in range(12)]

    assert found(check(pairs)) == []


def test_private_data_in_the_answer_that_is_not_preferred_is_named(check):
    report = check([pair("Who is it?", "I cannot say.", "It is ana@brasov.ro.")])

    assert found(report) == [(1, "non_preferred_output[0]", "email_address", "warning")]


def test_one_prompt_with_other_fields_for_the_grader_is_a_conflict(check):
    prompt = {"messages": [{"role": "user", "content": "Solve the puzzle of line 7."}]}

    report = check([{**prompt, "solution": 1}, {**prompt, "solution": 2}, {**prompt, "solution": 1}])

    assert found(report) == [
        (2, "", "conflicting_answers", "warning"),
        (3, "", "repeated_row", "warning"),
    ]


def test_a_field_for_the_grader_with_the_name_of_a_preference_key_hides_no_row(check):
    prompt = {"messages": [{"role": "user", "content": "Ask ana@brasov.ro."}], "input": {"city": "Cluj"}}

    assert found(check([prompt])) == [(1, "messages[0]", "email_address", "warning")]


def test_calls_of_one_prompt_are_compared_without_their_ids(check):
    def calling(call_id, city):
        function = {"name": "weather", "arguments": json.dumps({"city": city})}
        call = {"id": call_id, "type": "function", "function": function}
        question = {"role": "user", "content": "Will it rain?"}
        return {"messages": [question, {"role": "assistant", "content": None, "tool_calls": [call]}]}

    report = check([calling("call_1", "Iași"), calling("call_2", "Iași"), calling("call_3", "Cluj")])

    assert found(report) == [
        (2, "", "repeated_row", "warning"),
        (3, "", "conflicting_answers", "warning"),
    ]


def test_each_leak_is_named_with_its_line_on_both_sides(check):
    story = row("Please tell me this: " + LONG, "Done.")
    rows = [*numbered(6), story, row("What is it?", "A cat.", system="Look.")]
    held = [
        row("what is 2 times 2?", "It is 4."),
        row("What is 3 times 3?", "Nine."),
        row("Please tell me this: " + LONG.replace("thick", "thin"), "All right, then."),
        row("What is it?", "A dog.", system="Listen."),
        row("What is 100 times 100?", "It is 10000."),
    ]

    report = check(rows, test=held)

    assert found(report) == [
        (3, "", "leaked_row", "error"),
        (4, "", "leaked_prompt", "error"),
        (7, "", "near_leak", "warning"),
        (8, "", "leaked_question", "warning"),
    ]
    assert not report.ok
    assert report.problems[0].found == "an example that repeats the whole example of line 1 of test.jsonl"


def test_a_row_of_both_held_out_files_is_named_too(check):
    shared = row("What is 50 times 50?", "It is 2500.")

    (issue,) = check(numbered(), validation=[row("Other?", "Yes."), shared], test=[shared]).problems

    assert (issue.line, issue.code, issue.severity) == (0, "held_out_twice", "warning")
    assert issue.found == "line 1 of test.jsonl repeats the whole example of line 2 of validation.jsonl"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("", "empty_answer"),
        (" \n", "empty_answer"),
        ("\u200b\ufeff", "empty_answer"),
        (" Yes.", "outer_whitespace"),
        ("Yes.\n", "outer_whitespace"),
    ],
)
def test_an_empty_answer_and_spaces_around_one_are_named(check, answer, code):
    assert found(check([*numbered(), row("Is it?", answer)])) == [
        (13, "messages[2].content", code, "warning")
    ]


def test_a_refusal_is_no_empty_answer(check):
    refusals = (
        {"content": None, "refusal": "I cannot."},
        {"content": [{"type": "refusal", "refusal": "No."}]},
    )

    assert found(check([row(f"Is {number} odd?", "", **said) for number, said in enumerate(refusals)])) == []


def test_an_answer_without_an_end_is_named_where_the_others_have_one(check):
    rows = [*numbered(20), row("Why?", "Because the -"), row("Good?", "Yes 😊"), row("Code?", "`f(x)`")]

    assert found(check(rows)) == [(21, "messages[2].content", "unfinished_answer", "warning")]


def test_where_answers_have_no_closing_signs_none_is_called_unfinished(check):
    rows = [row(f"Name number {number}", f"The name {'x' * number} of it") for number in range(12)]

    assert check(rows).problems == []


def test_answers_that_stop_at_one_length_are_called_cut_off(check):
    words = ["ship", "book", "night", "rock", "flag", "door", "tree", "road", "hand", "moon"]
    rows = numbered(20) + [
        row(f"Story {number}?", " ".join(words[number:] + words[:number]) + " and the" * 60)
        for number in range(4)
    ]

    (issue,) = [issue for issue in check(rows).problems if issue.code == "answers_cut_off"]

    assert (issue.line, issue.found) == (0, "4 unfinished answers of exactly 130 tokens, none longer")


def test_classes_that_are_unbalanced_or_spelled_in_two_ways_are_counted(check):
    labels = ["positive"] * 40 + ["Positive"] * 2 + ["negative"] * 3

    report = check([row(f"Review number {number}", label) for number, label in enumerate(labels)])

    assert [(issue.code, issue.found) for issue in report.problems] == [
        ("label_variants", 'one class as "positive" (40), "Positive" (2)'),
        ("unbalanced_labels", '2 classes: "positive" 42, "negative" 3'),
    ]


def test_balanced_classes_are_fine(check):
    labels = ["yes", "no", "unknown"] * 10

    assert check([row(f"Claim {number}", label) for number, label in enumerate(labels)]).problems == []


def test_one_answer_for_all_questions_is_an_error(check):
    report = check([row(f"Question {number}?", "I do not know.") for number in range(12)])

    assert found(report) == [(0, "", "identical_answers", "error")]


def test_rows_without_the_system_prompt_of_the_others_are_named(check):
    assert found(check([*numbered(), row("Why?", "Because.", system="")])) == [
        (13, "messages", "missing_system_prompt", "warning")
    ]


def test_a_system_prompt_that_few_rows_have_is_one_issue(check):
    rows = [row(f"Question {number}?", f"Answer {number}.", system="") for number in range(12)]

    (issue,) = check([row("Why?", "Because."), *rows]).problems

    assert (issue.line, issue.code) == (0, "missing_system_prompt")
    assert issue.found == "a system prompt in only 1 of 13 rows, first on line 1"


def test_a_slip_in_the_system_prompt_is_shown_and_another_prompt_is_not(check):
    rows = [
        *numbered(),
        row("Who?", "Elle.", system="Answer in one wrod."),
        row("Where?", "Here.", system="You are a guide for mountain walks in the Alps."),
    ]

    (issue,) = check(rows).problems

    assert (issue.line, issue.code) == (13, "system_prompt_variants")
    assert issue.found == (
        '"Answer in one wrod." instead of "Answer in one word." in 1 row; the prompt of line 1 is in 12 rows'
    )


def test_system_prompts_that_carry_a_date_are_no_slips(check):
    rows = [
        row(f"Question {number}?", f"Answer {number}.", system=f"Today is day {number} of the year.")
        for number in range(30)
    ]

    assert check(rows).problems == []


def test_private_data_is_named_by_kind_and_path_and_never_shown(check):
    secret = "AKIA" + "QWERTYUIOPASDFGH"
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "mail", "arguments": '{"to": "ana.pop@posta-mea.ro"}'},
    }
    rows = [
        *numbered(),
        row(f"Use {secret}, please.", "Done."),
        row("Write to Ana.", None, tool_calls=[call]),
    ]

    report = check(rows)

    assert found(report) == [
        (13, "messages[1]", "api_key", "warning"),
        (14, "messages[2]", "email_address", "warning"),
    ]
    assert [issue.found for issue in report.problems] == [
        "AWS access key AKIA••• (20 characters)",
        "an e-mail address a•••@•••.ro",
    ]
    assert not any(part in repr(report) for part in ("QWERTY", "ana.pop", "posta-mea"))


def test_private_data_in_the_system_prompt_of_all_rows_is_named_once_and_masked_in_its_variants(check):
    system = "You write for ana.pop@posta-mea.ro. Be short and kind."
    rows = [row(f"Question {number}?", f"Answer {number}.", system=system) for number in range(12)]

    report = check([*rows, row("Why?", "Because.", system=system.replace("kind", "kidn"))])

    assert [(issue.line, issue.code) for issue in report.problems] == [
        (1, "email_address"),
        (13, "email_address"),
        (13, "system_prompt_variants"),
    ]
    assert "posta-mea" not in repr(report)


def test_every_problem_is_counted_and_the_report_stays_small(check):
    rows = [row(f"Question {number}?", "") for number in range(200)]

    report = check(rows)

    assert report.counts["empty_answer"] == 200
    assert len(repr(report)) < 5_000


def test_examples_of_an_array_are_checked_too(tmp_path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps([*numbered(3), numbered(1)[0]]))

    assert [issue.code for issue in check_quality(path).problems] == ["repeated_row"]


KEYS = ["messages", "role", "content", "type", "text", "input", "preferred_output", "tool_calls", "weight"]
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
ROLES = st.sampled_from(["assistant", "user", "system"])
JSON = st.recursive(
    LEAVES | ROLES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
MESSAGES = st.lists(st.dictionaries(st.sampled_from(KEYS[1:]), JSON, max_size=4), max_size=3)


@given(st.lists(JSON | st.builds(lambda messages: {"messages": messages}, MESSAGES), max_size=6))
def test_whatever_json_a_file_holds_there_is_a_report(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("json") / "train.jsonl"
    path.write_text("".join(json.dumps(value) + "\n" for value in values))

    report = check_quality(path, test=path)

    assert report.n_rows <= len(values)
    assert all(0 <= problem.line <= len(values) for problem in report.problems)
    repr(show_conversations(values))


def test_every_quality_code_of_the_table_is_tested_here_or_with_private_data():
    tests = Path(__file__).read_text() + Path(__file__).with_name("test_private_data.py").read_text()

    assert [code for code in QUALITY_KINDS if f'"{code}"' not in tests] == []


def test_the_reference_table_is_the_table_of_the_program():
    assert as_markdown(QUALITY_KINDS) in (ROOT / "finetune_dataset" / "DATASET_CODES.md").read_text(
        encoding="utf-8"
    )
