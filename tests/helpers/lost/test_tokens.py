"""The loss of each token, read out of an answer of the server, as colored text and as a figure."""

import math
import re

import pandas as pd
import pytest

from helpers.errors import NotScored
from helpers.lost.tokens import LARGEST, TokenView, plot_tokens, token_losses

TOLD = [
    None,
    {"5": {"logprob": -3.0, "rank": 7, "decoded_token": "Hi"}},
    {"9": {"logprob": -1.5, "rank": 2, "decoded_token": " $1"}},
    {"2": {"logprob": -0.01, "rank": 1, "decoded_token": "<end>\n"}},
]
LOSSES = token_losses(TOLD, 2)


def test_the_tokens_of_the_answer_are_those_after_the_question():
    assert LOSSES.to_dict("records") == [
        {"token": " $1", "loss": 1.5, "rank": 2},
        {"token": "<end>\n", "loss": 0.01, "rank": 1},
    ]


def test_an_answer_without_tokens_is_refused():
    with pytest.raises(ValueError, match="Expected tokens after the first 4, found 4 in all"):
        token_losses(TOLD, 4)


def test_a_service_that_ignored_the_parameter_is_told_apart_with_the_way_out():
    with pytest.raises(NotScored, match=r"the service ignored that parameter\. Ask a server that knows it"):
        token_losses(None, 2)


def test_the_text_says_the_same_in_words_in_html_and_in_the_label_for_screen_readers():
    view = TokenView({"base": LOSSES})
    sentence = (
        "base: mean loss 0.76 over 2 tokens; 1 of them are the model's own first choice; most surprising: "
        "'$1' (1.5)."
    )

    bundle = view._repr_mimebundle_()

    assert repr(view) == bundle["text/plain"] == sentence
    assert 'aria-label="base: mean loss 0.76 over 2 tokens; ' in bundle["text/html"]
    # Never by color alone: each token has its number.
    assert re.findall(r"<small>([\d.]+)</small>", bundle["text/html"]) == ["1.5", "0.0"]
    assert "&lt;end&gt;⏎" in bundle["text/html"]


def contrast(one: str, other: str) -> float:
    """WCAG 2.1: 4.5 and more can be read."""

    def luminance(color: str) -> float:
        parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_token_can_be_read_on_its_color():
    many = pd.DataFrame({"token": "a", "loss": [LARGEST * place / 100 for place in range(110)], "rank": 1})
    html = TokenView({"base": many})._repr_mimebundle_()["text/html"]

    pairs = re.findall(r"background:(#\w{6});color:(#\w{6})", html)

    assert len(set(pairs)) > 90
    assert min(contrast(*pair) for pair in pairs) >= 4.5


def test_the_figure_has_each_token_and_its_number():
    texts = [text.get_text() for text in plot_tokens({"base": LOSSES, "tuned": LOSSES}).axes[0].texts]

    one = [" $1", "1.5", "<end>⏎", "0.0"]
    assert texts == ["base: mean loss 0.76", *one, "tuned: mean loss 0.76", *one]


def test_a_long_text_is_drawn_in_lines_that_stay_in_the_figure():
    words = pd.DataFrame({"token": ["word"] * 60, "loss": 1.0, "rank": 1})

    ax = plot_tokens({"base": words}).axes[0]

    places = [patch.get_xy() for patch in ax.patches]
    assert len({height for _, height in places}) > 3
    assert max(patch.get_x() + patch.get_width() for patch in ax.patches) <= ax.get_xlim()[1]
    assert math.isclose(len(places), 60)


def test_no_losses_give_an_empty_text():
    assert repr(TokenView({})) == ""
