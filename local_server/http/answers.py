"""Every object that leaves the server, field by field, for the server's own description.

Answers are plain dicts, made where their content is known; nothing here runs when a request is answered.
The tests hold both together: every answer must fit its model, and every model the SDK's own type.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Wire(BaseModel):
    # Built when the description is asked for, not when the server starts.
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Content(bytes):
    """The bytes of a file."""


class Stream(str):
    """Server-sent events, each with one JSON object."""


class Health(_Wire):
    status: Literal["ok"]


class Problem(_Wire):
    message: str = Field(description="What is wrong, where, what was expected, and what to do.")
    type: str = Field(description="The family of the error, for example `invalid_request_error`.")
    param: str | None = Field(description="The field of the request that is wrong.")
    code: str | None = Field(description="The error, for programs.")


class Error(_Wire):
    error: Problem


class _Page(_Wire):
    object: Literal["list"]
    has_more: bool


class _PageWithIds(_Page):
    first_id: str | None
    last_id: str | None


class Deleted(_Wire):
    id: str
    object: Literal["file", "model"]
    deleted: Literal[True]


class File(_Wire):
    object: Literal["file"]
    id: str
    purpose: Literal["assistants", "batch", "fine-tune", "fine-tune-results", "vision", "user_data", "evals"]
    filename: str
    bytes: int
    created_at: int = Field(description="Unix seconds, like every time here.")
    expires_at: int | None
    status: Literal["processed"]
    status_details: None


class Files(_PageWithIds):
    data: list[File]


class Upload(_Wire):
    id: str
    object: Literal["upload"]
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: Literal["pending", "completed", "cancelled"]
    expires_at: int
    file: File = Field(default=None, description="Only when the upload is completed.")


class Part(_Wire):
    id: str
    object: Literal["upload.part"]
    created_at: int
    upload_id: str


class Hyperparameters(_Wire):
    n_epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"]
    learning_rate_multiplier: float | Literal["auto"]


class Supervised(_Wire):
    hyperparameters: Hyperparameters


class Method(_Wire):
    type: Literal["supervised"]
    supervised: Supervised


class JobError(_Wire):
    code: str
    message: str
    param: str | None


class Wandb(_Wire):
    project: str
    name: str | None
    entity: str | None
    tags: list[str] | None


class Integration(_Wire):
    type: Literal["wandb"]
    wandb: Wandb


class Job(_Wire):
    object: Literal["fine_tuning.job"]
    id: str
    model: str
    created_at: int
    finished_at: int | None
    estimated_finish: int | None
    fine_tuned_model: str | None
    organization_id: str
    status: Literal["validating_files", "queued", "running", "paused", "succeeded", "failed", "cancelled"]
    training_file: str
    validation_file: str | None
    result_files: list[str]
    trained_tokens: int | None
    error: JobError | None
    seed: int
    user_provided_suffix: str | None
    metadata: dict[str, str] | None
    integrations: list[Integration]
    usage_metrics: None
    shared_with_openai: Literal[False]
    hyperparameters: Hyperparameters
    method: Method


class Jobs(_Page):
    data: list[Job]


class Event(_Wire):
    object: Literal["fine_tuning.job.event"]
    id: str
    created_at: int
    level: Literal["info", "warn", "error"]
    message: str
    data: dict[str, Any] | None = Field(description="The metrics of the step, when the type is `metrics`.")
    type: Literal["message", "metrics"]


class Events(_Page):
    data: list[Event]


class Metrics(_Wire):
    step: int
    train_loss: float
    train_mean_token_accuracy: float
    valid_loss: float = Field(default=None, description="Only when the job has a validation file.")
    valid_mean_token_accuracy: float = None
    full_valid_loss: float = None
    full_valid_mean_token_accuracy: float = None


class Checkpoint(_Wire):
    object: Literal["fine_tuning.job.checkpoint"]
    id: str
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    step_number: int
    metrics: Metrics


class Checkpoints(_PageWithIds):
    data: list[Checkpoint]


class GraderErrors(_Wire):
    formula_parse_error: bool
    sample_parse_error: bool
    truncated_observation_error: bool
    unresponsive_reward_error: bool
    invalid_variable_error: bool
    other_error: bool
    python_grader_server_error: bool
    python_grader_server_error_type: str | None
    python_grader_runtime_error: bool
    python_grader_runtime_error_details: str | None
    model_grader_server_error: bool
    model_grader_refusal_error: bool
    model_grader_parse_error: bool
    model_grader_server_error_details: str | None


class Grading(_Wire):
    name: str
    type: Literal["string_check", "text_similarity", "python", "score_model", "multi"]
    errors: GraderErrors
    execution_time: float = Field(description="Seconds.")
    scores: dict[str, float]
    token_usage: int | None
    sampled_model_name: str | None


class Graded(_Wire):
    reward: float
    metadata: Grading
    sub_rewards: dict[str, float]
    model_grader_token_usage_per_model: dict[str, dict[str, int]]


class ValidGrader(_Wire):
    grader: dict[str, Any]


class Model(_Wire):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    shutdown_date: None


class Models(_Wire):
    object: Literal["list"]
    data: list[Model]


class Message(_Wire):
    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[Any] = Field(max_length=0)


class Candidate(_Wire):
    token: str
    logprob: float
    bytes: list[int] | None


class Token(Candidate):
    top_logprobs: list[Candidate]


class Logprobs(_Wire):
    content: list[Token]
    refusal: None


class Choice(_Wire):
    index: int
    message: Message
    logprobs: Logprobs | None
    finish_reason: Literal["stop", "length"]


class PromptDetails(_Wire):
    cached_tokens: int
    audio_tokens: int


class CompletionDetails(_Wire):
    reasoning_tokens: int
    audio_tokens: int
    accepted_prediction_tokens: int
    rejected_prediction_tokens: int


class Usage(_Wire):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetails
    completion_tokens_details: CompletionDetails


class Completion(_Wire):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    service_tier: Literal["default"]
    system_fingerprint: None
    choices: list[Choice]
    usage: Usage


class OutputText(_Wire):
    type: Literal["output_text"]
    text: str
    annotations: list[Any] = Field(max_length=0)
    logprobs: list[Any] = Field(max_length=0)


class OutputMessage(_Wire):
    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    status: Literal["completed", "incomplete"]
    content: list[OutputText]


class CachedTokens(_Wire):
    cached_tokens: int
    cache_write_tokens: int


class ReasoningTokens(_Wire):
    reasoning_tokens: int


class ResponseUsage(_Wire):
    input_tokens: int
    input_tokens_details: CachedTokens
    output_tokens: int
    output_tokens_details: ReasoningTokens
    total_tokens: int


class Incomplete(_Wire):
    reason: Literal["max_output_tokens"]


class PlainText(_Wire):
    type: Literal["text"]


class TextFormat(_Wire):
    format: PlainText


class Response(_Wire):
    id: str
    object: Literal["response"]
    created_at: int
    status: Literal["completed", "incomplete"]
    background: Literal[False]
    completed_at: int | None
    error: None
    incomplete_details: Incomplete | None
    instructions: str | None
    max_output_tokens: int | None
    metadata: dict[str, str]
    model: str
    output: list[OutputMessage]
    parallel_tool_calls: Literal[True]
    previous_response_id: None
    temperature: float
    text: TextFormat
    tool_choice: Literal["auto"]
    tools: list[Any] = Field(max_length=0)
    top_p: float
    truncation: Literal["disabled"]
    usage: ResponseUsage
    user: str | None
