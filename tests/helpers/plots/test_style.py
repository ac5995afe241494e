import matplotlib
from matplotlib import pyplot as plt

from helpers.plots.style import explain_empty_plot, style


def test_the_look_of_the_course_ends_with_the_block():
    before = dict(matplotlib.rcParams)

    with style():
        inside = plt.subplots()[0].dpi

    assert (inside, dict(matplotlib.rcParams)) == (100, before)


def test_an_empty_plot_says_why_it_is_empty_and_has_no_numbers():
    ax = explain_empty_plot(plt.figure().add_subplot(), "Nothing was measured.")

    assert [text.get_text() for text in ax.texts] == ["Nothing was measured."]
    assert (ax.get_xticks().tolist(), ax.get_yticks().tolist()) == ([], [])
