"""Personal data and secrets in a text: found by their own rules, and shown masked.

A fine-tuned model can repeat what it was trained on, so such values do not belong in a
training file. Numbers with a check digit must pass it, and keys must have the prefix
that their maker documents; this keeps false alarms rare. Names and addresses are not
looked for: that needs a language model (for example Microsoft Presidio).

A value is never kept: a `Finding` holds its kind, its place and a mask.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import phonenumbers
from stdnum import iban, luhn
from stdnum.fr import nir
from stdnum.ro import cnp

from finetune_dataset.rules.issues.issue import show


@dataclass(frozen=True)
class Finding:
    """One value that should not be in a training file.

    Attributes:
        code: Fixed name of the kind, for example `email_address`.
        start: Index of its first character in the text.
        end: Index after its last character.
        masked: The kind in words and the few characters that may be shown.
    """

    code: str
    start: int
    end: int
    masked: str


# The valid-e-mail rule of the HTML standard (html.spec.whatwg.org, "Valid email address"), shortened to
# a domain with a dot. Possessive, so that a long text without "@" costs one pass.
_EMAIL = re.compile(
    r"(?<![\w.+/-])[A-Za-z0-9.!#$%&'*+=?^_`{|}~-]{1,64}+@"
    r"((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+([A-Za-z]{2,24}))(?![\w@])"
)
# Nobody owns these names (RFC 2606 and RFC 6761).
_NO_ONES = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org)|(?:example|invalid|test|localhost))$", re.I)

# Prefix that may be shown, and pattern. Lengths are the published ones, or a lower bound where
# the maker gives none.
_KEYS = {
    # platform.openai.com keys: "sk-", project and service keys since 2024. "T3BlbkFJ" is "OpenAI" in Base64.
    "OpenAI API key": r"sk-(?:(?:proj|svcacct|admin)-[\w-]{40,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})",
    # GitHub secret scanning, partner patterns (anthropic_api_key).
    "Anthropic API key": r"sk-ant-(?:api|admin)\d\d-[\w-]{40,}",
    # AWS IAM guide, "Understanding unique ID prefixes": AKIA access key, ASIA temporary key.
    "AWS access key": r"(?:AKIA|ASIA)[A-Z2-7]{16}",
    # github.blog, 2021-04-05, "Behind GitHub's new authentication token formats".
    "GitHub token": r"gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    # docs.gitlab.com, "Token overview", prefixes.
    "GitLab token": r"gl(?:pat|dt|rt|ptt)-[\w-]{20,}",
    # docs.slack.dev, "Tokens": bot, user, configuration and app tokens; and incoming webhooks.
    "Slack token": r"xox[abeprs]-(?:\d-)?[A-Za-z0-9-]{20,}|xapp-\d-[A-Za-z0-9-]{20,}",
    "Slack webhook": r"https://hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",
    # cloud.google.com, "API keys": "AIza" and 35 characters.
    "Google API key": r"AIza[\w-]{35}",
    # docs.stripe.com/keys: live secret and restricted keys.
    "Stripe key": r"[rs]k_live_[A-Za-z0-9]{24,}",
    # huggingface.co/docs/hub/security-tokens.
    "Hugging Face token": r"hf_[A-Za-z0-9]{34}",
    # github.blog, 2021-09-23, "npm's new access token format"; PyPI's help page, "API tokens".
    "npm token": r"npm_[A-Za-z0-9]{36}",
    "PyPI token": r"pypi-AgEIcHlwaS5vcmc[\w-]{50,}",
    # sendgrid.com, "API keys": "SG.", 22 and 43 characters.
    "SendGrid key": r"SG\.[\w-]{22}\.[\w-]{43}",
    # RFC 7519: two JSON objects in Base64 ('eyJ' is '{"'), and a signature.
    "JSON Web Token": r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}",
}
_SHOWN = re.compile(
    r"sk-(?:proj|svcacct|admin|ant)-|github_pat_|pypi-|[a-z]{2,4}_live_|https://hooks\.slack\.com|xox[a-z]-|"
    r"xapp-|glpat-|npm_|AIza|eyJ|[A-Za-z]{2}[a-z]?[-_.]|A[KS]IA"
)
_KEY = re.compile(
    r"(?<![A-Za-z0-9_-])(?:" + "|".join(f"({pattern})" for pattern in _KEYS.values()) + r")(?![A-Za-z0-9_])"
)
# RFC 7468 and RFC 4880: how a private key starts as text.
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
# Only a text with one of these can hold a key; far cheaper than the patterns.
_KEY_MARKS = re.compile(
    r"sk-|A[KS]IA|gh[pousr]_|github_pat_|gl(?:pat|dt|rt|ptt)-|xox|xapp-|hooks\.slack|AIza|k_live_|hf_|npm_|pypi-|"
    r"SG\.|eyJ|PRIVATE KEY"
)

_SPACE = " \u00a0\u202f"
# Nine or more digits, with single spaces, dots, hyphens or brackets between them, and no letter around.
# "A" and "B" because of the two departments of Corsica.
_DIGITS = re.compile(
    rf"(?<![\w.,/#=-])(?:\+|\(\+?)?\d(?:[{_SPACE}.()/-]{{0,2}}[\dAB]){{8,20}}(?![\w/]|[.,-]\d)"
)
_ENOUGH_DIGITS = re.compile(r"\d[^\n\d]{0,3}\d[^\n\d]{0,3}\d[^\n\d]{0,3}\d[^\n\d]{0,3}\d")
# ISO 13616: country, two check digits, 11 to 30 characters, in groups of four or in one.
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
# Issuer prefixes and lengths (ISO/IEC 7812 register): Visa, Mastercard, American Express, Discover.
_CARD = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d)\d{12}"
)
# insee.fr, "NIR": sex or temporary number, year, month (20 and more: unknown), department.
_NIR = re.compile(r"[1-478]\d\d(?:0[1-9]|1[0-2]|[2-9]\d)\d[\dAB]\d{8}")
# A number without "+" is a phone number only in groups of digits that are usual in one of these countries
# (the formats of libphonenumber 9.0, written out because its own matcher takes 0.6 ms per number).
_PHONE_GROUPS: dict[tuple[int, ...], tuple[str, ...]] = {
    (2, 2, 2, 2, 2): ("FR",),
    (4, 3, 3): ("RO",),
    (3, 3, 4): ("US", "RO"),
    (1, 3, 3, 4): ("US",),
    (3, 4, 4): ("GB",),
    (4, 3, 4): ("GB",),
    (5, 3, 3): ("GB",),
    (5, 6): ("GB", "DE"),
    **{(code, number): ("DE",) for code in (3, 4) for number in (5, 6, 7, 8)},
}


def find_private(text: str) -> Iterator[Finding]:
    """Find personal data and secrets in a text.

    Codes: `email_address`, `phone_number`, `payment_card` (Luhn), `bank_account` (IBAN),
    `french_nir`, `romanian_cnp`, `api_key`, `private_key`.

    Args:
        text: Any text.

    Yields:
        Findings; the values themselves are not in them.
    """
    if "@" in text:
        yield from _emails(text)
    if _KEY_MARKS.search(text):
        yield from _keys(text)
    if _ENOUGH_DIGITS.search(text):
        yield from _numbers(text)


def mask_private(text: str) -> str:
    """Return a text in which personal data and secrets are masked, for a message or a screen."""
    parts, at = [], 0
    for finding in sorted(find_private(text), key=lambda finding: finding.start):
        if finding.start >= at:
            parts += [text[at : finding.start], f"[{finding.masked}]"]
            at = finding.end
    return "".join([*parts, text[at:]])


def shown_masked(text: str) -> str:
    """Return a text in quotes as an issue shows it: private data masked, at most 60 characters."""
    return show(mask_private(text))


def _emails(text: str) -> Iterator[Finding]:
    for match in _EMAIL.finditer(text):
        local = match[0].partition("@")[0]
        # "git@" is the user name of every SSH address of a repository.
        if not _NO_ONES.search(match[1]) and local != "git" and not local.startswith("."):
            yield Finding("email_address", *match.span(), f"an e-mail address {local[0]}•••@•••.{match[2]}")


def _keys(text: str) -> Iterator[Finding]:
    for match in _KEY.finditer(text):
        name = next(name for name, value in zip(_KEYS, match.groups(), strict=True) if value)
        if name == "GitHub token" and not _github_checksum(match[0]):
            continue
        shown = _SHOWN.match(match[0])
        masked = f"{name} {shown[0] if shown else ''}••• ({len(match[0])} characters)"
        yield Finding("api_key", *match.span(), masked)
    for match in _PRIVATE_KEY.finditer(text):
        yield Finding("private_key", *match.span(), "the start of a private key")


def _github_checksum(token: str) -> bool:
    # The last six characters are a CRC-32 in Base62 (github.blog, 2021-04-05); not so in `github_pat_`.
    if token.startswith("github_pat_"):
        return True
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number, check = crc32(token[4:-6].encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        check = alphabet[digit] + check
    return token.endswith(check)


def _numbers(text: str) -> Iterator[Finding]:
    taken: list[tuple[int, int]] = []
    for match in _IBAN.finditer(text):
        if iban.is_valid(match[0]):
            taken.append(match.span())
            masked = f"an IBAN {match[0][:2]}••• ({len(iban.compact(match[0]))} characters)"
            yield Finding("bank_account", *match.span(), masked)
    at = 0  # Both go through the text once: a row can hold 40,000 of each.
    for match in _DIGITS.finditer(text):
        while at < len(taken) and taken[at][1] <= match.start():
            at += 1
        if at < len(taken) and taken[at][0] < match.end():
            continue
        code, masked = _number_kind(match[0])
        if code:
            yield Finding(code, *match.span(), masked)


def _number_kind(value: str) -> tuple[str, str]:
    """Say what a number is, and how it may be shown; two empty texts for an ordinary number."""
    plain = re.sub(rf"[{_SPACE}.-]", "", value)
    if _NIR.fullmatch(plain) and "." not in value and nir.is_valid(plain):
        return "french_nir", "a French social security number (15 characters, valid key)"
    if "." not in value and cnp.is_valid(plain):
        return "romanian_cnp", "a Romanian CNP (13 digits, valid check digit)"
    if _CARD.fullmatch(plain) and "." not in value and luhn.is_valid(plain) and len(set(plain)) > 1:
        return "payment_card", f"a card number •••• {plain[-4:]}"
    if not re.search("[AB]", value) and _is_phone(value):
        country = re.match(r"\(?(\+\d\d?)", value)
        digits = sum(map(str.isdigit, value))
        return "phone_number", f"a phone number {country[1] if country else ''}••• ({digits} digits)"
    return "", ""


@lru_cache(maxsize=4096)
def _is_phone(value: str) -> bool:
    if "+" in value:
        return _exists(value, None)
    regions = _PHONE_GROUPS.get(tuple(map(len, re.findall(r"\d+", value))), ())
    trunk = value.lstrip("(").startswith("0")
    return any(trunk != (region == "US") and _exists(value, region) for region in regions)


def _exists(value: str, region: str | None) -> bool:
    """Tell whether a number fits the numbering plan of its country."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(value, region))
    except phonenumbers.NumberParseException:
        return False
