"""Reports: printed, as a table, as HTML, and added up."""

import json
from collections import Counter

from samples import ROWS

from finetune_dataset.report import Statistics
from finetune_dataset.rules.issues.issue import KEPT_PER_CODE
from finetune_dataset.validate import validate_dataset


def test_many_problems_of_one_kind_are_counted_but_not_all_kept(save):
    bad = KEPT_PER_CODE + 5

    report = validate_dataset(save("{}\n" * bad))

    assert len(report.errors) == KEPT_PER_CODE
    assert report.counts["missing_messages_list"] == bad
    assert f"{bad} × missing_messages_list" in str(report)
    assert "missing_messages_list: 9,985 more" in str(report)


def test_a_report_becomes_a_table(save):
    table = validate_dataset(save("5\n")).issues

    assert list(table.columns) == ["line", "path", "code", "severity", "detail", "fix"]
    assert table.code.tolist() == ["too_few_examples", "not_an_object"]


def test_a_report_as_the_last_line_of_a_cell_shows_no_path_of_this_machine(save, tmp_path):
    report = validate_dataset(save("5\n"))

    assert str(tmp_path) not in repr(report)
    assert repr(report) == str(report)


def test_the_html_of_a_report_escapes_what_was_found(save):
    html = validate_dataset(save('"<script>"\n'))._repr_html_()

    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_statistics_of_parts_add_up():
    a = Statistics(Counter({9: 1}), Counter({2: 1}), Counter(user=1, assistant=1), Counter(user=4))
    b = Statistics(Counter({9: 2, 5: 1}), Counter({2: 3}), Counter(user=3, assistant=3), Counter(user=6))

    total = a + b

    assert total.tokens_per_row == {9: 3, 5: 1}
    assert (total.tokens, total.turns_per_row, total.tokens_by_role) == (32, {2: 4}, {"user": 10})


def test_a_model_that_is_not_in_the_table_is_said_to_be_a_guess(save):
    path = save("\n".join(map(json.dumps, ROWS)))

    assert "The tokens are a guess: gpt4o is not" in str(validate_dataset(path, model="gpt4o"))
    assert validate_dataset(path, model="gpt-4o").notes == []
