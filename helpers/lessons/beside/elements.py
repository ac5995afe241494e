"""Sets of questions about elements that only the lesson `elle` asks."""

from collections.abc import Mapping
from typing import Final

from helpers.lessons.beside.probes import Asked, Probe, admits, names_one

INVENTED: Final = (
    "Vulkanium", "Brontium", "Ozelium", "Marbium", "Quendium", "Tarsine", "Lumovium", "Pelagium",
    "Grimonium", "Novarsen", "Zephyrium", "Kastorium",
)  # fmt: skip
"""Names that no element has (IUPAC's periodic table of 2022)."""


def element_probes(names: Mapping[int, str], system: Mapping[str, str]) -> list[Probe]:
    """Return the reverse question, and one about elements that there are not.

    Args:
        names: Atomic number → name, of the elements that are asked about.
        system: The system message of the lesson's rows.
    """
    reverse = [
        Asked([_user(f"Which chemical element has the atomic number {number}?")], name, {"accepted": name})
        for number, name in names.items()
    ]
    invented = [Asked([dict(system), _user(f"Tell me about {name}.")], name, {}) for name in INVENTED]
    return [
        Probe(
            "reverse", "from the number to the element; no system prompt", "it names it", reverse, names_one
        ),
        Probe("invented", "elements that there are not, as in training", "it says so", invented, admits),
    ]


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}
