"""Fields of `jobs.create` that OpenAI has not: what other services add, and what was mistyped.

Whoever writes for another service must not lose the job over a field that changes nothing here, and must
not believe that it did something. So an unknown field is accepted, and an event says that it has no effect.
One that is a known field but for a letter is a mistake, and refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from local_server.http.errors import ApiError
from local_server.http.requests import Body

# Enough for any service; a body of 4 MB could hold a million.
MAX_FIELDS = 50
_CHARACTERS = 64
# What a field means where it comes from, and what to use here in its place. Read in Nov 2026: the notebooks
# of nebius/token-factory-cookbook and microsoft-foundry/fine-tuning, MicrosoftDocs/azure-ai-docs, Together's
# SDK 3.1.1 and its reference of /v1/fine-tunes, Fireworks' reference of supervised fine-tuning jobs,
# Mistral's schema of hyperparameters, Portkey's page on Bedrock.
INSTEAD = {
    "trainingType": "it chooses a price of Azure",
    "learning_rate": "use learning_rate_multiplier",
    "context_length": "a row is cut off at the context of the model",
    "max_context_length": "a row is cut off at the context of the model",
    "packing": "each row is read on its own",
    "train_on_inputs": "only answers are learned",
    "warmup_ratio": "the learning rate falls from the first step",
    "warmup_fraction": "the learning rate falls from the first step",
    "warmup_steps": "the learning rate falls from the first step",
    "training_steps": "use n_epochs",
    "max_steps": "use n_epochs",
    "n_checkpoints": "there is one for each of the last three epochs",
    "n_evals": "the validation file is read at the end of each epoch",
    "early_stop": "all epochs are trained; each checkpoint can be used",
    "auto_start": "a job starts when there is room",
    "wandb_api_key": "nothing is sent; take the key out of the program",
    "api_key": "nothing is sent; take the key out of the program",
}


class Open(Body):
    """A part of a body that takes fields which it does not know. Mistyped and misplaced ones are refused."""

    model_config = ConfigDict(extra="allow", strict=True)
    # A field that belongs somewhere else → its place.
    misplaced: ClassVar[Mapping[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _without_mistyped(cls, body: object) -> object:
        given = body if isinstance(body, dict) else {}
        # Before a field is missed that stands there with another letter.
        missing = cls.model_fields.keys() - given.keys()
        for name in given.keys() - cls.model_fields.keys():
            if given[name] is not None and (meant := cls.misplaced.get(name) or _meant(name, missing)):
                said = {"name": f"{name:.{_CHARACTERS}}", "meant": meant}
                raise PydanticCustomError("mistyped", "known as '{meant}'", said)
        return body


def _meant(name: str, known: Iterable[str]) -> str | None:
    """The known name from which this one differs in a letter, in case or in underscores."""
    if len(name) > _CHARACTERS:
        return None
    given = _plain(name)
    return next((each for each in sorted(known) if _is_near(given, _plain(each))), None)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _is_near(given: str, known: str) -> bool:
    """Whether one letter is wrong, left out, added, or changes places with the next."""
    if given == known:
        return True
    if abs(len(given) - len(known)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(given, known, strict=False)) if a != b), None)
    if start is None:
        return True
    a, b = given[start:], known[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[1::-1] == b[:2] and a[2:] == b[2:])


def unknown_fields(body: BaseModel) -> list[str]:
    """List what a client has sent beyond what this server knows.

    Args:
        body: Of `jobs.create`.

    Returns:
        The fields with their places, as `method.supervised.hyperparameters.packing`.

    Raises:
        ApiError: 400, when there are more than any service has.
    """
    found = list(_extras(body, ""))
    if len(found) > MAX_FIELDS:
        message = f"The body has {len(found):,} unknown parameters, at most {MAX_FIELDS} can be told of."
        raise ApiError(400, message, code="unknown_parameter", param=found[0])
    return found


def _extras(part: BaseModel, place: str) -> Iterator[str]:
    for name in part.model_extra or {}:
        yield f"{place}{name:.{_CHARACTERS}}"
    for name in type(part).model_fields:
        values: Any = getattr(part, name)
        for index, value in enumerate(values if isinstance(values, list) else [values]):
            if isinstance(value, BaseModel):
                where = f"{name}.{index}." if isinstance(values, list) else f"{name}."
                yield from _extras(value, place + where)


def no_effect(fields: list[str]) -> str:
    """Say which fields change nothing.

    Args:
        fields: From `unknown_fields`, at least one.

    Returns:
        The message of an event.
    """
    named = []
    for field in fields:
        why = INSTEAD.get(field.rpartition(".")[2])
        named.append(f"'{field}' ({why})" if why else f"'{field}'")
    what = "This field is" if len(fields) == 1 else "These fields are"
    return f"{what} not known here and without effect: {', '.join(named)}."
