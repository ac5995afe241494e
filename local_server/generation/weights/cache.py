"""Keys and values of what a model has read: of the rows that grow, and of prompts that may come again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

# Tokens that there is room for before everything is copied again.
_SPARE = 64


class RoomyLayer:
    """Keys and values of one layer, with room for the next tokens.

    transformers' own layer copies everything for every token: half of the time of a step with 64 rows.

    Attributes:
        keys: Shape (rows, heads, tokens, size of a head).
        values: The same shape.
    """

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        self.keys, self.values = keys, values
        self._move([self], keys.shape[2], _SPARE)

    def append(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Take the next tokens.

        Args:
            keys: Of the new tokens.
            values: Of the new tokens.
        """
        new = keys.shape[-2]
        if self._start + self.keys.shape[-2] + new > self._key_room.shape[-2]:
            self._move([self], self.keys.shape[2], max(_SPARE, new))
        start = self._start + self.keys.shape[-2]
        end = start + new
        self._key_room[:, :, start:end] = keys
        self._value_room[:, :, start:end] = values
        self._show(end)

    def join(self, others: Sequence["RoomyLayer"], width: int) -> None:
        """Hold the rows of others too, behind those that are here, with padding on the left.

        Args:
            others: The same layer of other rows.
            width: Tokens of a row with its padding, at least as many as any has.
        """
        self._move([self, *others], width, _SPARE)

    def _move(self, layers: Sequence["RoomyLayer"], width: int, spare: int) -> None:
        """Copy rows to where there is room behind them."""
        _, heads, _, size = self.keys.shape
        rows = sum(len(layer.keys) for layer in layers)
        key_room, value_room = (self.keys.new_empty(rows, heads, width + spare, size) for _ in range(2))
        begin = 0
        for layer in layers:
            end, padding = begin + len(layer.keys), width - layer.keys.shape[2]
            for room, here in ((key_room, layer.keys), (value_room, layer.values)):
                room[begin:end, :, :padding] = 0
                room[begin:end, :, padding:width] = here
            begin = end
        self._key_room, self._value_room, self._start = key_room, value_room, 0
        self._show(width)

    def select(self, rows: list[int], start: int) -> None:
        """Go on with some rows, without what all of them have before a place.

        Args:
            rows: Which ones.
            start: The first token that some of them has.
        """
        end = self._start + self.keys.shape[-2]
        # With the room behind them: so they are copied once.
        self._key_room, self._value_room = self._key_room[rows], self._value_room[rows]
        self._start += start
        self._show(end)

    def _show(self, end: int) -> None:
        self.keys = self._key_room[:, :, self._start : end]
        self.values = self._value_room[:, :, self._start : end]


class Cache:
    """What has been read of some rows: keys and values of each layer.

    Attributes:
        layers: None before the first token.
    """

    def __init__(self) -> None:
        self.layers: list[RoomyLayer] = []

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, index: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append the next tokens.

        Args:
            keys: Of the new tokens, in one layer.
            values: Of the new tokens.
            index: Which layer. The layers come in their order.

        Returns:
            All keys and values of the layer.
        """
        if index == len(self.layers):
            self.layers.append(RoomyLayer(keys, values))
        else:
            self.layers[index].append(keys, values)
        return self.layers[index].keys, self.layers[index].values

    def join(self, others: Sequence["Cache"], width: int) -> None:
        """Hold the rows of others too, behind those that are here; as `join` of a layer."""
        for layer, *more in zip(self.layers, *(other.layers for other in others), strict=True):
            layer.join(more, width)


@dataclass(frozen=True, eq=False)
class Kept:
    """The beginning of a prompt that has been read.

    Attributes:
        tokens: Its tokens.
        layers: Keys and values of each layer, of shape (1, heads, tokens, size of a head).
    """

    tokens: list[int]
    layers: list[tuple[torch.Tensor, torch.Tensor]]

    def cut(self, length: int) -> "Kept":
        """Only the first tokens of it."""
        layers = [(keys[:, :, :length], values[:, :, :length]) for keys, values in self.layers]
        return Kept(self.tokens[:length], layers)

    def cache(self, rows: int) -> Cache:
        """A cache in which every row begins with these tokens."""
        made = Cache()
        for index, (keys, values) in enumerate(self.layers):
            made.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1), index)
        return made


# Prompts that are kept for a model and its adapters: with and without examples, before and after tuning.
_PROMPTS = 4
# Tokens that are kept of each: 23 MB of SmolLM2-135M in bfloat16, 10 MB of the tiny model.
_MOST_TOKENS = 1024
# A shorter beginning is read as fast as it is copied.
_FEWEST_TOKENS = 16


class Prefixes:
    """The newest prompts of one model: the next one often begins like one of them, and is read from there on.

    The system message of a course is half of each of its prompts; ten examples before a question are nearly
    all of it.
    """

    def __init__(self) -> None:
        # Each with the model that has read it; adapters on the same weights share the room.
        self._kept: list[tuple[Prefixes, Kept]] = []
        self._of: dict[str, Prefixes] = {}

    def beside(self) -> "Prefixes":
        """Those of another model on the same weights, which reads the same tokens in another way."""
        other = Prefixes()
        other._kept = self._kept
        return other

    def of(self, project: str | None) -> "Prefixes":
        """Those of one project, in the same room; None for those of no project."""
        if project is None:
            return self
        if project not in self._of:
            self._of[project] = self.beside()
        return self._of[project]

    def longest(self, tokens: list[int]) -> Kept | None:
        """Look up what has been read of a prompt already.

        Its last two tokens never are: the scores of the last one are wanted, and a single token is read as
        one that was chosen, whose numbers are rounded in another way.

        Args:
            tokens: Of the prompt.

        Returns:
            Its beginning; None where too little or nothing is known.
        """
        found = max(self._own(), key=lambda kept: _common(kept.tokens, tokens), default=None)
        length = 0 if found is None else min(_common(found.tokens, tokens), len(tokens) - 2)
        return found.cut(length) if found is not None and length >= _FEWEST_TOKENS else None

    def add(self, tokens: list[int], layers: Iterable[RoomyLayer], row: int) -> None:
        """Keep a prompt that has just been read, unless most of it is known.

        Args:
            tokens: Of the prompt.
            layers: Keys and values.
            row: Its row in them; it begins without padding.
        """
        length = min(len(tokens), _MOST_TOKENS)
        if length < _FEWEST_TOKENS or any(
            _common(kept.tokens, tokens) > 0.75 * length for kept in self._own()
        ):
            return
        here = (slice(row, row + 1), slice(None), slice(length))
        copied = [(layer.keys[here].clone(), layer.values[here].clone()) for layer in layers]
        # In place: it is everybody's list.
        self._kept.insert(0, (self, Kept(tokens[:length], copied)))
        del self._kept[_PROMPTS:]

    def _own(self) -> list[Kept]:
        return [kept for owner, kept in self._kept if owner is self]


def _common(some: list[int], others: list[int]) -> int:
    """How many tokens two lists begin with alike."""
    for place, (one, other) in enumerate(zip(some, others, strict=False)):
        if one != other:
            return place
    return min(len(some), len(others))
