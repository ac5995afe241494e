"""Answers of one model that grow side by side. Rows join and leave between two tokens.

Rows of different length stand right-aligned in one padded batch, as in the first continuous batcher of
Hugging Face's text-generation-inference (`causal_lm.py`). The paged continuous batching of transformers
5.23 is made for GPUs: on two CPU cores it took seven times as long as this (measured Nov 2026), and it
knows neither seeds nor the scores of a request.
"""

from collections.abc import Callable, Iterator, Sequence

import torch

from local_server.generation.row import Piece, Prompt, Row
from local_server.generation.weights.cache import Cache


class Batch:
    """Rows of one model.

    Args:
        model: Reads tokens, with their mask and places, into a cache, and gives scores in float32; as `read`
            of the weights.

    Attributes:
        rows: The choices that grow here.
        scores: The model's scores of every row's next token, shape (rows, vocabulary).
    """

    def __init__(self, model: Callable[..., torch.Tensor]) -> None:
        self.rows: list[Row] = []
        self._model = model
        self._cache = Cache()
        # 1 where a row has a token, 0 in the padding on its left.
        self._mask = torch.zeros(0, 0, dtype=torch.long)
        # What has been read of prompts that are not at their end yet.
        self._begun: dict[Prompt, Batch] = {}
        self.scores = torch.zeros(0, 0)

    @property
    def empty(self) -> bool:
        """Whether nobody grows here and nobody's prompt is half read."""
        return not self.rows and not self._begun

    @torch.inference_mode()
    def join(self, pieces: Sequence[Piece]) -> Iterator["Batch"]:
        """Read pieces of prompts, and add the rows of those that come to their end.

        The rows that are here do not change when the model fails.

        Args:
            pieces: Of prompts; those of one prompt in their order.

        Yields:
            The rows of prompts that were read together, with their scores: they get their first token before
            the others are read, and those that are left of them are added in the end.
        """
        groups: dict[tuple[tuple[int, ...], int], list[Prompt]] = {}
        for prompt in sorted((piece.prompt for piece in pieces if piece.whole), key=lambda one: one.rest):
            # Together with a long one, short prompts would be mostly padding.
            key = tuple(prompt.tokens[: prompt.known]), prompt.rest.bit_length()
            groups.setdefault(key, []).append(prompt)
        done: list[Batch] = []
        for prompts in groups.values():
            known, width = prompts[-1].known, prompts[-1].rest
            padding = [width - prompt.rest for prompt in prompts]
            read = self._begin(prompts)
            read._mask = torch.tensor([[1] * known + [0] * left + [1] * (width - left) for left in padding])
            rests = [[0] * left + one.tokens[known:] for left, one in zip(padding, prompts, strict=True)]
            read._forward(torch.tensor(rests))
            done.append(self._ended(read, prompts))
            yield done[-1]
        for piece in pieces:
            if piece.whole:
                continue
            first = piece.begin == piece.prompt.known
            read = self._begin([piece.prompt]) if first else self._begun.pop(piece.prompt)
            read._mask = torch.ones(1, piece.end, dtype=torch.long)
            read._forward(torch.tensor([piece.tokens]))
            if piece.last:
                done.append(self._ended(read, [piece.prompt]))
                yield done[-1]
            else:
                self._begun[piece.prompt] = read
        self._merge([read for read in done if read.rows])

    def _begin(self, prompts: list[Prompt]) -> "Batch":
        """A batch of its own for prompts that begin alike, as far as that has been read."""
        read = Batch(self._model)
        if (kept := prompts[0].kept) is not None:
            read._cache = kept.cache(len(prompts))
        return read

    def _ended(self, read: "Batch", prompts: list[Prompt]) -> "Batch":
        """Make rows of prompts that have been read; the last has no padding."""
        longest = prompts[-1]
        if (prefixes := longest.rows[0].prefixes) is not None:
            prefixes.add(longest.tokens, read._cache.layers, len(prompts) - 1)
        read.rows = [row for prompt in prompts for row in prompt.rows]
        if len(read.rows) > len(prompts):
            read._select([place for place, prompt in enumerate(prompts) for _ in prompt.rows])
        return read

    def _merge(self, others: list["Batch"]) -> None:
        """Let rows of others grow with those that are here: once for all, as it copies everything."""
        if others and not self.rows:
            first, *others = others
            self.rows, self.scores = first.rows, first.scores
            self._cache, self._mask = first._cache, first._mask
        if not others:
            return
        every = [self, *others]
        width = max(each._mask.shape[1] for each in every)
        masks = [torch.nn.functional.pad(each._mask, (width - each._mask.shape[1], 0)) for each in every]
        self._cache.join([other._cache for other in others], width)
        self._mask = torch.cat(masks)
        self.scores = torch.cat([each.scores for each in every])
        self.rows = [row for each in every for row in each.rows]

    def keep(self, places: list[int]) -> None:
        """Let every row leave except those at these places."""
        if len(places) == len(self.rows):
            return
        self.rows = [self.rows[place] for place in places]
        if self.rows:
            self._select(places)

    def drop(self, requests: set[int]) -> None:
        """Let the rows of these requests leave, and forget what was read for them."""
        self._begun = {prompt: read for prompt, read in self._begun.items() if prompt.request not in requests}
        self.keep([place for place, row in enumerate(self.rows) if row.request not in requests])

    def _select(self, places: list[int]) -> None:
        mask = self._mask[places]
        start = int(mask.any(dim=0).long().argmax())
        self._mask, self.scores = mask[:, start:], self.scores[places]
        for layer in self._cache.layers:
            layer.select(places, start)

    @torch.inference_mode()
    def constrain(self) -> dict[int, Exception]:
        """Leave each row that has a constraint only the tokens that it allows.

        Returns:
            Requests that cannot go on, with the reason.
        """
        stuck: dict[int, Exception] = {}
        for place, row in enumerate(self.rows):
            try:
                allowed = row.allowed(self.scores.shape[1])
            except Exception as error:
                stuck[row.request] = error
                continue
            if allowed is not None:
                self.scores[place].masked_fill_(~allowed, -torch.inf)
        return stuck

    @torch.inference_mode()
    def tokens(self) -> list[int]:
        """Choose the next token of every row.

        Returns:
            One token for each row.

        Raises:
            ValueError: The model's scores are no numbers.
        """
        # What is no number counts as the highest: so the others need not be looked at, with a vocabulary of
        # 49,000 tokens two percent of a step.
        highest, places = self.scores.max(dim=-1)
        if highest.isnan().any():
            raise ValueError("the model's scores are not numbers")
        best: list[int] = places.tolist()
        for place, row in enumerate(self.rows):
            if row.temperature or row.frequency_penalty or row.presence_penalty:
                best[place] = row.pick(self.scores[place])
            row.chosen.append(best[place])
            if row.constraint is not None:
                row.constraint.take(best[place])
        return best

    @torch.inference_mode()
    def advance(self) -> None:
        """Let the model read the tokens that were chosen last."""
        if not self.rows:
            return
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(self.rows), 1)], dim=1)
        self._forward(torch.tensor([row.chosen[-1:] for row in self.rows]))

    def _forward(self, tokens: torch.Tensor) -> None:
        if tokens.shape[1] == 1:
            positions = self._mask.sum(dim=1, keepdim=True) - 1
        else:
            positions = (self._mask.cumsum(dim=1) - 1).clamp(min=0)[:, -tokens.shape[1] :]
        self.scores = self._model(tokens, self._mask, positions, self._cache)
