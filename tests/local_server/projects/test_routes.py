"""What a learner's key opens, what the owner's key can do, and the limits, with the real SDK."""

from collections.abc import Callable, Iterator

import openai
import pytest
from class_server import Classroom, classroom
from grading import python, run
from openai.types.admin.organization import Project
from pydantic import TypeAdapter
from serving import BASE_MODEL, NAMES, ROOT, LocalServer, hyperparameters, refusal, row, upload, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    with classroom(tmp_path_factory.mktemp("class"), steps_per_job=50, storage_mb=8) as room:
        yield room


@pytest.fixture
def owner(room: Classroom) -> openai.OpenAI:
    return room.server.client()


@pytest.fixture
def anna(room: Classroom) -> openai.OpenAI:
    return room.client("anna")


def long_job(
    client: openai.OpenAI, file_id: str, **options: object
) -> openai.types.fine_tuning.FineTuningJob:
    """A job that does not end by itself while a test looks at it: 50 steps, a slot for one."""
    method = hyperparameters(n_epochs=25, batch_size=5)
    return client.fine_tuning.jobs.create(
        model=BASE_MODEL, training_file=file_id, method=method, seed=1, **options
    )


def ids(client: openai.OpenAI) -> list[str]:
    return [job.id for job in client.fine_tuning.jobs.list()]


def test_a_third_job_is_refused_until_one_of_two_has_ended(anna: openai.OpenAI) -> None:
    file = upload(anna, [row(name) for name in NAMES[:10]])
    first, second = long_job(anna, file.id), long_job(anna, file.id)
    # A paused job still counts: it can be resumed at any time.
    anna.fine_tuning.jobs.pause(second.id)
    running = anna.fine_tuning.jobs.retrieve(first.id).status

    refused = refusal(long_job, anna, file.id)
    anna.fine_tuning.jobs.cancel(first.id)
    third = long_job(anna, file.id)

    assert refused == {
        "status": 429,
        "message": "This fine-tune request has been rate-limited. Your project has reached the maximum of 2 "
        f"jobs that have not ended (1 running, 1 waiting): {first.id} ({running}), {second.id} (paused). "
        "Wait until one of them has ended, or cancel it with fine_tuning.jobs.cancel.",
        "type": "invalid_request_error",
        "param": None,
        "code": "rate_limit_exceeded",
    }
    for job in (second, third):
        anna.fine_tuning.jobs.cancel(job.id)


def test_a_job_of_too_many_steps_fails_with_the_arithmetic(anna: openai.OpenAI) -> None:
    file = upload(anna, [row(name) for name in NAMES[:11]])
    job = anna.fine_tuning.jobs.create(
        model=BASE_MODEL, training_file=file.id, method=hyperparameters(n_epochs=10, batch_size=2)
    )

    failed = wait_until(
        lambda: anna.fine_tuning.jobs.retrieve(job.id), lambda job: job.finished_at is not None
    )

    assert failed.error.to_dict() == {
        "code": "steps_limit_exceeded",
        "message": "This job would train 60 steps (10 epochs of 11 rows, 2 in a step); a job of the project "
        "'anna' has at most 50. Ask for fewer epochs (n_epochs) or more rows in a step (batch_size), or "
        "upload fewer rows.",
        "param": "hyperparameters",
    }


def test_storage_is_counted_over_files_and_parts_and_freed_by_deleting(room: Classroom) -> None:
    ben = room.client("ben")
    megabyte = bytes(1024**2)
    kept = [ben.files.create(file=("a.bin", megabyte), purpose="user_data") for _ in range(4)]
    pending = ben.uploads.create(bytes=4 * 1024**2, filename="b.bin", mime_type="a/b", purpose="user_data")
    parts = [ben.uploads.parts.create(pending.id, data=megabyte).id for _ in range(3)]

    file = refusal(ben.files.create, file=("c.bin", megabyte), purpose="user_data")
    part = refusal(ben.uploads.parts.create, pending.id, data=megabyte)
    ben.files.delete(kept[0].id)
    parts.append(ben.uploads.parts.create(pending.id, data=megabyte).id)
    whole = ben.uploads.complete(pending.id, part_ids=parts).file

    assert (file["status"], file["code"]) == (403, "storage_limit_exceeded")
    assert file["message"].startswith("The project 'ben' keeps 7.0 MB of the 8 MB that it may keep, and this")
    assert part["code"] == "storage_limit_exceeded"
    assert whole.bytes == 4 * 1024**2
    # Of others nothing is counted.
    room.client("anna").files.create(file=("d.bin", megabyte), purpose="user_data")
    # Its limit is not reached, so a job can begin.
    job = long_job(ben, upload(ben, [row(name) for name in NAMES[:10]]).id)
    ben.fine_tuning.jobs.cancel(job.id)
    for each in (*kept[1:], whole):
        ben.files.delete(each.id)


def test_the_owner_sees_all_or_one_project_and_ends_jobs(
    room: Classroom, owner: openai.OpenAI, anna: openai.OpenAI
) -> None:
    ben = room.client("ben")
    hers, his = (long_job(client, upload(client, [row("A")] * 10).id) for client in (anna, ben))
    as_ben = room.server.client(project="ben")

    assert {hers.id, his.id} <= set(ids(owner))
    assert (his.id in ids(as_ben), hers.id in ids(as_ben)) == (True, False)
    assert (his.id in ids(anna), hers.id in ids(ben)) == (False, False)
    assert refusal(as_ben.fine_tuning.jobs.cancel, hers.id)["status"] == 404
    for job, client in ((hers, owner), (his, as_ben)):
        assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    # What the owner adds is no learner's, unless a project is named.
    file, for_ben = upload(owner, [row("B")]), upload(as_ben, [row("C")])
    assert refusal(anna.files.retrieve, file.id)["status"] == 404
    assert ben.files.retrieve(for_ben.id).id == for_ben.id


