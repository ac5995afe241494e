"""job.json: what the server asks of the training program, with numbers in place of "auto"."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict, TypeVar, get_args

from local_server import disk
from local_server.base_models import TrainingMethod as Method

Precision = Literal["float32", "bfloat16"]
MethodName = Literal["supervised", "dpo", "reinforcement"]
METHODS: tuple[MethodName, ...] = get_args(MethodName)

# Smaller models are always trained whole, in float32, on the processor and the threads of the environment. An
# adapter saves them nothing (48.0 ms a step of the tiny model either way), and a second thread costs time
# where others calculate (measured Nov 2026). A GPU was not tried: a job of 20 seconds does not need one.
SMALL_PARAMETERS = 50_000_000
# OpenAI chose batch 1 and multiplier 2 (gpt-3.5) for small files (public job logs, 2023 and 2024).
AUTO_MULTIPLIER = 2.0
# The value in OpenAI's guide to direct preference optimization, and the default of TRL (both read Nov 2026).
AUTO_BETA = 0.1
# Of the base model's rate, for pairs of answers. With "auto" the tiny model then starts at 1e-5: 75 steps
# of four pairs took right facts from 34 to 42 of 58; at 4e-5, form and rhyme fell in 25 steps (44 to 37, 30
# to 15). One seed; three others, which began at 45 to 53 of 58, gained nothing. Sampled answers of two seeds
# won 43 elements and lost 37 (benchmarks/preferences.py, 29 Nov 2026). The real model and adapters were not
# measured.
PREFERENCE_SHARE = 0.025
# Of the base model's rate, for rewards. With "auto" the tiny model then starts at 1e-4, which took complete
# answers from 75 to 88 % on the seed that twice the rate helped least (to 78 %); at 4e-4 it mixed elements up
# in one run of 8 steps (benchmarks/rewards.py, 29 Nov 2026). Not measured: the real model, adapters.
REWARD_SHARE = 0.25
# Of a reinforcement job: rows of a step, each answered several times; and validations of a job, which cost as
# much as a step or more. OpenAI's numbers are not public.
AUTO_PROMPTS = 4
AUTO_VALIDATIONS = 6

Number = TypeVar("Number", int, float)
Auto = Literal["auto"]


class Start(TypedDict, total=False):
    """What a job starts from; added when the training begins.

    Attributes:
        model_folder: Weights to start from, or an adapter.
        base_folder: The base model that it stands on.
        learning_rates: Of the base model, at multiplier 1.
        grader_seconds: Of a python grader; with the method "reinforcement".
        grader_memory_bytes: Of a python grader.
        project: Whose models a grader may ask; without it, all.
    """

    model_folder: str
    base_folder: str
    learning_rates: Mapping[Method, float]
    grader_seconds: float
    grader_memory_bytes: int
    project: str


class Specification(Start):
    """The content of job.json.

    Attributes:
        n_epochs: How often each row is read.
        batch_size: Rows in a step.
        learning_rate_multiplier: Of the base model's rate for the training method.
        seed: Of the order of rows, and of the first numbers of an adapter.
        method: How the rows train; without it, as in job folders of before Dec 2026, "supervised".
        beta: Of the method "dpo": how strongly the model is held to the one that it starts from.
        grader: Of the method "reinforcement": what gives rewards, as the client has sent it.
        compute_multiplier: Of the answers to each prompt.
        eval_interval: Steps from one validation to the next.
        eval_samples: Answers to each validation row.
        learning_rate: The highest rate, of the first step, where it does not follow from these.
        training_method: As asked for; without it, the training program chooses by the memory that is there.
        lora_rank: As asked for.
        precision: As asked for.
        threads: As asked for.
    """

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    seed: int
    method: NotRequired[MethodName]
    beta: NotRequired[float]
    grader: NotRequired[dict[str, Any]]
    compute_multiplier: NotRequired[float]
    eval_interval: NotRequired[int]
    eval_samples: NotRequired[int]
    learning_rate: NotRequired[float]
    training_method: NotRequired[Method]
    lora_rank: NotRequired[int]
    precision: NotRequired[Precision]
    threads: NotRequired[int]


class Chosen(TypedDict):
    """What is trained, and on what. A job keeps it over pauses: so its losses stay the same.

    Attributes:
        training_method: All weights, or an adapter.
        lora_rank: Of the adapter; None for all weights.
        precision: Of the weights that are read. The numbers of an adapter are in float32.
        products: In which precision the weights are multiplied, where it is another.
        threads: Of the processor.
        device: "cpu", "cuda" or "mps".
        memory_bytes: The most that it should need.
    """

    training_method: Method
    lora_rank: int | None
    precision: Precision
    products: NotRequired[Precision]
    threads: int
    device: str
    memory_bytes: int


def auto_batch_size(rows: int, parameters: int, method: MethodName = "supervised") -> int:
    """Choose the batch size for "auto": 1 for a small file, then one row in 500, at most 256.

    This rule is ours; OpenAI's is not public. A model of more than 50 million parameters reads 4 rows in a
    step at least: full training of SmolLM2-135M took 1.9 s of the processor for one row of 120 tokens and 5.0
    s for four, and its learning rates were chosen for four (Nov 2026).

    Args:
        rows: Rows of the training file.
        parameters: Of the base model.
        method: How the rows train; pairs of answers were only measured with four in a step.

    Returns:
        Rows in a step.
    """
    least = 1 if parameters < SMALL_PARAMETERS and method != "dpo" else 4
    return max(least, min(256, rows // 500))


def settled(
    n_epochs: int | Auto,
    batch_size: int | Auto,
    learning_rate_multiplier: float | Auto,
    *,
    rows: int,
    seed: int,
    parameters: int = 0,
    method: MethodName = "supervised",
) -> Specification:
    """Put numbers in the place of "auto".

    Args:
        n_epochs: As asked for.
        batch_size: As asked for.
        learning_rate_multiplier: As asked for.
        rows: Rows of the training file, at least 1.
        seed: Of the job.
        parameters: Of the base model; 0 for a small one.
        method: How the rows train.

    Returns:
        The specification, without a model and without what only one method has.
    """
    # Imported at the first job, as in jobs/lifecycle.py.
    from finetune_dataset.tokens.count import n_epochs_auto

    multiplier = _number(learning_rate_multiplier, AUTO_MULTIPLIER)
    return {
        "n_epochs": _number(n_epochs, n_epochs_auto(rows)),
        "batch_size": _number(batch_size, auto_batch_size(rows, parameters, method)),
        "learning_rate_multiplier": multiplier,
        "seed": seed,
        "method": method,
    }


def learning_rate(job: Specification, method: Method) -> float:
    """The rate of the first step.

    Args:
        job: The content of job.json.
        method: All weights, or an adapter.
    """
    if "learning_rate" in job:
        return job["learning_rate"]
    share = {"dpo": PREFERENCE_SHARE, "reinforcement": REWARD_SHARE}.get(job.get("method", "supervised"), 1.0)
    return share * job["learning_rates"][method] * job["learning_rate_multiplier"]


def _number(asked: Number | Auto, automatic: Number) -> Number:
    return automatic if asked == "auto" else asked


def read(folder: Path) -> Specification:
    """Read job.json of a job folder."""
    return json.loads((folder / "job.json").read_text())


def write(folder: Path, specification: Specification) -> None:
    """Write job.json of a job folder, in one step.

    Args:
        folder: The job folder.
        specification: What to train.
    """
    draft = folder / "job.json.new"
    disk.write(draft, [json.dumps(specification, indent=1).encode()])
    disk.rename(draft, folder / "job.json")
