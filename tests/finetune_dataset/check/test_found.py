"""What was found in parts of a file can be added up."""

from samples import LINE

from finetune_dataset.check.found import Found
from finetune_dataset.check.scan import scan


def test_lines_of_a_later_part_are_counted_from_the_start_of_the_file(save):
    first, later = scan(save(f"{LINE}\n\n")), scan(save("5\n{\n}\n", "later.jsonl"))

    first.extend(later)

    assert (first.lines, first.rows, first.spread) == (5, 3, (1, 4, 5))
    assert [(issue.line, issue.code) for issue in first.log.kept] == [
        (2, "blank_line"),
        (3, "not_an_object"),
        (4, "missing_messages_list"),
    ]
    assert len(first.digests) == 5


def test_examples_that_are_spread_over_lines_are_counted_from_the_first_to_the_last():
    found = Found()

    found.add_spread(1, 4, 9)
    found.add_spread(2, 10, 20)

    assert found.spread == (3, 4, 20)
