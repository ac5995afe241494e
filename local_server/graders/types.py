"""What a grader is: the fields of each type, checked so that a problem names its place.

Fields are those of the SDK (openai 3.54), limits those of OpenAI's guide to graders (read 2026-11).
"""

import functools
import math
from typing import Annotated, Any, Literal

from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from local_server.graders.text_similarity import Metric
from local_server.http.errors import ApiError
from local_server.http.requests import Body, Seed, Temperature, TopP

# Of a python grader; the same limit as at OpenAI.
_SOURCE_BYTES = 256 * 1024


class _Grader(Body):
    # OpenAI's guide leaves the name out in some examples.
    name: str = ""

    def texts(self) -> dict[str, str]:
        """Give the texts that may hold templates, by the field where they stand."""
        return {}


class _Comparison(_Grader):
    input: str
    reference: str

    def texts(self) -> dict[str, str]:
        return {"input": self.input, "reference": self.reference}


class StringCheck(_Comparison):
    """Compares a text with a reference, letter by letter."""

    type: Literal["string_check"]
    operation: Literal["eq", "ne", "like", "ilike"]


def _without_embeddings(metric: str) -> str:
    if metric == "cosine":
        expected = (
            "fuzzy_match, bleu, gleu, meteor, rouge_1 to rouge_5 or rouge_l "
            "(cosine needs an embedding model, and this server has none)"
        )
        raise PydanticCustomError("no_embeddings", expected)
    return metric


class TextSimilarity(_Comparison):
    """Measures how alike a text and a reference are."""

    type: Literal["text_similarity"]
    evaluation_metric: Annotated[Literal["cosine", Metric], AfterValidator(_without_embeddings)]
    # Only evals use it; the guide's examples carry it everywhere.
    pass_threshold: float | None = None


def _not_too_large(source: str) -> str:
    if len(source.encode()) > _SOURCE_BYTES:
        raise PydanticCustomError("too_large", f"at most {_SOURCE_BYTES:,} bytes")
    return source


class PythonGrader(_Grader):
    """Runs a function of the client's."""

    type: Literal["python"]
    source: Annotated[str, AfterValidator(_not_too_large)]
    image_tag: str | None = None


def _plain(content: Any) -> str | None:  # noqa: ANN401 - it is JSON
    """The text of a message's content; None where it is not text."""
    match content:
        case str():
            return content
        case {"type": "input_text" | "output_text", "text": str(text)}:
            return text
        case list():
            parts = [None if isinstance(part, list) else _plain(part) for part in content]
            texts = [part for part in parts if part is not None]
            return "".join(texts) if len(texts) == len(parts) else None
    return None


def _text_only(content: Any) -> Any:  # noqa: ANN401
    if _plain(content) is None:
        raise PydanticCustomError("text_only", "text, or parts of the type 'input_text' or 'output_text'")
    return content


class GraderMessage(Body):
    """A message to a model that grades."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[Any, AfterValidator(_text_only)]
    type: Literal["message"] | None = None

    @property
    def text(self) -> str:
        """The content, its parts joined."""
        return _plain(self.content) or ""


class SamplingParams(Body):
    """How the model that grades should answer."""

    max_completions_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    seed: Seed | None = None
    # As at OpenAI, only for models that reason. There is none here.
    reasoning_effort: None = None


def _ascending(ends: list[float]) -> list[float]:
    if not (all(map(math.isfinite, ends)) and ends[0] < ends[1]):
        raise PydanticCustomError("not_ascending", "two finite numbers, the smaller one first")
    return ends


class ScoreModel(_Grader):
    """Asks a model of this server for a number."""

    type: Literal["score_model"]
    model: str
    input: Annotated[list[GraderMessage], Field(min_length=1)]
    range: Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(_ascending)] = Field(
        default_factory=lambda: [0.0, 1.0]
    )
    sampling_params: SamplingParams | None = None
    pass_threshold: float | None = None

    def texts(self) -> dict[str, str]:
        """Give the text of each message."""
        return {f"input.{i}.content": message.text for i, message in enumerate(self.input)}


Single = StringCheck | TextSimilarity | PythonGrader | ScoreModel


def _by_name(graders: Any) -> Any:  # noqa: ANN401
    if isinstance(graders, list) or (isinstance(graders, dict) and isinstance(graders.get("type"), str)):
        expected = 'an object with a name for each grader, as in {"match": {"type": "string_check", ...}}'
        raise PydanticCustomError("not_by_name", expected)
    return graders


class Multi(_Grader):
    """Combines the rewards of other graders by a formula."""

    type: Literal["multi"]
    calculate_output: Annotated[str, Field(max_length=1000)]
    # Names to graders. The SDK's type is one grader and the API reference has a list, but OpenAI answers both
    # with 400 (its Java SDK, issue 647, 2025).
    graders: Annotated[dict[str, Any], BeforeValidator(_by_name)]
    _members: dict[str, Single] = PrivateAttr(default_factory=dict)

    @property
    def members(self) -> dict[str, Single]:
        """The graders by the names that the formula uses."""
        return self._members


class _AnyGrader:
    """How a grader is described, though it is read as any object first (see `understood`)."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _: object, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(TypeAdapter(Single | Multi).core_schema)


GivenGrader = Annotated[dict[str, Any], _AnyGrader]

_TYPES: dict[str, type[Single] | type[Multi]] = {
    "string_check": StringCheck,
    "text_similarity": TextSimilarity,
    "python": PythonGrader,
    "score_model": ScoreModel,
    "multi": Multi,
}


def understood(given: Any, where: tuple[str, ...] = ("grader",)) -> Single | Multi:  # noqa: ANN401
    """Read a grader.

    Args:
        given: The JSON of a client.
        where: Its place in the request.

    Returns:
        The grader, checked, with its members.

    Raises:
        ApiError: 400 when its type is not one of those that run here.
        RequestValidationError: 400 when one of its fields is wrong.
    """
    place = ".".join(where)
    # Not pydantic's union: its messages name classes that the client does not know.
    kind = given.get("type") if isinstance(given, dict) else None
    if kind == "label_model":
        message = (
            "Graders of the type 'label_model' belong to evals and cannot be run here. "
            "Use 'score_model', or 'string_check' on the answer."
        )
        raise ApiError(400, message, code="unsupported_value", param=f"{place}.type")
    inside = where[-2:-1] == ("graders",)
    allowed = [name for name in _TYPES if not (inside and name == "multi")]
    if kind not in allowed:
        message = f"Invalid '{place}.type': expected {', '.join(allowed)}. Found {kind!r:.80}."
        raise ApiError(400, message, code="invalid_value", param=f"{place}.type")
    try:
        grader = _TYPES[kind].model_validate(given)
    except ValidationError as error:
        problems = [problem | {"loc": ("body", *where, *problem["loc"])} for problem in error.errors()]
        body = functools.reduce(lambda inner, name: {name: inner}, reversed(where), given)
        raise RequestValidationError(problems, body=body) from None
    if isinstance(grader, Multi):
        _check_names(grader.graders, f"{place}.graders")
        for name, member in grader.graders.items():
            nested = understood(member, (*where, "graders", name))
            # A multi grader in another one was refused by its type.
            if not isinstance(nested, Multi):
                grader.members[name] = nested
    return grader


def _check_names(graders: dict[str, Any], place: str) -> None:
    if not graders or "" in graders:
        message = f"Invalid '{place}': expected one or more graders, each with a name. Found {graders!r:.80}."
        raise ApiError(400, message, code="invalid_value", param=place)
