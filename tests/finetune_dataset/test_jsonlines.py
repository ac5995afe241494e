"""The shapes of a file, right and wrong."""

import json

import pytest
from samples import LINE, ROWS, example, found_in_rows

from finetune_dataset.errors import DatasetError
from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.validate import validate_dataset


@pytest.mark.parametrize(
    ("content", "issues"),
    [
        ("5\n", [(1, "", "not_an_object")]),
        (
            '"text"\n[1]\nnull\n',
            [(1, "", "not_an_object"), (2, "", "not_an_object"), (3, "", "not_an_object")],
        ),
        ('{"prompt": "Hi", "completion": "Yo"}', [(1, "", "legacy_prompt_completion")]),
        (LINE.replace('"role": "user"', '"role": "user", "role": "user"'), [(1, "", "duplicate_key")]),
        (LINE.replace("Yes.", "1e999").replace('"1e999"', "1e999"), [(1, "", "invalid_json")]),
        (f"\n{LINE}\n\n", [(1, "", "blank_line"), (3, "", "blank_line")]),
        (f"\ufeff{LINE}\n", [(1, "", "byte_order_mark")]),
        (f"{LINE},\n", [(1, "", "trailing_comma")]),
        (LINE.replace("]", ",]"), [(1, "", "trailing_comma")]),
        (LINE + LINE, [(1, "", "several_values")]),
        (str(example()), [(1, "", "invalid_json")]),
        (LINE.replace('"Yes."', "NaN"), [(1, "", "invalid_json")]),
        (LINE.replace("Yes.", "\\ud83d"), [(1, "", "invalid_json")]),
        (LINE.replace("Yes.", "Y\nes"), [(1, "", "invalid_json")]),
        (f"{LINE[:40]}\n{LINE}\n", [(1, "", "invalid_json")]),
        ("[" * 100_000, [(1, "", "invalid_json")]),
        ("9" * 5_000, [(1, "", "invalid_json")]),
        ("a" * 5_000_000, [(1, "", "invalid_json")]),
        ('{"a": "' + '\\"' * 100_000, [(1, "", "invalid_json")]),
        ('{"messages": "é"}'.encode("latin-1"), [(1, "", "not_utf8")]),
        ((LINE + "\n").encode("utf-16") * 3, [(1, "", "not_utf8")]),
        (LINE.encode("utf-16-le"), [(1, "", "not_utf8")]),
        (LINE.encode("utf-32-be"), [(1, "", "not_utf8")]),
        (bytes(range(1, 256)), [(1, "", "invalid_json"), (2, "", "not_utf8")]),
        (f"[{LINE},\n{LINE},\n]", [(1, "", "json_array")]),
        (f"{LINE}\r\n", [(0, "", "windows_line_ends")]),
    ],
)
def test_every_shape_of_a_bad_file_becomes_an_issue(save, content, issues):
    assert found_in_rows(validate_dataset(save(content))) == issues


def test_pretty_printed_json_is_one_issue_with_its_size(save):
    report = validate_dataset(save("\n".join(json.dumps(row, indent=2) for row in ROWS)))

    (issue,) = report.problems
    assert (report.n_rows, issue.line, issue.code) == (12, 1, "pretty_printed_json")
    assert issue.found == "pretty-printed JSON (12 examples on lines 1 to 192)"


def test_problems_inside_pretty_printed_json_are_found_too(save):
    path = save(f"{LINE}\n{json.dumps(example(2, role='assistent'), indent=2)}\n")

    assert found_in_rows(validate_dataset(path)) == [
        (2, "", "pretty_printed_json"),
        (2, "messages[2].role", "unrecognized_role"),
    ]


def test_a_cut_off_line_does_not_hide_the_rows_after_it(save):
    report = validate_dataset(save("\n".join([LINE[:50], *map(json.dumps, ROWS)])))

    assert (report.n_rows, found_in_rows(report)) == (12, [(1, "", "invalid_json")])


@pytest.mark.parametrize(
    "cut", ['{"m{"messages": [', "{'messages': [{'role': ", '{"item": 5, "messages": [', '{"m\0']
)
def test_cut_off_lines_after_one_another_are_all_named(save, cut):
    report = validate_dataset(save("\n".join([LINE[:50], cut, LINE[:9], *map(json.dumps, ROWS)])))

    assert report.n_rows == 12
    assert found_in_rows(report) == [(line, "", "invalid_json") for line in (1, 2, 3)]


def test_lines_that_are_taken_for_one_example_are_named_together(save):
    report = validate_dataset(save(f"{LINE[:50]}\n  and so on\n{LINE}\n"))

    assert report.errors[1].found == "an object that is not closed (lines 1 to 2, read as one example)"


@pytest.mark.parametrize("bad", ["[" * 50 + LINE, "[", "{\0"])
def test_a_line_that_looks_like_another_kind_of_file_does_not_hide_the_rows_after_it(save, bad):
    report = validate_dataset(save("\n".join([LINE, bad, *map(json.dumps, ROWS), LINE[:50]])))

    assert [line for line, _, code in found_in_rows(report) if code == "invalid_json"] == [2, 15]


def test_messages_on_lines_of_their_own_belong_to_one_example(save):
    lines = [json.dumps(message) for message in example()["messages"]]
    report = validate_dataset(save('{"messages": [\n' + ",\n".join(lines) + "\n]}\n"))

    assert (report.n_rows, found_in_rows(report)) == (1, [(1, "", "pretty_printed_json")])


def test_the_rows_of_an_array_are_checked_with_their_place(save):
    path = save(json.dumps([example(1), example(2, weight=7)]))

    assert found_in_rows(validate_dataset(path)) == [
        (1, "", "json_array"),
        (1, "[1].messages[2].weight", "invalid_weight"),
    ]


def test_a_row_with_a_key_twice_is_found_beside_other_mistakes(save):
    line = LINE.replace('"role": "user"', '"role": "user", "role": "usr"')

    assert found_in_rows(validate_dataset(save(f"{line}\n"))) == [
        (1, "", "duplicate_key"),
        (1, "messages[1].role", "unrecognized_role"),
    ]


@pytest.mark.parametrize("space", ["", " "])
def test_a_key_twice_does_not_hide_behind_a_key_that_ends_in_a_backslash(save, space):
    parameters = {"type": "object", "properties": {"a\\": {"type": "string"}}}
    row = {**example(), "tools": [{"type": "function", "function": {"name": "f", "parameters": parameters}}]}
    line = json.dumps(row).replace('"role": "user"', f'"role"{space}: "user", "role": "user"')

    assert found_in_rows(validate_dataset(save(f"{line}\n"))) == [(1, "", "duplicate_key")]


def test_reading_a_bad_line_names_the_line(save):
    with pytest.raises(DatasetError, match=r"line 2: invalid_json: found an object that is not closed"):
        read_jsonl(save(f"{LINE}\n{LINE[:20]}\n"))


def test_reading_a_line_that_is_no_object_names_the_line(save):
    with pytest.raises(DatasetError, match="line 2: not_an_object: found 5"):
        read_jsonl(save(f"{LINE}\n5\n"))
