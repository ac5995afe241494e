"""What the OpenAI SDK does not do: the public names of the course's helpers.

The SDK's own calls stay in the notebooks, where a learner can see them.
"""

from helpers.backends import base_model, connect, wait
from helpers.costs import Cost, approve, estimate_cost
from helpers.dataset import (
    overlap,
    read_jsonl,
    repair_dataset,
    require_valid,
    split_dataset,
    validate_dataset,
    write_jsonl,
)
from helpers.errors import (
    BackendUnavailable,
    DatasetError,
    FineTuneError,
    JobFailed,
    MissingArtifact,
    NotApproved,
    ServerStopped,
    UnknownBackend,
)
from helpers.evaluation import Comparison, compare, has_facts, has_form, rhymes, score_predictions
from helpers.events import (
    checkpoints_frame,
    describe_progress,
    events_to_frame,
    is_terminal,
    metrics_frame,
    parse_result_file,
    require_succeeded,
)
from helpers.monitor import all_events, watch
from helpers.plots import describe_loss, plot_loss, plot_scores, plot_token_histogram
from helpers.replay import NotRecorded
from helpers.report import Issue, Report
from helpers.runs import Run, data_path, fingerprint, open_run
from helpers.tokens import TokenCounts, count_dataset, count_row, count_tokens, n_epochs_auto

__all__ = [
    "BackendUnavailable",
    "Comparison",
    "Cost",
    "DatasetError",
    "FineTuneError",
    "Issue",
    "JobFailed",
    "MissingArtifact",
    "NotApproved",
    "NotRecorded",
    "Report",
    "Run",
    "ServerStopped",
    "TokenCounts",
    "UnknownBackend",
    "all_events",
    "approve",
    "base_model",
    "checkpoints_frame",
    "compare",
    "connect",
    "count_dataset",
    "count_row",
    "count_tokens",
    "data_path",
    "describe_loss",
    "describe_progress",
    "estimate_cost",
    "events_to_frame",
    "fingerprint",
    "has_facts",
    "has_form",
    "is_terminal",
    "metrics_frame",
    "n_epochs_auto",
    "open_run",
    "overlap",
    "parse_result_file",
    "plot_loss",
    "plot_scores",
    "plot_token_histogram",
    "read_jsonl",
    "repair_dataset",
    "require_succeeded",
    "require_valid",
    "rhymes",
    "score_predictions",
    "split_dataset",
    "validate_dataset",
    "wait",
    "watch",
    "write_jsonl",
]
