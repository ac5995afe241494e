"""The settings of a job for a learner's rows, and how many answers the verdict asks for.

On this computer a verdict should come within five minutes. So a job on the real model trains a limited
number of tokens, and a limited number of answers is asked for. What that leaves out is said.
"""

from dataclasses import dataclass, field
from math import ceil
from random import Random

from finetune_dataset.chat import JsonObject, message_text
from finetune_dataset.models import LOCAL_MODEL, REAL_MODEL
from finetune_dataset.rules.limits import MIN_EXAMPLES
from finetune_dataset.tokens.count import count_tokens
from helpers.errors import BackendUnavailable
from helpers.own_data.split import MIN_TEST, Parts
from helpers.own_data.table.columns import choose_columns
from helpers.own_data.table.examples import answer_of, make_examples
from helpers.own_data.table.reading import read_table
from helpers.paths import data_path

TRAINED_TOKENS = {REAL_MODEL: 8_000, LOCAL_MODEL: 120_000}
"""Tokens that a local job trains, rows times epochs. For the real model about a minute on two cores of its
own (7 to 9 ms per token, 2026-11-28), and three minutes on two cores that others use, too (23 ms, a day
later)."""

ANSWER_TOKENS = 5_000
"""Tokens that all answers for a verdict may have, of both models; about a minute on two cores."""

LONGEST_ROW = 512
"""Tokens of the longest row that a local job here trains: memory and time grow faster than the length."""

STEPS = 30
"""Training steps that a small file should get; the form was learned after 10 to 36 (reference runs)."""

FEWEST_STEPS = 24
"""With fewer, a step takes two rows and not four."""

MAX_EPOCHS = 4
_PER_ROW = 30  # Tokens of the chat template.
_MORE = 1.15  # The real model's vocabulary needs more tokens than the one that is counted with.
_COUNTED_WITH = "gpt-4o"  # It is there without a model, and the same everywhere.


@dataclass
class Plan:
    """A job, and the answers after it.

    Attributes:
        hyperparameters: For `jobs.create`.
        training: Rows that are trained: all of the training part, or as many as the time allows.
        validation: Rows for the validation loss.
        test: Rows of the test part whose answers are asked for.
        sample: Rows of the training part whose answers are asked for, too: are they repeated word for word?
        max_tokens: Longest answer that is asked for.
        says: The choices and what they leave out, in sentences.
    """

    hyperparameters: dict[str, int]
    training: list[JsonObject]
    validation: list[JsonObject]
    test: list[JsonObject]
    sample: list[JsonObject]
    max_tokens: int
    says: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        """Return the sentences."""
        return "\n".join(self.says)


