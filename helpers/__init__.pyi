from .backends.connect import base_model as base_model, connect as connect, wait as wait
from .conversations import show_conversations as show_conversations
from .costs.break_even import break_even as break_even
from .costs.cost_table import cost_table as cost_table
from .costs.estimate import approve as approve, estimate_cost as estimate_cost
from .costs.prices import untuned_models as untuned_models
from .costs.retirements import retirement_table as retirement_table
from .dataset import (
    DatasetError as DatasetError,
    check_quality as check_quality,
    read_jsonl as read_jsonl,
    repair_dataset as repair_dataset,
    require_valid as require_valid,
    split_dataset as split_dataset,
    validate_dataset as validate_dataset,
    write_jsonl as write_jsonl,
)
from .evaluation import (
    compare as compare,
    has_facts as has_facts,
    has_form as has_form,
    rhymes as rhymes,
    score_predictions as score_predictions,
)
from .jobs.events import (
    checkpoints_frame as checkpoints_frame,
    events_to_frame as events_to_frame,
    metrics_frame as metrics_frame,
)
from .jobs.facts import is_terminal as is_terminal, require_succeeded as require_succeeded
from .jobs.losses.best_checkpoint import best_checkpoint as best_checkpoint
from .jobs.losses.describe import describe_loss as describe_loss, describe_runs as describe_runs
from .jobs.result_file import read_result_file as read_result_file
from .monitor.job_reader import all_events as all_events
from .monitor.watch import attach as attach, watch as watch
from .paths import data_path as data_path
from .plots.compare_runs import compare_runs as compare_runs
from .plots.dataset import (
    plot_roles as plot_roles,
    plot_token_histogram as plot_token_histogram,
    plot_turns as plot_turns,
)
from .plots.loss import plot_loss as plot_loss
from .plots.scores import plot_scores as plot_scores
from .runs import fingerprint as fingerprint, open_run as open_run
from .statistics import describe_statistics as describe_statistics
