"""The method in the body of `jobs.create`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import Field

from local_server.base_models import TrainingMethod
from local_server.http.errors import ApiError
from local_server.jobs.creation.provider_fields import Open
from local_server.jobs.methods import answers
from local_server.jobs.methods.answers import Auto, Effort
from local_server.training.specification import METHODS, MethodName, Precision

# Ranks that adapters of public notebooks have reach from 4 to 256.
Rank = Annotated[int, Field(ge=1, le=256)]
_OF_DPO = ("beta",)
_OF_REINFORCEMENT = ("compute_multiplier", "eval_interval", "eval_samples", "reasoning_effort")


def _belongs(method: MethodName, names: tuple[str, ...]) -> dict[str, str]:
    return {name: f"method.{method}.hyperparameters.{name}" for name in names}


class Adapters(Open):
    """How the weights are trained: ours, sent by `extra_body`, and as Nebius and Together write it.

    Without them, the training program chooses by the memory that is there.
    """

    training_method: TrainingMethod | None = None
    precision: Precision | None = None
    lora: bool | None = None
    lora_r: Rank | None = None
    lora_rank: Rank | None = None


class Numbers(Adapters):
    """What every method has. Ranges of OpenAI's API reference (openapi.yaml, read 2026-08-21)."""

    n_epochs: Auto | Annotated[int, Field(ge=1, le=50)] | None = None
    batch_size: Auto | Annotated[int, Field(ge=1, le=256)] | None = None
    learning_rate_multiplier: Auto | Annotated[float, Field(gt=0)] | None = None


class Hyperparameters(Numbers):
    """The numbers of the method `supervised`, and of the old place at the top level."""

    misplaced: ClassVar[Mapping[str, str]] = MappingProxyType(
        _belongs("dpo", _OF_DPO) | _belongs("reinforcement", _OF_REINFORCEMENT)
    )


class DpoHyperparameters(Numbers):
    """The numbers of the method `dpo`."""

    misplaced: ClassVar[Mapping[str, str]] = MappingProxyType(_belongs("reinforcement", _OF_REINFORCEMENT))

    beta: Auto | Annotated[float, Field(gt=0, le=2)] | None = None


class ReinforcementHyperparameters(Numbers):
    """The numbers of the method `reinforcement`."""

    misplaced: ClassVar[Mapping[str, str]] = MappingProxyType(_belongs("dpo", _OF_DPO))

    compute_multiplier: Auto | Annotated[float, Field(gt=1e-5, le=10)] | None = None
    eval_interval: Auto | Annotated[int, Field(ge=1)] | None = None
    eval_samples: Auto | Annotated[int, Field(ge=1)] | None = None
    reasoning_effort: Effort | None = None


class Supervised(Open):
    """The settings of the method `supervised`."""

    hyperparameters: Hyperparameters | None = None


class Dpo(Open):
    """The settings of the method `dpo`."""

    hyperparameters: DpoHyperparameters | None = None


class Reinforcement(Open):
    """The settings of the method `reinforcement`."""

    # Read by local_server.graders, which stands above this room.
    grader: dict[str, Any]
    hyperparameters: ReinforcementHyperparameters | None = None
    response_format: dict[str, Any] | None = None


class Method(Open):
    """How the job should train."""

    type: MethodName
    supervised: Supervised | None = None
    dpo: Dpo | None = None
    reinforcement: Reinforcement | None = None


def asked_numbers(method: Method | None, old: Hyperparameters | None) -> Numbers:
    """The hyperparameters as the client has sent them, whichever of both places it has written them in.

    Args:
        method: Of the body.
        old: The body's `hyperparameters`, the place of before Dec 2024.
    """
    settings = None if method is None else getattr(method, method.type)
    given = None if settings is None else settings.hyperparameters
    return given or old or Hyperparameters()


def asked_method(method: Method | None, old: Hyperparameters | None) -> answers.Method:
    """How a client asks a job to train, with "auto" where it gives no number.

    Args:
        method: Of the body.
        old: The body's `hyperparameters`.

    Returns:
        What the new job says of its method.

    Raises:
        ApiError: 400, when settings of another method are there, or a grader is missing.
    """
    name = "supervised" if method is None else method.type
    numbers = asked_numbers(method, old)
    asked: answers.Hyperparameters = {
        "n_epochs": numbers.n_epochs or "auto",
        "batch_size": numbers.batch_size or "auto",
        "learning_rate_multiplier": numbers.learning_rate_multiplier or "auto",
    }
    if method is None:
        return answers.supervised(asked)
    _refuse_other_settings(method)
    if name == "dpo":
        beta = numbers.beta if isinstance(numbers, DpoHyperparameters) else None
        return {"type": "dpo", "dpo": {"hyperparameters": {**asked, "beta": beta or "auto"}}}
    if name == "reinforcement":
        return _asked_reinforcement(method, asked)
    return answers.supervised(asked)


def _refuse_other_settings(method: Method) -> None:
    for other in METHODS:
        if other != method.type and getattr(method, other) is not None:
            message = (
                f"Invalid 'method.{other}': the method is '{method.type}'. Write the settings as "
                f"'method.{method.type}', or change 'method.type'."
            )
            raise ApiError(400, message, code="invalid_value", param=f"method.{other}")


def _asked_reinforcement(method: Method, asked: answers.Hyperparameters) -> answers.Method:
    settings = method.reinforcement
    if settings is None:
        message = "Missing required parameter: 'method.reinforcement.grader'."
        raise ApiError(400, message, code="missing_required_parameter", param="method.reinforcement.grader")
    given = settings.hyperparameters or ReinforcementHyperparameters()
    numbers: answers.ReinforcementHyperparameters = {
        **asked,
        "compute_multiplier": given.compute_multiplier or "auto",
        "eval_interval": given.eval_interval or "auto",
        "eval_samples": given.eval_samples or "auto",
        "reasoning_effort": given.reasoning_effort or "default",
    }
    kept: answers.Reinforcement = {"grader": settings.grader, "hyperparameters": numbers}
    if settings.response_format is not None:
        kept["response_format"] = settings.response_format
    return {"type": "reinforcement", "reinforcement": kept}


def unused_settings(settings: Reinforcement) -> list[str]:
    """Say which settings of a reinforcement job change nothing here.

    Args:
        settings: As the client has sent them.

    Returns:
        A sentence for each.
    """
    found = []
    effort = settings.hyperparameters and settings.hyperparameters.reasoning_effort
    if effort not in (None, "default"):
        found.append(
            f"The reasoning_effort '{effort}' is without effect: no model here reasons before it answers."
        )
    if settings.response_format not in (None, {"type": "text"}):
        found.append(
            "The response_format is without effect while this job trains: answers are free text. Let the "
            "grader give 0 to an answer in another form."
        )
    return found