@pytest.mark.parametrize(
    ("who", "project", "code"),
    [
        ("anna", "ben", "mismatched_project"),
        ("anna", "nobody", "mismatched_project"),
        ("owner", "nobody", "invalid_project"),
        ("stranger", None, "invalid_api_key"),
        ("stranger", "anna", "invalid_api_key"),
    ],
)
def test_a_key_opens_no_project_but_its_own(
    room: Classroom, owner: openai.OpenAI, who: str, project: str | None, code: str
) -> None:
    keys = {**room.keys, "owner": owner.api_key, "stranger": "local-" + "x" * 43}
    client = openai.OpenAI(base_url=owner.base_url, api_key=keys[who], project=project, max_retries=0)

    refused = refusal(client.models.list)

    assert (refused["status"], refused["code"]) == (401, code)
    assert keys[who] not in refused["message"]


def test_a_learner_may_name_the_own_project(room: Classroom) -> None:
    assert room.client("anna", project="anna").models.list().data[0].id == BASE_MODEL


def test_projects_are_listed_for_the_owner_alone(room: Classroom, owner: openai.OpenAI) -> None:
    admin = openai.OpenAI(base_url=owner.base_url, admin_api_key=owner.api_key, api_key="", max_retries=0)
    raw = admin.admin.organization.projects.with_raw_response.list(limit=1)
    listed = list(admin.admin.organization.projects.list(limit=1))

    assert [project.id for project in listed] == ["anna", "ben"]
    for project in raw.http_response.json()["data"]:
        TypeAdapter(Project).validate_python(project, strict=True)
    for key in (room.keys["anna"], owner.api_key):
        with room.http(key, **({} if key == room.keys["anna"] else {"OpenAI-Project": "anna"})) as http:
            assert http.get("/v1/organization/projects").status_code == 403
            assert http.post("/v1/organization/projects/ben/purge").status_code == 403


def test_a_purge_leaves_nothing_of_a_project_and_nothing_of_others_is_touched(
    room: Classroom, owner: openai.OpenAI, anna: openai.OpenAI
) -> None:
    ben = room.client("ben")
    file, other = upload(ben, [row(name) for name in NAMES[:10]]), upload(anna, [row("A")])
    job = long_job(ben, file.id)
    waiting = long_job(ben, file.id)
    pending = ben.uploads.create(bytes=5, filename="b", mime_type="a/b", purpose="user_data")
    response = ben.responses.create(model=BASE_MODEL, input="Hello", max_output_tokens=16)
    wait_until(lambda: ben.fine_tuning.jobs.retrieve(job.id).status, lambda status: status == "running")

    with room.http(owner.api_key) as http:
        purged = http.post("/v1/organization/projects/ben/purge")
        unknown = http.post("/v1/organization/projects/nobody/purge")

    said = purged.json()
    assert (said["id"], said["object"], said["jobs"] >= 2) == ("ben", "organization.project.purged", True)
    assert (unknown.status_code, unknown.json()["error"]["param"]) == (404, "project_id")
    gone: list[Callable[[], object]] = [
        lambda: ben.fine_tuning.jobs.retrieve(job.id),
        lambda: ben.fine_tuning.jobs.retrieve(waiting.id),
        lambda: ben.files.retrieve(file.id),
        lambda: ben.uploads.cancel(pending.id),
        lambda: ben.responses.retrieve(response.id),
    ]
    assert [refusal(read)["status"] for read in gone] == [404] * 5
    assert (ben.files.list().data, ben.fine_tuning.jobs.list().data) == ([], [])
    state = room.server.state
    left = [path for path in state.rglob("*") if path.name in (file.id, job.id, waiting.id, pending.id)]
    wait_until(lambda: [path for path in left if path.exists()], lambda paths: paths == [], seconds=20)
    assert anna.files.retrieve(other.id).id == other.id
    # The key still opens the project, which is empty.
    assert upload(ben, [row("B")]).id


def test_a_prompt_of_one_learner_is_not_known_to_be_read_from_another_ones_answer(room: Classroom) -> None:
    def cached(client: openai.OpenAI) -> int:
        messages = [{"role": "user", "content": "The secret word of Anna is Rhubarb. " * 10}]
        usage = client.chat.completions.create(model=BASE_MODEL, messages=messages, max_tokens=1).usage
        return usage.prompt_tokens_details.cached_tokens

    anna, ben = room.client("anna"), room.client("ben")

    first, again, his = cached(anna), cached(anna), cached(ben)

    assert (first, his) == (0, 0)
    assert again > 0


def test_a_python_grader_runs_behind_walls_or_not_at_all(anna: openai.OpenAI) -> None:
    source = """
from pathlib import Path
def grade(sample, item):
    return float(Path(item["state"]).exists())
"""

    graded = run(anna, python(source), item={"state": str(ROOT / "README.md")})

    # Nothing of the disk is seen; where there are no walls, the grader does not run.
    refused = graded.metadata.errors.python_grader_runtime_error_details or ""
    assert (graded.reward, refused) == (0.0, "") or refused.startswith("Python graders are switched off")


def test_a_server_without_projects_says_how_to_get_them(server: LocalServer) -> None:
    client = server.client()

    refused = refusal(client.get, "/organization/projects", cast_to=object)

    assert (refused["status"], refused["code"]) == (404, "unsupported_route")
    assert "started without --projects" in refused["message"]
