"""How the tokens of a training file become a bill: the rule of each service, and how sure it is."""

from dataclasses import dataclass
from math import ceil
from pathlib import Path

from finetune_dataset.files import open_source
from finetune_dataset.models import encoding_of, is_known, is_local
from finetune_dataset.report import DatasetReport
from finetune_dataset.validate import validate_dataset

RULES = {
    "openai": "n_epochs × (published estimate - 2 per row) matched 7 recorded bills (to Mar 2025); "
    "the higher figure is the published estimate",
    "azure": "n_epochs × published estimate, rounded up to 1,000, matched 2 recorded bills",
    "nebius": "n_epochs × published estimate for OpenAI's models; not compared with any bill",
    "compatible": "n_epochs × published estimate for OpenAI's models; this service may count otherwise",
    "local": "n_epochs × tokens in the model's chat template",
}
"""Service → how the published token estimate becomes a bill, and how sure that is."""

# What the chat API adds to the text of tool definitions (observed 2023; 5 with a system message). One
# recorded training bill does not have it.
_TOOL_TOKENS = 9
# Tokens of six other vocabularies against o200k_base, on English prose and code (splintr-rs 0.22,
# November 2026): cl100k, Llama 3, Phi 4, DeepSeek V3, Mistral V2 and V3.
_OTHER_VOCABULARIES = (0.99, 1.20)
# How a row with tool definitions, or with images or audio, looks in a file.
_TOOL_KEYS = (b'"tools"', b'"functions"')
_MEDIA_KEYS = (b'"image_url"', b'"input_audio"')


@dataclass(frozen=True)
class Bill:
    """The tokens that a service will bill for a job, all epochs together.

    Attributes:
        tokens: Billed tokens by the rule.
        low: Lowest number that the rule leaves open.
        high: Highest number.
        rule: How the tokens were counted, and how sure that is.
    """

    tokens: int
    low: int
    high: int
    rule: str


def bill(report: DatasetReport, model: str | Path, n_epochs: int, provider: str) -> Bill:
    """Turn the tokens of a training file into what a service bills.

    Args:
        report: The checked file, with tokens for this model, see `count_for`.
        model: The base model: an id, or the folder of a local model.
        n_epochs: How often the job sees each example, at least 1.
        provider: A key of `RULES`.

    Raises:
        DatasetError: The report's file is gone.
    """
    rows = report.statistics.tokens_per_row.total()
    estimate = n_epochs * report.statistics.tokens
    billed = estimate
    if provider == "openai":
        billed -= 2 * rows * n_epochs
    elif provider == "azure":
        billed = _next_thousand(estimate)
    low, high = sorted((billed, estimate))
    counted_with = "its own tokenizer" if is_local(model) else encoding_of(str(model))
    rule = f"{RULES[provider]}; counted with {counted_with}"
    if not is_known(model):
        low, high = int(low * _OTHER_VOCABULARIES[0]), ceil(high * _OTHER_VOCABULARIES[1])
        rule += f", which is a guess: {model} is not in our table, and the range holds six other vocabularies"
    tools, media = _rows_with(report.path, _TOOL_KEYS), _rows_with(report.path, _MEDIA_KEYS)
    if tools and provider != "local":
        high += _TOOL_TOKENS * tools * n_epochs
        rule += f"; tools in {tools} rows as in one recorded bill, the higher figure as in the chat API"
    if media:
        rule += f"; images or audio in {media} rows are not counted: no rule for training is known"
    if report.method == "dpo" and provider != "local":
        high *= 2
        rule += "; not compared with a bill of preference rows: the higher figure has every row twice"
    if rows < report.n_rows:
        rule += f"; {report.n_rows - rows} rows with errors are left out"
    return Bill(billed, low, _next_thousand(high) if provider == "azure" else high, rule)


def count_for(report: DatasetReport, model: str | Path) -> DatasetReport:
    """Return the report with tokens for a model; the file is read again only for another vocabulary.

    Args:
        report: What `validate_dataset` found in the training file.
        model: The model to count for.

    Raises:
        DatasetError: The report's file is gone.
    """
    if report.model is not None and vocabulary(report.model) == vocabulary(model):
        return report
    return validate_dataset(report.path, report.method, model)


def vocabulary(model: str | Path) -> str | Path:
    """Name what a model is counted with: two models of one vocabulary have the same tokens."""
    return model if is_local(model) else encoding_of(str(model))


def _next_thousand(tokens: int) -> int:
    return ceil(tokens / 1000) * 1000


def _rows_with(path: Path, keys: tuple[bytes, ...]) -> int:
    """Count the lines of a file that have a key; inside a text its quotes would be escaped."""
    with open_source(path) as source:
        return sum(1 for line in source if any(key in line for key in keys))
