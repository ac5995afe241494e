"""Find the texts that fit a question: what "retrieval" means before an index is large.

BM25 counts the words that a question and a text share; a rare word counts more (S. Robertson and H. Zaragoza,
"The Probabilistic Relevance Framework: BM25 and Beyond", 2009). It needs no model. `bm25s` does the work.
"""

from collections.abc import Sequence


class Index:
    """Texts, ready to be searched.

    Args:
        texts: What is searched, at least one text with a word.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        # Only a notebook that asks rivals needs it; it takes a quarter of a second.
        import bm25s

        self._library, self._texts = bm25s, len(texts)
        self._found = bm25s.BM25()
        self._found.index(self._words(texts), show_progress=False)

    def nearest(self, query: str, count: int = 1) -> list[int]:
        """Return the places of the texts that fit best, best first.

        Args:
            query: A question.
            count: How many texts at most, 1 or more.

        Returns:
            Places in `texts`; fewer than `count`, or none, where other texts share no word with the query.
        """
        words = self._words([query])
        places, scores = self._found.retrieve(words, k=min(count, self._texts), show_progress=False)
        return [int(place) for place, score in zip(places[0], scores[0], strict=True) if score > 0]

    def _words(self, texts: Sequence[str]) -> "list[list[str]]":
        return self._library.tokenize(list(texts), stopwords="en", return_ids=False, show_progress=False)
