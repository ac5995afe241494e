"""Find the job that was created for the same request before, so that a cell can run twice."""

from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob

_ENDED_BADLY = ("failed", "cancelled")


def find_job(client: OpenAI, mark: str) -> FineTuningJob | None:
    """Return the newest job that carries a mark and has not ended badly. Notebook 03 writes it by hand.

    Args:
        client: The client to ask; all pages of its jobs are read.
        mark: What `metadata={"request": mark}` said when the job was created; `fingerprint` makes one.

    Returns:
        The job, or None: then nothing stands against creating it.
    """
    for job in client.fine_tuning.jobs.list(limit=50):
        if (job.metadata or {}).get("request") == mark and job.status not in _ENDED_BADLY:
            return job
    return None
