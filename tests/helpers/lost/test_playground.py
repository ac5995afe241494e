"""One question, several models: at a click, and as a table."""

import pytest
from judging import RIGHT, Check

from helpers.lost.playground import Playground, Reply

ROWS = {
    name: {"messages": [{"role": "user", "content": f"About {name}?"}, {"role": "assistant", "content": "x"}]}
    for name in ("Tin", "Gold")
}
KNOWN = Check("known", lambda answer, row: float(len(row["messages"][-1]["content"])))


class Asked:
    """Models that answer at once, and remember what they were asked."""

    def __init__(self, seconds: float | None = 1.25) -> None:
        self.seen, self.seconds = [], seconds

    def __call__(self, model: str, question: str) -> Reply:
        self.seen.append((model, question))
        return Reply(f"right <b> {question}" if model == "tuned" else "no", 5, 2, self.seconds)


def playground(asked, *, free=True):
    return Playground(asked, ["base", "tuned"], ROWS, [RIGHT, KNOWN], free=free)


def parts(shown):
    choice, text, button = shown.box.children[0].children
    return choice, text, button, [pane for pane in shown.box.children[1].children]


def test_a_click_asks_every_model_what_is_chosen():
    asked = Asked()
    choice, _, button, panes = parts(playground(asked))
    choice.value = "Gold"

    button.click()

    assert asked.seen == [("base", "About Gold?"), ("tuned", "About Gold?")]
    assert "5 + 2 tokens, 1.2 s" in panes[1].value
    assert "✓ right · ✓ known" in panes[1].value
    assert "✗ right" in panes[0].value
    assert "right &lt;b&gt; About Gold?" in panes[1].value
    assert not button.disabled


def test_a_typed_question_goes_before_the_chosen_one_and_has_no_check_that_must_know_the_answer():
    asked = Asked()
    _, text, button, panes = parts(playground(asked))
    text.value = " Hello? "

    button.click()

    assert asked.seen == [("base", "Hello?"), ("tuned", "Hello?")]
    assert "✓ right · – known" in panes[1].value


def test_a_question_without_an_answer_has_no_check_that_must_know_it():
    rows = {"Hello": {"messages": [{"role": "user", "content": "Hello!"}]}}

    table = Playground(Asked(), ["tuned"], rows, [RIGHT, KNOWN], free=False).table("Hello")

    assert table.loc["tuned"].to_dict() == {
        "tokens": "5 + 2", "right": "✓", "known": "–", "answer": "right <b> Hello!"
    }  # fmt: skip


def test_to_choose_a_question_clears_the_typed_one():
    choice, text, _, _ = parts(playground(Asked()))
    text.value = "Hello?"

    choice.value = "Gold"

    assert text.value == ""


def test_recorded_answers_have_no_seconds_and_no_free_questions():
    _, text, button, panes = parts(playground(Asked(None), free=False))

    button.click()

    assert text.disabled
    assert "5 + 2 tokens, recorded" in panes[0].value


def test_an_error_is_shown_in_its_column_and_the_others_are_asked():
    def ask(model: str, question: str) -> Reply:
        if model == "base":
            raise RuntimeError("<no> server")
        return Reply("right", 1, 1)

    _, _, button, panes = parts(playground(ask))

    button.click()

    assert "RuntimeError: &lt;no&gt; server" in panes[0].value
    assert "✓ right" in panes[1].value
    assert not button.disabled


def test_the_table_says_what_the_widget_shows_without_its_seconds():
    table = playground(Asked()).table("Tin")

    assert table.reset_index().to_dict("records") == [
        {"model": "base", "tokens": "5 + 2", "right": "✗", "known": "✓", "answer": "no"},
        {"model": "tuned", "tokens": "5 + 2", "right": "✓", "known": "✓", "answer": "right <b> About Tin?"},
    ]


def test_where_widgets_cannot_be_shown_it_is_a_sentence():
    shown = playground(Asked())

    bundle = shown._repr_mimebundle_()

    assert bundle["text/plain"] == repr(shown) == "A playground with 2 questions. Run this cell to use it."
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == shown.box.model_id


@pytest.mark.parametrize("value", [0.5])
def test_a_share_is_shown_as_a_number(value):
    half = Check("half", lambda answer, row: value)
    table = Playground(Asked(), ["base"], ROWS, [half], free=True).table("Tin")

    assert table["half"].tolist() == ["0.50"]
