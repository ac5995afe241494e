"""The output of a response while it grows: its items, and the events that tell of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from local_server.chat.response_answers import ItemStatus, OutputItem, output_text
from local_server.generation.messages import Text
from local_server.store import new_id

# Its name, and what it holds.
Event = tuple[str, Mapping[str, object]]


@dataclass
class _Growing:
    """One item.

    Attributes:
        place: Among the items.
        id: Of the item.
        call_id: Of a call; empty for a message.
        name: Of the function that is called.
        text: Of the message, or the arguments of the call, so far.
    """

    place: int
    id: str
    call_id: str = ""
    name: str = ""
    text: str = ""

    def item(self, status: ItemStatus) -> OutputItem:
        if self.call_id:
            return {
                "id": self.id,
                "type": "function_call",
                "status": status,
                "call_id": self.call_id,
                "name": self.name,
                "arguments": self.text,
            }
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "status": status,
            "content": [] if status == "in_progress" else [output_text(self.text)],
        }

    def added(self) -> list[Event]:
        added: Event = "output_item.added", {"output_index": self.place, "item": self.item("in_progress")}
        return [added] if self.call_id else [added, ("content_part.added", self._part(part=output_text("")))]

    def grown(self, more: str) -> Event:
        self.text += more
        if self.call_id:
            where = {"item_id": self.id, "output_index": self.place}
            return "function_call_arguments.delta", where | {"delta": more}
        return "output_text.delta", self._part(delta=more, logprobs=[])

    def done(self, status: ItemStatus) -> list[Event]:
        done: Event = "output_item.done", {"output_index": self.place, "item": self.item(status)}
        if self.call_id:
            where = {"item_id": self.id, "output_index": self.place}
            return [
                ("function_call_arguments.done", where | {"name": self.name, "arguments": self.text}),
                done,
            ]
        return [
            ("output_text.done", self._part(text=self.text, logprobs=[])),
            ("content_part.done", self._part(part=output_text(self.text))),
            done,
        ]

    def _part(self, **more: object) -> dict[str, object]:
        return {"output_index": self.place, "item_id": self.id, "content_index": 0, **more}


class Output:
    """What the model has said and called, in its order. The events are those of the API reference.

    Args:
        may_call: Whether the answer may call functions. Then a message begins with its first text: there may
            be none.
    """

    def __init__(self, *, may_call: bool) -> None:
        self._may_call = may_call
        self._items: list[_Growing] = []

    def begin(self) -> list[Event]:
        """Begin, before anything is known of the answer."""
        return [] if self._may_call else self._add(_Growing(0, new_id("msg_", 48)))

    def take(self, reply: Text) -> list[Event]:
        """Take what is new."""
        events: list[Event] = []
        if reply["text"]:
            if not self._items:
                events += self._add(_Growing(0, new_id("msg_", 48)))
            events.append(self._items[-1].grown(reply["text"]))
        for piece in reply["calls"]:
            if piece["name"] is not None:
                events += self._items[-1].done("completed") if self._items else []
                call = _Growing(len(self._items), new_id("fc_", 48), new_id("call_", 24), piece["name"])
                events += self._add(call)
            if piece["arguments"]:
                events.append(self._items[-1].grown(piece["arguments"]))
        return events

    def end(self, *, complete: bool) -> tuple[list[OutputItem], list[Event]]:
        """End.

        Args:
            complete: Whether nothing was cut off.

        Returns:
            The items, and the last events of the last one.
        """
        begun = [] if self._items else self._add(_Growing(0, new_id("msg_", 48)))
        *before, last = self._items
        status: ItemStatus = "completed" if complete else "incomplete"
        items = [*(item.item("completed") for item in before), last.item(status)]
        return items, [*begun, *last.done(status)]

    def _add(self, item: _Growing) -> list[Event]:
        self._items.append(item)
        return item.added()
