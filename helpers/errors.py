"""The refusals of this package.

FineTuneError
├── DatasetError         a file that cannot be used as training data
├── MissingArtifact      a notebook needs what an earlier notebook makes
├── UnknownBackend       a backend name that `connect` does not know
├── JobFailed            a job that ended without a fine-tuned model
├── JobNotEnded          a job that is needed at its end, and still goes on
├── NotApproved          a job that costs money, and no "yes"
├── LeakedQuestions      a score of questions that were also trained
├── NotScored            an answer that does not tell the loss of its tokens
├── UnreadableContent    a file or a line that is not what a service writes
├── BackendUnavailable   a backend that cannot be reached or used now
├── JobNotFound          the service does not know the job, or has none
└── ServerStopped        the server went away while a job was watched

`backends.replay.NotRecorded` also belongs to this family. It is defined next to the
player because it must derive from the SDK's own root exception as well.

Problems *in data* are not exceptions: `validate_dataset` returns them as rows.
Exceptions of the OpenAI SDK reach the learner unchanged, except while a job is watched: `monitor`
says there what a refusal or a silent server means, and keeps the SDK's exception as the cause.
"""

from finetune_dataset.errors import DatasetError as DatasetError, FineTuneError as FineTuneError


class MissingArtifact(FineTuneError):
    """A file of an earlier notebook is not in the run folder; the message names that notebook."""


class UnknownBackend(FineTuneError):
    """The backend name is not known; the message lists the names that are."""


class JobFailed(FineTuneError):
    """A job ended without a fine-tuned model; the message says its status, the reason and what to do."""


class JobNotEnded(FineTuneError):
    """A job has no fine-tuned model yet; the message says its status and how to wait for it."""


class NotApproved(FineTuneError):
    """A job would cost money and nobody said yes; nothing was sent."""


class LeakedQuestions(FineTuneError):
    """Questions of the test part were also trained; the message says which, and what to do."""


class UnreadableContent(FineTuneError):
    """Events or a result file are not in a form that a service writes; the message says what was found."""


class BackendUnavailable(FineTuneError):
    """The backend cannot be used now: no server, no key, or a service that has closed."""


class JobNotFound(FineTuneError):
    """The service does not know a job, or has no job at all; the message says where to look."""


class ServerStopped(FineTuneError):
    """The server stopped answering while a job was watched; the job itself may go on."""


class NotScored(FineTuneError):
    """An answer does not tell the loss of its tokens: some services ignore unknown parameters."""
