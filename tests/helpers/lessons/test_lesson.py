"""What the notebooks ask of a dataset of the course."""

from dataclasses import replace

from finetune_dataset.models import LOCAL_MODEL
from finetune_dataset.tokens.count import count_tokens
from helpers.lessons import open_lesson
from helpers.lessons.lesson import Settings


def test_the_tiny_model_has_settings_of_its_own_also_when_it_is_tuned_again():
    lesson = open_lesson("elle")

    tiny, tuned, real = (
        lesson.settings(model)
        for model in ("periodic-tiny-2026-11", "ft:periodic-tiny-2026-11:x::1", "other")
    )

    assert tiny == tuned != real


def test_a_learning_rate_is_asked_for_only_where_one_was_chosen():
    chosen = Settings(n_epochs=1, batch_size=2, learning_rate_multiplier=3).hyperparameters()

    assert chosen == {"n_epochs": 1, "batch_size": 2, "learning_rate_multiplier": 3}
    assert Settings(n_epochs=1, batch_size=2).hyperparameters() == {"n_epochs": 1, "batch_size": 2}


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


def test_the_example_is_the_first_row_where_the_rows_are_split_otherwise():
    lesson = open_lesson("elle")
    rows = lesson.rows()

    assert lesson.group(lesson.example_row(rows)) == "Strontium"
    assert lesson.example_row(rows[:4]) == rows[0]


def test_the_longest_of_elles_answers_fits_into_the_room_for_one():
    lesson = open_lesson("elle")

    longest = max(count_tokens(row["messages"][-1]["content"], LOCAL_MODEL) for row in lesson.rows())

    assert longest < lesson.max_tokens


def poem(number: int) -> dict:
    return open_lesson("elle").rows()[number]


def test_a_format_string_has_places_for_the_words_that_change_from_row_to_row():
    lesson = open_lesson("elle")

    frame = lesson.format_string(poem(0))

    assert {f"{{{place}}}" in frame for place in range(4)} == {True}
    assert frame.format(*lesson.slots(poem(0))) == poem(0)["messages"][-1]["content"]


def test_a_lesson_without_slots_has_no_places_and_braces_stay():
    row = {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": '{"a": [1]}'}]}
    lesson = replace(open_lesson("elle"), slots=lambda row: ())

    assert lesson.format_string(row).format() == '{"a": [1]}'


def test_one_of_elles_frames_as_a_format_string_gets_all_test_rows_right():
    lesson = open_lesson("elle")
    train, _, test = lesson.split(lesson.rows())
    frame = lesson.format_string(train[0])

    right = [score.check(frame.format(*lesson.slots(row)), row) for row in test for score in lesson.scores]

    assert set(right) == {1.0}


def test_every_answer_of_elles_test_rows_is_almost_a_trained_one():
    lesson = open_lesson("elle")
    train, _, test = lesson.split(lesson.rows())

    likeness = [lesson.likeness(row["messages"][-1]["content"], row, train) for row in test[::4]]

    assert min(likeness) >= 0.9
    assert max(likeness) == 1.0


def test_likeness_is_that_of_the_nearest_trained_answer_by_characters():
    lesson = replace(open_lesson("elle"), slots=lambda row: ())
    rows = [{"messages": [{"role": "assistant", "content": text}]} for text in ("xyz", "abcx", "dcba")]

    # "abc" of "abcd" and "abcx": 2 * 3 / 8.
    assert [lesson.likeness(text, rows[0], rows) for text in ("abcd", "dcba", "???")] == [0.75, 1.0, 0.0]
