"""What happens beside the training at each step: report it, validate, stop when asked."""

import math
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from transformers import PreTrainedModel, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from local_server.training.choice.memory import Size
from local_server.training.job_log import CHECKPOINTS_KEPT, Log, step_of
from local_server.training.keeping import kept_precision, strip
from local_server.training.measured.metrics import StepMetrics, TrainMetrics
from local_server.training.measured.validation import Validation


class TrainingFailed(Exception):
    """The job cannot go on.

    Args:
        message: For the person who started it.
        code: Of the job's error.
        param: The field of the request that is to blame, or None.
        further: One line for each further problem.

    Attributes:
        code: Of the job's error.
        param: The field of the request, or None.
        further: One line for each further problem.
    """

    def __init__(
        self, message: str, code: str = "server_error", param: str | None = None, further: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
        self.further = list(further)


class Reporter(TrainerCallback):
    """Writes one line per step, keeps checkpoints, and stops the training at a step boundary when asked.

    A checkpoint is kept at the end of each of the last three epochs. When the training stops before
    its end, one more is kept at that step, until the next epoch ends.

    Args:
        log: Where lines go.
        stop: Set when the server pauses the job, ends, or is gone.
        validation: None without a validation file.
        checkpoints: Folder of the checkpoints.
        steps_per_epoch: Optimizer steps in one epoch.
        size: Of the model.
        measured: Gives what the method has measured on the last batch beside the loss.
    """

    def __init__(
        self,
        log: Log,
        stop: threading.Event,
        validation: Validation[Any] | None,
        checkpoints: Path,
        steps_per_epoch: int,
        size: Size,
        measured: Callable[[], TrainMetrics],
    ) -> None:
        self._log = log
        self._stop = stop
        self._validation = validation
        self._checkpoints = checkpoints
        self._steps_per_epoch = steps_per_epoch
        self._size = size
        self._measured = measured
        # After a restart, steps between the last checkpoint and the interruption are computed again.
        self._reported = max((metrics["step"] for metrics in log.metrics()), default=0)
        self._saved = 0
        self._began = (0, 0.0)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Remember where this process took up the training, to tell its speed."""
        self._began = (state.global_step, time.time())

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        # The base class names them in its **kwargs only, so they need a default.
        logs: Mapping[str, float] = MappingProxyType({}),
        model: PreTrainedModel | None = None,
        **kwargs: object,
    ) -> None:
        """Report the step that has just ended."""
        step = state.global_step
        if "loss" not in logs or step <= self._reported:
            return
        if not math.isfinite(logs["loss"]):
            message = f"The training loss is {logs['loss']} at step {step}: the model has diverged. "
            raise TrainingFailed(message + "Use a smaller learning_rate_multiplier and start a new job.")
        metrics: StepMetrics = {
            "step": step,
            "total_steps": state.max_steps,
            "train_loss": logs["loss"],
            **self._measured(),
        }
        if self._validation is not None and model is not None:
            metrics |= self._validation.after_step(model, step, step % self._steps_per_epoch == 0)
        first, began = self._began
        now = time.time()
        finish = now + (state.max_steps - step) * (now - began) / (step - first)
        self._log.step(metrics, finish)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Honor a request to stop, with a checkpoint of this very step."""
        if self._stop.is_set():
            control.should_training_stop = True
            control.should_save = True

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Save what was not saved at the step's end: an epoch may have been cut short there."""
        control.should_save = state.global_step != self._saved

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Note that a checkpoint is whole: a folder without this line may be half written."""
        self._saved = state.global_step
        self._log.checkpoint(state.global_step)
        folders = {step_of(folder): folder for folder in self._checkpoints.glob("checkpoint-*")}
        of_epochs = sorted(step for step in folders if step % self._steps_per_epoch == 0)
        for step in folders.keys() - {state.global_step, *of_epochs[-CHECKPOINTS_KEPT:]}:
            shutil.rmtree(folders.pop(step), ignore_errors=True)
        # The training goes on from the newest one only: state of a large model is gigabytes.
        for step in folders.keys() - {state.global_step}:
            strip(folders[step], kept_precision(self._size))
