"""How a model's calls are written is found out from its chat template."""

import gc
import weakref

import pytest
from serving import ROOT
from transformers import AutoTokenizer

from local_server.training.rows.forms import OURS, Form, form_of
from tools import NATIVE

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("template", "form"),
    [
        (None, OURS),
        (NATIVE, Form("[CALL]\n", "\n[/CALL]", "", own=True)),
        # Calls that are written in another way, or with special tokens, cannot be followed.
        (NATIVE.replace('"arguments"', '"parameters"'), OURS),
        (NATIVE.replace("[CALL]", "<|user|>"), OURS),
        ("{{ raise_exception('no tools') if tools }}" + NATIVE, OURS),
    ],
)
def test_the_form_of_a_template_is_found_out(template: str | None, form: Form) -> None:
    tokenizer = AutoTokenizer.from_pretrained(ROOT / "data" / "base_model")
    if template is not None:
        tokenizer.chat_template = template

    assert form_of(tokenizer) == form


def test_a_tokenizer_is_not_kept_for_its_form() -> None:
    tokenizer = AutoTokenizer.from_pretrained(ROOT / "data" / "base_model")
    form_of(tokenizer)
    kept = weakref.ref(tokenizer)

    del tokenizer
    gc.collect()

    assert kept() is None
