"""What the notebooks ask of a dataset of the course."""

from helpers.lessons import open_lesson


def test_the_tiny_model_has_settings_of_its_own_also_when_it_is_tuned_again():
    lesson = open_lesson("elle")

    tiny, tuned, real = (
        lesson.settings(model)
        for model in ("periodic-tiny-2026-11", "ft:periodic-tiny-2026-11:x::1", "other")
    )

    assert tiny == tuned != real
