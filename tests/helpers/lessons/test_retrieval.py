"""A search that counts words finds what fits, and says when nothing does."""

from helpers.lessons.retrieval import Index


def test_the_text_that_shares_rare_words_with_the_query_is_the_nearest():
    index = Index(["gold is a metal", "neon is a gas", "iron is a metal of ships"])

    assert index.nearest("Tell me about neon.") == [1]
    assert index.nearest("Which metal is in ships?", 2) == [2, 0]


def test_no_text_is_found_where_none_shares_a_word():
    assert Index(["gold is a metal", "neon is a gas"]).nearest("Hello, how are you?", 2) == []


def test_more_texts_than_there_are_is_all_that_fit():
    assert sorted(Index(["gold metal", "iron metal"]).nearest("metal", 5)) == [0, 1]
