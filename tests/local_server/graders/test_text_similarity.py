"""How alike two texts are."""

import openai
import pytest
from grading import ALIKE, run
from serving import refusal


@pytest.mark.parametrize(
    ("metric", "reward"),
    [
        # Of rouge-score 0.1.2, sacrebleu 2.6.0, nltk 3.10 and rapidfuzz 3.14, asked directly.
        ("fuzzy_match", 0.83125),
        ("bleu", 0.24177237),
        ("gleu", 0.33333333),
        ("meteor", 0.63920455),
        ("rouge_1", 0.76923077),
        ("rouge_2", 0.54545455),
        ("rouge_3", 0.22222222),
        ("rouge_4", 0),
        ("rouge_5", 0),
        ("rouge_l", 0.76923077),
    ],
)
def test_text_similarity(client: openai.OpenAI, metric: str, reward: float) -> None:
    item = {"reference": "The cat lay on the mat, asleep."}
    result = run(client, ALIKE | {"evaluation_metric": metric}, "The cat sat on the mat.", item)
    assert result.reward == pytest.approx(reward, abs=1e-8)


def test_a_text_too_long_to_compare_is_refused(client: openai.OpenAI) -> None:
    refused = refusal(
        client.fine_tuning.alpha.graders.run,
        grader=ALIKE,
        model_sample="a" * 20_001,
        item={"reference": "a"},
    )

    assert (refused["status"], refused["param"]) == (400, "grader")
    assert "20,001 characters" in refused["message"]
