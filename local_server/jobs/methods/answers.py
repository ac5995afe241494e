"""What a job says of its method, with the fields of the SDK's types (openai 3.54)."""

from typing import Any, Literal, NotRequired

from local_server.http.answers import Answer
from local_server.training.specification import MethodName

Auto = Literal["auto"]
Effort = Literal["default", "low", "medium", "high"]


class Hyperparameters(Answer):
    """Numbers, or "auto" until the files have been checked."""

    n_epochs: int | Auto
    batch_size: int | Auto
    learning_rate_multiplier: float | Auto


class NoHyperparameters(Answer):
    """What the old field of a job holds where the method is not `supervised`.

    OpenAI sends null there (public log of a dpo job, Dec 2024), which the SDK's type does not take; each of
    the type's fields may be missing.
    """


class DpoHyperparameters(Hyperparameters):
    """The numbers of the method `dpo`."""

    beta: float | Auto


class ReinforcementHyperparameters(Hyperparameters):
    """The numbers of the method `reinforcement`."""

    compute_multiplier: float | Auto
    eval_interval: int | Auto
    eval_samples: int | Auto
    reasoning_effort: Effort


class Supervised(Answer):
    """The settings of the method `supervised`."""

    hyperparameters: Hyperparameters


class Dpo(Answer):
    """The settings of the method `dpo`."""

    hyperparameters: DpoHyperparameters


class Reinforcement(Answer):
    """The settings of the method `reinforcement`. The SDK's type does not know `response_format`."""

    grader: dict[str, Any]
    hyperparameters: ReinforcementHyperparameters
    response_format: NotRequired[dict[str, Any]]


class Method(Answer):
    """How a job trains: the settings stand under the name of the method."""

    type: MethodName
    supervised: NotRequired[Supervised]
    dpo: NotRequired[Dpo]
    reinforcement: NotRequired[Reinforcement]


def supervised(hyperparameters: Hyperparameters) -> Method:
    """The method of a job that learns answers by heart."""
    return {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}


def in_old_field(method: Method) -> Hyperparameters | NoHyperparameters:
    """What a job holds at its top level: OpenAI fills this field for `supervised` only."""
    return method["supervised"]["hyperparameters"] if "supervised" in method else {}
