"""A record that holds something else than its kind: `test_schema.py` opens whole databases of that sort."""

import json
from pathlib import Path

from local_server.jobs.answers import JOBS, new_job
from local_server.jobs.methods.answers import supervised
from local_server.jobs.store import JobStore
from local_server.jobs.upkeep.damage import mend

AUTO = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}


def test_what_can_be_read_of_a_damaged_job_is_kept(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "server.db")
    job = new_job(
        model="base", training_file="file-1", validation_file=None, method=supervised(AUTO), seed=3,
        suffix="a", metadata={"k": "v"}, integrations=[],
    )  # fmt: skip
    before, after = (dict(job, id=f"ftjob-{name}") for name in ("before", "after"))
    for each in (before, job, after):
        store.of("anna").add(JOBS, each)
    broken = {**job, "status": "flying", "seed": "three"}
    store.rows("UPDATE objects SET body = ? WHERE id = ?", json.dumps(broken), job["id"])

    mend(store)
    mend(store)

    listed, _ = store.page(JOBS, limit=9, oldest_first=True)
    assert listed[0] == before
    assert listed[2] == after
    message = listed[1]["error"]["message"]
    assert listed[1] == job | {
        "seed": 0,
        "status": "failed",
        "finished_at": job["created_at"],
        "error": {"code": "server_error", "message": message, "param": None},
    }
    assert message.startswith("The record of this job in the server's database was damaged")
    # It is still its owner's, and nobody else's.
    assert (store.of("anna").job(job["id"]), store.of("ben").get(JOBS, job["id"])) == (listed[1], None)
    store.close()
