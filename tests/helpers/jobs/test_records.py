import json

import pytest
from openai.types.fine_tuning import FineTuningJob

from helpers.errors import UnreadableContent
from helpers.jobs.records import record, records

JOB = {"id": "ftjob-1", "status": "pending", "trainingType": "globalStandard"}


@pytest.mark.parametrize(
    "form",
    [
        dict,
        json.dumps,
        lambda job: json.dumps(job).encode(),
        lambda job: FineTuningJob.construct(**job),
        lambda job: type("Job", (), {"__init__": lambda self: vars(self).update(job)})(),
    ],
    ids=["dict", "text", "bytes", "SDK", "any object"],
)
def test_every_form_of_an_object_has_the_same_fields_also_those_that_the_sdk_does_not_know(form):
    assert record(form(JOB)).items() >= JOB.items()


@pytest.mark.parametrize(
    "form",
    [
        lambda jobs: jobs,
        lambda jobs: {"object": "list", "data": jobs},
        lambda jobs: "\n".join(map(json.dumps, jobs)) + "\n\n",
        lambda jobs: "\r\n".join(map(json.dumps, jobs)).encode(),
    ],
    ids=["list", "page", "text", "bytes"],
)
def test_every_form_of_a_list_has_the_same_objects(form):
    assert records(form([JOB, {"id": "ftjob-2"}])) == [JOB, {"id": "ftjob-2"}]


@pytest.mark.parametrize(
    ("thing", "found"), [(7, "found int"), ("[1]", "found '[1]'"), ("{", "found '{'"), (b"\xff", "found b")]
)
def test_anything_else_is_refused_with_what_was_found(thing, found):
    with pytest.raises(UnreadableContent) as caught:
        record(thing)

    assert found in str(caught.value)
