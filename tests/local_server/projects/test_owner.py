"""The table of a class, and the commands that end and purge, against a real server."""

import re
from pathlib import Path

import pytest
from class_server import classroom
from serving import BASE_MODEL, NAMES, hyperparameters, row, upload, wait_until

from local_server.projects.__main__ import main
from local_server.projects.owner import NotAnswered, Owner

pytestmark = pytest.mark.slow


def test_the_table_shows_each_learner_with_status_and_step_until_jobs_are_ended_and_purged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with classroom(tmp_path) as room:
        client, state = room.client("anna"), ["--state", str(room.server.state)]
        file = upload(client, [row(name) for name in NAMES[:10]])
        method = hyperparameters(n_epochs=50, batch_size=5)
        jobs = [
            client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id, method=method)
            for _ in range(2)
        ]
        owner = Owner(room.server.state)
        at_work = wait_until(owner.grid, lambda lines: "/100" in lines[0][2])
        capsys.readouterr()

        assert main(["grid", *state]) == 0
        table = capsys.readouterr().out.splitlines()
        assert main(["end", "anna", *state]) == 0
        ended = capsys.readouterr().out
        left = owner.grid()
        assert main(["purge", "anna", *state]) == 0
        purged = capsys.readouterr().out
        empty = owner.grid()
        with pytest.raises(NotAnswered, match="No such project: 'nobody'"):
            owner.purge("nobody")
        with pytest.raises(NotAnswered, match="No such project: 'nobody'"):
            owner.end("nobody")

    assert at_work == [("anna", "running", at_work[0][2], jobs[0].id), ("ben", "-", "-", "-")]
    assert re.fullmatch(rf"anna     running  \d+/100  {jobs[0].id}", table[1])
    assert (table[0].split(), table[2].split(), len(table)) == (
        ["project", "status", "step", "job"],
        ["ben", "-", "-", "-"],
        3,
    )
    assert sorted(re.findall(r"ftjob-\w+", ended)) == sorted(job.id for job in jobs)
    assert (left[0][1], left[1]) == ("cancelled", ("ben", "-", "-", "-"))
    assert purged == "anna: 2 jobs and 1 files deleted, with models, responses and records\n"
    assert empty == [("anna", "-", "-", "-"), ("ben", "-", "-", "-")]
