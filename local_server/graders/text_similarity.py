"""How alike two texts are, by the metrics of a text_similarity grader. All results lie between 0 and 1.

OpenAI names the metrics and, for `fuzzy_match`, the library rapidfuzz (guide to graders, read
2026-11); it does not publish their settings. Ours are the usual ones, named at each function.
"""

import re
from collections import Counter
from typing import Literal

# METEOR compares each word with each; two texts of this length take it about a second.
MAX_CHARACTERS = 20_000

Metric = Literal[
    "fuzzy_match", "bleu", "gleu", "meteor", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l"
]


def similarity(metric: str, text: str, reference: str) -> float:
    """Compare a text with a reference.

    Args:
        metric: One of `Metric`.
        text: The text to judge, at most `MAX_CHARACTERS`.
        reference: The text to reach, at most `MAX_CHARACTERS`.

    Returns:
        1 for a text that matches the reference, 0 for one that has nothing in common with it.
    """
    if metric == "fuzzy_match":
        return _fuzzy_match(text, reference)
    if metric.startswith("rouge_"):
        return _rouge(metric.removeprefix("rouge_"), text, reference)
    return {"bleu": _bleu, "gleu": _gleu, "meteor": _meteor}[metric](_tokens(text), _tokens(reference))


def _tokens(text: str) -> list[str]:
    """Words, and each punctuation mark by itself. The better-known tokenizers need downloaded data."""
    return re.findall(r"\w+|[^\w\s]", text)


def _fuzzy_match(text: str, reference: str) -> float:
    """The only function of rapidfuzz that OpenAI's guide shows, with the options that it shows."""
    from rapidfuzz import fuzz, utils  # only a server that grades needs it

    return fuzz.WRatio(text, reference, processor=utils.default_process) / 100


def _bleu(tokens: list[str], reference: list[str]) -> float:
    """BLEU of one sentence as sacrebleu has it: up to 4 words, fewer for short texts, smoothed."""
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu  # 0.2 s and 40 MB

    order = min(4, len(tokens))
    if not order:
        return 0.0
    return float(sentence_bleu([reference], tokens, [1 / order] * order, SmoothingFunction().method3))


def _gleu(tokens: list[str], reference: list[str]) -> float:
    """Google BLEU: the smaller of precision and recall of all sequences of 1 to 4 words."""
    from nltk.translate.gleu_score import sentence_gleu

    return float(sentence_gleu([reference], tokens)) if tokens and reference else 0.0


def _meteor(tokens: list[str], reference: list[str]) -> float:
    """METEOR with its exact and stem matches. Synonyms need WordNet, a download."""
    from nltk.translate.meteor_score import meteor_score

    return float(meteor_score([reference], tokens, wordnet=_NoSynonyms()))


class _NoSynonyms:
    def synsets(self, word: str) -> list[object]:
        return []


def _rouge(kind: str, text: str, reference: str) -> float:
    """ROUGE's F1, with the tokens of the package rouge-score: lower-case words, no stemming.

    Not that package itself: its longest common subsequence takes minutes for two long texts.
    """
    words, expected = (re.findall(r"[^\W_]+", part.lower()) for part in (text, reference))
    if kind == "l":
        from rapidfuzz.distance import LCSseq

        return _f1(LCSseq.similarity(words, expected), len(words), len(expected))
    n = int(kind)
    found, wanted = (Counter(zip(*(part[i:] for i in range(n)), strict=False)) for part in (words, expected))
    return _f1((found & wanted).total(), found.total(), wanted.total())


def _f1(common: int, found: int, wanted: int) -> float:
    return 2 * common / (found + wanted) if common else 0.0
