"""Models: their names, their vocabularies, and how long a row may be."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from samples import FILE, found, with_last

from finetune_dataset import models
from finetune_dataset.errors import DatasetError
from finetune_dataset.models import context_limit, encoding_of, is_known
from finetune_dataset.tokens.count import count_tokens
from helpers.paths import ROOT, data_path


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-3.5-turbo-0125", "cl100k_base"),
        ("gpt-35-turbo", "cl100k_base"),
        ("gpt-4-0613", "cl100k_base"),
        ("gpt-4-turbo-2024-04-09", "cl100k_base"),
        ("ft:gpt-4-0613:acme::AbCd1234", "cl100k_base"),
        ("gpt-4o-mini-2024-07-18", "o200k_base"),
        ("gpt-4.1-mini-2025-04-14.ft-0a1b-elle", "o200k_base"),
        ("ft:gpt-4.1-mini-2025-04-14:acme:elle:AbCd1234", "o200k_base"),
        ("gpt-4.5-preview", "o200k_base"),
        ("gpt-5.1", "o200k_base"),
        ("gpt-6-luna", "o200k_base"),
        ("o4-mini-2025-04-16", "o200k_base"),
        ("openai/gpt-oss-20b", "o200k_base"),
    ],
)
def test_a_model_has_the_encoding_of_its_family(model, encoding):
    assert (encoding_of(model), is_known(model)) == (encoding, True)


@pytest.mark.parametrize("model", ["meta-llama/Llama-3.3-70B-Instruct", "gpt-4.7", "gpt-42", "o3x", ""])
def test_a_model_that_is_not_in_the_table_gets_a_guess_that_is_known_as_one(model):
    assert (encoding_of(model), is_known(model)) == ("o200k_base", False)


@pytest.mark.parametrize(("model", "tokens"), [("gpt-4o-mini", 65_536), ("ft:gpt-3.5-turbo:acme", 16_385)])
def test_a_row_longer_than_the_model_reads_is_a_warning_with_the_limit(check, model, tokens):
    long = json.dumps(with_last(content="word " * tokens))

    report = check(FILE + long, model=model)

    (problem,) = report.problems
    assert (problem.line, problem.code, problem.severity) == (13, "row_too_long", "warning")
    assert f"at most {tokens:,}" in problem.expected
    assert "row_too_long" not in check(FILE + long).counts


@pytest.mark.parametrize("model", ["periodic-tiny", "ft:periodic-tiny:acme", data_path("base_model")])
def test_the_local_model_reads_1024_tokens(check, model):
    report = check(FILE + json.dumps(with_last(content="helium " * 1_100)), model=model)

    assert found(report) == [(13, "", "row_too_long")]
    assert "at most 1,024" in report.problems[0].expected
    assert str(ROOT) not in str(report)


def test_a_model_without_a_known_limit_has_none(check, tmp_path):
    assert context_limit("some-other-model") is None
    assert context_limit(tmp_path) is None


@pytest.mark.parametrize("config", ["{", "[1]", '{"max_position_embeddings": null}'])
def test_a_config_that_says_no_limit_is_no_reason_for_a_traceback(tmp_path, config):
    (tmp_path / "config.json").write_text(config)

    if config == "{":
        with pytest.raises(DatasetError, match=r"config\.json cannot be read as JSON"):
            context_limit(tmp_path)
    else:
        assert context_limit(tmp_path) is None


@pytest.fixture
def installed(tmp_path):
    """The package alone, as a wheel puts it beside other packages."""
    shutil.copytree(ROOT / "finetune_dataset", tmp_path / "finetune_dataset")

    def count(program="print(count_tokens('helium', 'periodic-tiny'))"):
        setup = "from finetune_dataset import FineTuneError, count_tokens"
        command = [sys.executable, "-P", "-c", f"{setup}\n{program}"]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
        return done.stdout.strip() or done.stderr

    return count


@pytest.mark.parametrize("place", ["data", "fine_tuning_course/data"], ids=["clone", "wheel"])
def test_the_courses_own_model_is_found_in_a_clone_and_beside_a_wheel(installed, tmp_path, place):
    folder = tmp_path / place / "base_model"
    folder.mkdir(parents=True)
    shutil.copy(data_path("base_model", "tokenizer.json"), folder)

    assert installed() == str(count_tokens("helium", data_path("base_model")))


def test_without_the_courses_own_model_the_message_says_what_to_do(installed, tmp_path):
    program = "try: count_tokens('helium', 'periodic-tiny')\nexcept FineTuneError as error: print(error)"

    said = installed(program)

    assert said.startswith(
        f"The tokenizer of periodic-tiny is neither in {tmp_path / 'data' / 'base_model'} nor in "
    )
    assert "Install the course's wheel" in said


def test_in_this_clone_the_folder_is_that_of_the_data():
    assert data_path("base_model") == models.PERIODIC_TINY
    assert models.is_local("ft:periodic-tiny-2026-11:local:elle:AbCd1234")
