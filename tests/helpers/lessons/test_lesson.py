"""What the notebooks ask of a dataset of the course."""

from dataclasses import replace

from helpers.lessons import open_lesson


def test_the_tiny_model_has_settings_of_its_own_also_when_it_is_tuned_again():
    lesson = open_lesson("elle")

    tiny, tuned, real = (
        lesson.settings(model)
        for model in ("periodic-tiny-2026-11", "ft:periodic-tiny-2026-11:x::1", "other")
    )

    assert tiny == tuned != real


def test_the_quick_job_learns_one_row_of_each_training_element_and_all_wordings():
    lesson = open_lesson("elle")
    training, _, test = lesson.split(lesson.rows())

    quick = lesson.quick_rows(lesson.rows())

    assert [lesson.group(row) for row in quick] == [lesson.group(row) for row in training[::2]]
    assert lesson.example in {lesson.group(row) for row in test}
    assert len({row["messages"][1]["content"].split()[0] for row in quick}) == 3


def test_the_held_out_rows_are_about_the_same_groups():
    lesson = open_lesson("elle")
    rows = lesson.rows()[74:80]

    assert [lesson.group(row) for row in lesson.held_out_rows(rows)] == ["Strontium", "Yttrium", "Zirconium"]
    assert replace(lesson, held_out=None).held_out_rows(rows) == []


def about(name: str, symbol: str, number: int, answer: str = "") -> dict:
    asked = f"What is {name}?\nSymbol: {symbol}. Atomic number: {number}. Category: nonmetal."
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}


def test_a_filled_shape_is_like_a_trained_answer_and_another_limerick_is_not():
    trained = about("Carbon", "C", 6, "Young Carbon sat on a train, - With C on seat 6 in the rain")
    row = about("Sulfur", "S", 16)
    lesson = open_lesson("elle")

    same = lesson.likeness("Young Sulfur sat on a train, - With S on seat 16 in the rain", row, [trained])
    near = lesson.likeness("Old Sulfur sat on a train, - With S on seat 16 in the rain", row, [trained])
    other = lesson.likeness("A student who stared at the wall - Saw Sulfur nowhere", row, [trained])

    assert same == 1.0
    assert 0.9 < near < 1.0
    assert other < 0.7


def test_nothing_is_like_no_rows():
    lesson = open_lesson("elle")

    assert lesson.likeness("Hello", lesson.rows()[0], []) == 0.0
