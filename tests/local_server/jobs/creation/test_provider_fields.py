"""Fields of other services, and mistyped ones, as clients of the server meet them."""

import openai
import pytest
from openai.types import FileObject
from serving import BASE_MODEL, LocalServer, row, upload

from local_server.http.errors import ApiError
from local_server.jobs.creation.bodies import CreateJob, asked_way, warnings_of
from local_server.jobs.creation.provider_fields import MAX_FIELDS, no_effect, unknown_fields


@pytest.fixture(scope="module")
def few_rows(server: LocalServer) -> FileObject:
    """Too few to train: a job on it ends before any training process is started."""
    return upload(server.client(), [row("Zoe")] * 3)


def body(**fields: object) -> CreateJob:
    return CreateJob.model_validate({"model": "m", "training_file": "f", **fields})


def test_fields_of_other_services_are_taken_and_an_event_names_each(
    client: openai.OpenAI, few_rows: FileObject
) -> None:
    job = client.fine_tuning.jobs.create(
        model=BASE_MODEL,
        training_file=few_rows.id,
        hyperparameters={"n_epochs": 1, "warmup_ratio": 0.03, "packing": True},
        extra_body={"trainingType": "GlobalStandard", "nobody_knows": [{"a": 1}]},
    )

    warned = [event for event in client.fine_tuning.jobs.list_events(job.id) if event.level == "warn"]
    assert [event.message for event in warned] == [
        "These fields are not known here and without effect: 'trainingType' (it chooses a price of Azure), "
        "'nobody_knows', 'hyperparameters.warmup_ratio' (the learning rate falls from the first step), "
        "'hyperparameters.packing' (each row is read on its own)."
    ]


@pytest.mark.parametrize(
    ("fields", "param", "meant"),
    [
        ({"training_fil": "f"}, "training_fil", "training_file"),
        ({"sufix": "x"}, "sufix", "suffix"),
        ({"n_epochs": 3}, "n_epochs", "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epoch": 3}}, "hyperparameters.n_epoch", "n_epochs"),
        ({"hyperparameters": {"nEpochs": 3}}, "hyperparameters.nEpochs", "n_epochs"),
        ({"hyperparameters": {"batch_szie": 3}}, "hyperparameters.batch_szie", "batch_size"),
        (
            {"method": {"type": "supervised", "supervised": {"hyperparameters": {"loraRank": 8}}}},
            "method.supervised.hyperparameters.loraRank",
            "lora_rank",
        ),
    ],
)
def test_a_mistyped_or_misplaced_field_is_refused_with_the_name_that_was_meant(
    client: openai.OpenAI, few_rows: FileObject, fields: dict, param: str, meant: str
) -> None:
    whole = {"model": BASE_MODEL, "training_file": few_rows.id} | fields
    if "training_fil" in fields:
        del whole["training_file"]

    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/fine_tuning/jobs", body=whole, cast_to=object)

    assert refused.value.body == {
        "message": f"Unknown parameter: '{param}'. Did you mean '{meant}'?",
        "type": "invalid_request_error",
        "param": param,
        "code": "unknown_parameter",
    }


@pytest.mark.parametrize(
    ("hyperparameters", "param"),
    [
        ({"n_epochs": 0}, "hyperparameters.n_epochs"),
        ({"lora": "yes"}, "hyperparameters.lora"),
        ({"lora_r": 0}, "hyperparameters.lora_r"),
        ({"training_method": "sft"}, "hyperparameters.training_method"),
    ],
)
def test_a_value_of_a_known_field_is_checked_beside_unknown_ones(
    client: openai.OpenAI, few_rows: FileObject, hyperparameters: dict, param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.fine_tuning.jobs.create(
            model=BASE_MODEL,
            training_file=few_rows.id,
            hyperparameters=hyperparameters | {"packing": True},
        )

    assert (refused.value.param, refused.value.code) == (param, "invalid_value")


@pytest.mark.parametrize(
    ("fields", "chosen"),
    [
        ({"hyperparameters": {"lora": True, "lora_r": 16}}, {"training_method": "lora", "lora_rank": 16}),
        ({"lora_rank": 8, "precision": "bfloat16"},
         {"training_method": "lora", "lora_rank": 8, "precision": "bfloat16"}),
        ({"hyperparameters": {"lora": False}}, {"training_method": "full"}),
        ({"training_method": "full", "hyperparameters": {"training_method": "lora"}},
         {"training_method": "full"}),
        ({}, {}),
    ],
)  # fmt: skip
def test_adapters_are_chosen_in_the_words_of_several_services(fields: dict, chosen: dict) -> None:
    assert asked_way(body(**fields)) == chosen


@pytest.mark.parametrize(
    "fields", [{"training_method": "full", "lora_rank": 8}, {"hyperparameters": {"lora": False, "lora_r": 8}}]
)
def test_a_rank_beside_full_training_is_refused(fields: dict) -> None:
    with pytest.raises(ApiError, match="Invalid 'lora_rank': 8 is the rank of an adapter"):
        asked_way(body(**fields))


def test_a_learning_rate_in_the_place_of_a_multiplier_is_warned_of() -> None:
    warned = warnings_of(body(hyperparameters={"learning_rate_multiplier": 2e-5}))

    assert len(warned) == 1
    assert "A learning_rate_multiplier of 2e-05 trains next to nothing" in warned[0]
    assert warnings_of(body(hyperparameters={"learning_rate_multiplier": 0.1})) == []


def test_a_key_of_another_service_is_named_and_never_repeated() -> None:
    wandb = {"type": "wandb", "wandb": {"project": "p", "api_key": "secret-key"}}

    fields = unknown_fields(body(integrations=[wandb]))

    assert fields == ["integrations.0.wandb.api_key"]
    assert "secret-key" not in no_effect(fields)


def test_more_unknown_fields_than_can_be_told_of_are_refused() -> None:
    with pytest.raises(ApiError, match="51 unknown parameters, at most 50"):
        unknown_fields(body(**{f"strange_{number:02}": 1 for number in range(MAX_FIELDS + 1)}))
