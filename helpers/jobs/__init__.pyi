from .events import (
    checkpoints_frame as checkpoints_frame,
    events_to_frame as events_to_frame,
    metrics_frame as metrics_frame,
)
from .facts import (
    extra_body as extra_body,
    is_terminal as is_terminal,
    job_facts as job_facts,
    require_succeeded as require_succeeded,
)
from .losses.best_checkpoint import best_checkpoint as best_checkpoint
from .losses.describe import describe_loss as describe_loss, describe_runs as describe_runs
from .progress import describe_progress as describe_progress
from .result_file import read_result_file as read_result_file
