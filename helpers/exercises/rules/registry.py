"""Which rule belongs to which exercise. Exercises with a letter as the answer need none."""

from collections.abc import Callable, Mapping

from helpers.exercises.rules import calling, comparing, data, jobs, preferring, rewarding, scoring

Rule = Callable[..., str]
"""(answer, what the cell hands over) → the key of a mistake in the texts, or "" for a right answer."""

RULES: Mapping[str, Rule] = {
    "00.2": data.fair_row,
    "01.1": data.own_answer,
    "01b.1": data.triples_that_differ,
    "01b.2": data.leaks,
    "01c.1": data.training_usd,
    "01c.2": data.pays_after,
    "02.1": data.copies,
    "03.1": jobs.steps,
    "03.2": jobs.stands_for_new,
    "04.1": jobs.is_final,
    "04b.2": jobs.best_step,
    "05.2": comparing.only_tuned,
    "05b.1": comparing.usd_per_1000,
    "05c.2": scoring.loss,
    "05d.1": scoring.kappa,
    "06.1": preferring.margin,
    "06b.2": calling.answer_call,
    "07.2": rewarding.fair_grade,
    "08.2": jobs.adapter_numbers,
    "09.1": jobs.holds,
    "10.2": comparing.question_columns,
}
