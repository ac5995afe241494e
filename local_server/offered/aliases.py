"""Other names for base models: `--alias gpt-4o-mini=smollm2-135m-instruct`, `--alias 'gpt-*=…'`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from local_server.base_models import BaseModel

# What OpenAI puts behind a name for one of its versions: gpt-3.5-turbo-0125, gpt-4.1-mini-2025-04-14.
_DATE = re.compile(r"-(\d{4}|\d{4}-\d{2}-\d{2})$", re.ASCII)
# Longer than any name at OpenAI; what a pattern may match becomes a part of names that are kept.
_LONGEST_NAME = 100


class UnusableAlias(Exception):
    """An alias of the command line cannot be used; the message says why, and what to do."""


@dataclass(frozen=True)
class Alias:
    """Another name for a base model.

    Attributes:
        name: The name, or a pattern: `*` stands for any text, `?` for one character.
        model: The id of the base model.
    """

    name: str
    model: str

    @property
    def is_pattern(self) -> bool:
        """Whether this stands for many names."""
        return "*" in self.name or "?" in self.name


def read_aliases(given: Sequence[str], models: Sequence[BaseModel]) -> tuple[Alias, ...]:
    """Understand the aliases of the command line.

    Args:
        given: Each as `NAME=MODEL`; MODEL is the id or the folder of a base model.
        models: The base models of the server.

    Returns:
        The aliases, in the same order.

    Raises:
        UnusableAlias: One has another form, a target that the server does not have, a name that a base model
            has, or a name that another alias gives to another model.
    """
    found: dict[str, Alias] = {}
    for text in given:
        name, _, target = (part.strip() for part in text.partition("="))
        if not re.fullmatch(r"[\w.:/@+*?-]{1,100}", name) or name.startswith("ft:") or not target:
            raise UnusableAlias(
                f"--alias {text!r:.120} cannot be understood. Expected NAME=MODEL, such as "
                "gpt-4o-mini=smollm2-135m-instruct or 'gpt-*=smollm2-135m-instruct'; NAME has letters, "
                "digits and . : / @ + - _ with * and ? for a pattern, and does not start with 'ft:'."
            )
        model = next((model for model in models if _means(target, model)), None)
        offered = ", ".join(model.id for model in models)
        if model is None:
            raise UnusableAlias(
                f"--alias {text}: this server has no base model '{target}'. It has {offered}. "
                f"Write one of these behind the '=', or add --model {target}."
            )
        if any(name == model.id for model in models):
            raise UnusableAlias(
                f"--alias {text}: '{name}' is a base model of this server, so this alias would never be "
                "used. Leave it out, or take another name."
            )
        other = found.setdefault(name, Alias(name, model.id))
        if other.model != model.id:
            raise UnusableAlias(
                f"--alias {name} is given twice, for {other.model} and for {model.id}. Leave one out."
            )
    return tuple(found.values())


def _means(target: str, model: BaseModel) -> bool:
    return target == model.id or Path(target).expanduser().absolute() == model.folder


def find_alias(aliases: Sequence[Alias], name: str) -> tuple[Alias, str] | None:
    """Look for the alias that a name means.

    The exact name counts first. Then a date at its end makes no difference, as OpenAI's undated names mean
    one of its dated models. Then the pattern with most characters that are no wildcards, the first of equals.

    Args:
        aliases: From `read_aliases`.
        name: What a client calls a model.

    Returns:
        The alias, and the name that answers give: the client's own; for an undated name that only a dated
        alias has, the dated one, as OpenAI answers. None when no alias fits.
    """
    names = {alias.name: alias for alias in aliases if not alias.is_pattern}
    if name in names:
        return names[name], name
    if (undated := _DATE.sub("", name)) != name and undated in names:
        return names[undated], name
    dated = [alias for alias in names.values() if _DATE.sub("", alias.name) == name]
    if len(dated) == 1:
        return dated[0], dated[0].name
    # A fine-tuned model that was deleted must not be answered for by a base model.
    if name.startswith("ft:") or len(name) > _LONGEST_NAME or not name.isprintable():
        return None
    patterns = [alias for alias in aliases if alias.is_pattern and fnmatchcase(name, alias.name)]
    best = max(patterns, key=lambda alias: len(re.sub(r"[*?]", "", alias.name)), default=None)
    return None if best is None else (best, name)
