"""Settings follow from the rows, and what they leave out is said."""

import pytest
from own_rows import chat, label_rows, notice_rows, shop_rows

from helpers.errors import BackendUnavailable
from helpers.own_data.plan import LONGEST_ROW, plan_job, require_live
from helpers.own_data.split import Parts, split_rows
from helpers.own_data.table.columns import choose_columns
from helpers.own_data.table.examples import make_examples
from helpers.own_data.table.reading import read_table
from helpers.paths import data_path

REAL, TINY, SERVICE = "smollm2-135m-instruct", "periodic-tiny-2026-11", "gpt-4.1-mini-2025-04-14"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (shop_rows(42), {"n_epochs": 3, "batch_size": 2}),
        (shop_rows(100), {"n_epochs": 1, "batch_size": 2}),
        (label_rows(), {"n_epochs": 3, "batch_size": 4}),
    ],
)
def test_fewer_rows_get_more_epochs_and_smaller_batches(rows, expected):
    plan = plan_job(split_rows(rows), REAL)

    assert plan.hyperparameters == expected
    assert repr(plan).startswith(f"{len(plan.training)} rows × {expected['n_epochs']} epoch")


def test_a_local_job_is_cut_to_its_minutes_and_a_service_gets_all():
    parts = split_rows(
        [chat(f"Say word{number} again and again", f"word{number} " * 40) for number in range(500)]
    )

    local, service = plan_job(parts, REAL), plan_job(parts, SERVICE)

    assert len(local.training) < len(parts.training) == len(service.training)
    assert f"of {len(parts.training)} training rows are left out" in repr(local)
    assert local.hyperparameters["n_epochs"] == 1


def test_rows_that_are_too_long_for_this_computer_are_left_out_and_counted():
    long = [chat(f"Tell me about thing{number}", f"word{number} " * LONGEST_ROW) for number in range(4)]

    plan = plan_job(split_rows([*notice_rows(), *long]), REAL)

    assert "Rows of more than 512 tokens are left out, because they are slow here: 4." in repr(plan)
    assert not [row for row in [*plan.training, *plan.validation, *plan.test] if row in long]


@pytest.mark.parametrize(
    ("n_long", "n_short", "said"),
    [(40, 0, "No job: 40 rows have more than 512 tokens"), (2, 19, "2 rows have more than 512 tokens")],
)
def test_without_enough_rows_that_are_short_enough_there_is_no_job(n_long, n_short, said):
    long = [chat(f"Tell me about thing{number}", f"word{number} " * LONGEST_ROW) for number in range(n_long)]

    plan = plan_job(split_rows([*long, *notice_rows()[:n_short]]), REAL)

    assert (plan.training, plan.test) == ([], [])
    assert said in repr(plan)
    assert "expected at least 10 and 8. Shorten questions and answers" in repr(plan)


def test_trained_questions_are_asked_too_and_the_answers_are_as_long_as_yours():
    plan = plan_job(split_rows(notice_rows()), REAL)

    assert (len(plan.test), len(plan.sample)) == (15, 17)
    assert all(row in plan.training for row in plan.sample)
    assert 30 < plan.max_tokens < 80
    assert "15 of 15 test questions and 17 trained ones" in repr(plan)


def test_the_tiny_model_is_said_to_know_elements_only():
    assert "knows chemical elements only" in repr(plan_job(split_rows(notice_rows()), TINY))


def test_without_a_test_part_there_is_no_job():
    plan = plan_job(Parts(training=shop_rows(8)), REAL)

    assert (plan.training, plan.test, plan.hyperparameters) == ([], [], {})
    assert "No job" in repr(plan)


def test_replay_answers_for_the_courses_own_rows_only():
    table = read_table(data_path("own_example.csv"))
    ours = make_examples(table, choose_columns(table)).rows
    plan = plan_job(split_rows(ours), REAL)

    require_live("replay", ours, plan)
    require_live("local", notice_rows(), plan)
    require_live("replay", shop_rows(8), plan_job(Parts(), REAL))
    with pytest.raises(BackendUnavailable, match=r"These rows are your own.*connect\('local'"):
        require_live("replay", notice_rows(), plan)