def plan_job(parts: Parts, model: str, seed: int = 1) -> Plan:
    """Choose the settings for some rows.

    Args:
        parts: What `split_rows` returned.
        model: The base model.
        seed: Which rows are asked about; the same seed gives the same rows.

    Returns:
        The plan. Without a test part, or where too many rows are too long for a job on this computer, nothing
        is trained, and a sentence says so.
    """
    if not parts.enough:
        return _no_job("No job: there are too few different questions for a test.")
    says: list[str] = []
    budget = next((limit for name, limit in TRAINED_TOKENS.items() if model.startswith(name)), None)
    training, validation, held_out = list(parts.training), list(parts.validation), list(parts.test)
    tokens = {id(row): _tokens(row) for row in [*training, *validation, *held_out]}
    if budget:
        training, validation, held_out = (
            [row for row in part if tokens[id(row)] <= LONGEST_ROW]
            for part in (training, validation, held_out)
        )
        n_long = len(tokens) - sum(each <= LONGEST_ROW for each in tokens.values())
        if len(training) < MIN_EXAMPLES or len(held_out) < MIN_TEST:
            return _no_job(_too_long(n_long, len(training), len(held_out)))
        training = _within(budget, training, tokens, says)
        if n_long:
            says.append(
                f"Rows of more than {LONGEST_ROW} tokens are left out, because they are slow here: {n_long}."
            )
        validation = validation or [training.pop()]
    total = sum(tokens[id(row)] for row in training)
    batch_size = 4 if len(training) >= 32 else 2
    epochs = min(MAX_EPOCHS, ceil(STEPS / ceil(len(training) / batch_size)))
    if budget:
        epochs = max(1, min(epochs, budget // max(1, total)))
    if epochs * ceil(len(training) / batch_size) < FEWEST_STEPS:
        batch_size = 2  # More steps from the same tokens.
    steps = epochs * ceil(len(training) / batch_size)
    passes = f"{epochs} epoch{'s' * (epochs != 1)}"
    says.insert(
        0,
        f"{len(training)} rows × {passes}, batch size {batch_size}: {steps} steps, "
        f"about {epochs * total:,} tokens.",
    )
    if model.startswith(LOCAL_MODEL):
        says.append(f"{model} knows chemical elements only. For data of your own, install {REAL_MODEL}.")
    lengths = [count_tokens(answer_of(row), _COUNTED_WITH) for row in [*training, *held_out]]
    max_tokens = min(256, ceil(max(lengths) * 1.6) + 12)
    if max(lengths) * _MORE > 256:
        says.append(f"Answers are cut at 256 tokens; your longest has about {ceil(max(lengths) * _MORE):,}.")
    test, sample = _asked(held_out, training, max_tokens, seed)
    says.append(
        f"Asked after the job: {len(test)} of {len(held_out)} test questions and {len(sample)} trained "
        f"ones, both models, at most {max_tokens} tokens each."
    )
    return Plan(
        {"n_epochs": epochs, "batch_size": batch_size}, training, validation, test, sample, max_tokens, says
    )


def _within(budget: int, rows: list[JsonObject], tokens: dict[int, int], says: list[str]) -> list[JsonObject]:
    """Take rows from the start, at least ten, until their tokens reach the budget."""
    kept: list[JsonObject] = []
    total = 0
    for row in rows:
        total += tokens[id(row)]
        if total > budget and len(kept) >= MIN_EXAMPLES:
            break
        kept.append(row)
    if len(kept) < len(rows):
        says.append(
            f"{len(rows) - len(kept)} of {len(rows)} training rows are left out, so that this computer needs "
            "about two minutes. With more time: plan.training = parts.training, before the job."
        )
    return kept


def _no_job(why: str) -> Plan:
    return Plan({}, [], [], [], [], 0, [why])


def _too_long(number: int, training: int, held_out: int) -> str:
    rows = "1 row has" if number == 1 else f"{number} rows have"
    return (
        f"No job: {rows} more than {LONGEST_ROW} tokens (about {LONGEST_ROW * 3 // 4} words), too much for a "
        f"job on this computer. {training} rows to train and {held_out} to test are left; expected at least "
        f"{MIN_EXAMPLES} and {MIN_TEST}. Shorten questions and answers, add rows, or train with a service."
    )


def _asked(
    test: list[JsonObject], training: list[JsonObject], max_tokens: int, seed: int
) -> tuple[list[JsonObject], list[JsonObject]]:
    answers = max(24, ANSWER_TOKENS // (2 * max_tokens))
    n_test = min(len(test), max(16, answers * 2 // 3))
    n_sample = min(len(training), 20, max(8, answers // 3))
    chosen = Random(seed)
    return test[:n_test], [
        training[number] for number in sorted(chosen.sample(range(len(training)), n_sample))
    ]


def _tokens(row: JsonObject) -> int:
    text = "\n".join(message_text(message)[:100_000] for message in row["messages"])
    return ceil(count_tokens(text, _COUNTED_WITH) * _MORE) + _PER_ROW


def require_live(backend: str, rows: list[JsonObject], plan: Plan) -> None:
    """Stop where a recording cannot answer: it knows the course's own example only.

    Args:
        backend: The backend of the run.
        rows: The examples.
        plan: What `plan_job` returned; without a job nothing is asked.

    Raises:
        BackendUnavailable: The backend is "replay", and the rows are a learner's own.
    """
    if backend != "replay" or not plan.training:
        return
    table = read_table(data_path("own_example.csv"))
    if rows != make_examples(table, choose_columns(table)).rows:
        raise BackendUnavailable(
            "These rows are your own, and replay only plays a recording of the course's example. Columns, "
            "checks and split above are yours already. To train: write connect('local', ...) in the cell "
            "that connects, or set FINETUNE_BACKEND=local, and run the notebook again from the top."
        )
