"""What an answer says, while it grows: text for people, and calls of functions."""

from collections.abc import Sequence

from local_server.generation.answer import overlap
from local_server.generation.messages import CallPiece, Token
from local_server.training.rows.forms import Form


class Reader:
    """Reads one answer, which the grammar of its tools has made.

    Args:
        form: How calls are written in it.
        names: Of the functions that it may call.
    """

    def __init__(self, form: Form, names: Sequence[str]) -> None:
        self._form = form
        self._mark = form.before.strip()
        self._heads = {name: form.head(name).lstrip() for name in names}
        self._left = ""
        self._tokens: list[Token] = []
        self._count = 0
        # "text", "head", "arguments", then "tail", and "head" again.
        self._state = "text"
        self._depth = 0
        self._in_string = self._escaped = False

    @property
    def called(self) -> bool:
        """Whether the answer, as far as it goes, ends with a whole call."""
        return self._count > 0 and self._state == "head" and not self._left.strip()

    def take(
        self, text: str, tokens: Sequence[Token], ended: bool
    ) -> tuple[str, list[CallPiece], list[Token]]:
        """Take what is new of the answer.

        Args:
            text: From the answer.
            tokens: Log probabilities of it.
            ended: Whether it is the last of it.

        Returns:
            Text for people, what is new of the calls, and the log probabilities of the text.
        """
        self._left += text
        self._tokens += tokens
        content, pieces = "", list[CallPiece]()
        if self._state == "text":
            content = self._text(ended)
        while self._state != "text" and self._left and self._step(pieces):
            pass
        ready: list[Token] = []
        if self._state != "text":
            # What a call is made of is no text.
            self._tokens = []
        elif not self._left:
            ready, self._tokens = self._tokens, []
        return content, pieces, ready

    def _text(self, ended: bool) -> str:
        place = self._left.find(self._mark)
        if place >= 0:
            content, self._left, self._state = self._left[:place], self._left[place:], "head"
            # The model's own template writes the space between text and calls.
            return content.rstrip() if self._form.own else content
        held = 0 if ended else overlap(self._left, self._mark)
        if self._form.own and not ended:
            whole = self._left[: len(self._left) - held]
            held += len(whole) - len(whole.rstrip())
        size = len(self._left) - held
        content, self._left = self._left[:size], self._left[size:]
        return content

    def _step(self, pieces: list[CallPiece]) -> bool:
        """Read one part of a call; False when more of the answer is needed."""
        if self._state == "head":
            left = self._left.lstrip()
            name = next((name for name, head in self._heads.items() if left.startswith(head)), None)
            if name is None:
                return False
            self._left, self._state = left.removeprefix(self._heads[name]), "arguments"
            self._count += 1
            pieces.append({"call": self._count - 1, "name": name, "arguments": ""})
            return True
        if self._state == "arguments":
            size = self._end_of_arguments()
            pieces.append({"call": self._count - 1, "name": None, "arguments": self._left[:size]})
            self._left = self._left[size:]
            return self._state == "tail"
        if not self._left.startswith(self._form.tail):
            return False
        self._left, self._state = self._left.removeprefix(self._form.tail), "head"
        return True

    def _end_of_arguments(self) -> int:
        """How much of what is left belongs to a JSON object that began before or begins here."""
        for place, character in enumerate(self._left):
            if self._in_string:
                if self._escaped:
                    self._escaped = False
                elif character == "\\":
                    self._escaped = True
                elif character == '"':
                    self._in_string = False
            elif character == '"':
                self._in_string = True
            elif character in "{[":
                self._depth += 1
            elif character in "}]":
                self._depth -= 1
                if self._depth == 0:
                    self._state = "tail"
                    return place + 1
        return len(self._left)
