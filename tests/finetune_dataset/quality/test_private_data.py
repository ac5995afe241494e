"""Personal data and secrets. All values are made up; check digits are computed here."""

import string
import time
from zlib import crc32

import pytest
from hypothesis import given, strategies as st

from finetune_dataset.quality.private_data import find_private, mask_private

FILL = (string.ascii_letters + string.digits) * 4


def codes(text):
    return [finding.code for finding in find_private(text)]


def luhn(digits):
    doubled = [int(digit) * (2 - index % 2) for index, digit in enumerate(reversed(digits))]
    return digits + str(-sum(number // 10 + number % 10 for number in doubled) % 10)


def with_nir_key(number):
    plain = number.replace("2A", "19").replace("2B", "18")  # service-public.fr: Corsica counts as 19 and 18
    return f"{number}{97 - int(plain) % 97:02d}"


def with_cnp_digit(number):
    rest = sum(int(a) * int(b) for a, b in zip("279146358279", number, strict=True)) % 11
    return number + ("1" if rest == 10 else str(rest))


def github_token():
    number, check, body = crc32(FILL[:30].encode()), "", FILL[:30]
    alphabet = string.digits + string.ascii_uppercase + string.ascii_lowercase
    for _ in range(6):
        number, digit = divmod(number, 62)
        check = alphabet[digit] + check
    return f"ghp_{body}{check}"


CARD = luhn("400000123456789")
NIR = with_nir_key("1850599123456")
CORSICAN = with_nir_key("285052A123456")
CNP = with_cnp_digit("192022912345")

SECRETS = {
    "OpenAI": "sk-proj-" + FILL[:60],
    "OpenAI, old": "sk-" + FILL[:20] + "T3BlbkFJ" + FILL[:20],
    "Anthropic": "sk-ant-api03-" + FILL[:80],
    "AWS": "AKIA" + "QWERTYUIOPASDFGH",
    "AWS, temporary": "ASIA" + "QWERTYUIOPASDFGH",
    "GitHub": github_token(),
    "GitHub, fine": "github_pat_" + FILL[:22] + "_" + FILL[:59],
    "GitLab": "glpat-" + FILL[:20],
    "Slack": "xoxb-" + "123456789012-" + FILL[:24],
    "Slack, app": "xapp-1-" + FILL[:40],
    "Slack, hook": "https://hooks.slack.com/services/T12345678/B12345678/" + FILL[:24],
    "Google": "AIza" + FILL[:35],
    "Stripe": "sk_live_" + FILL[:24],
    "Hugging Face": "hf_" + FILL[:34],
    "npm": "npm_" + FILL[:36],
    "PyPI": "pypi-AgEIcHlwaS5vcmc" + FILL[:60],
    "SendGrid": "SG." + FILL[:22] + "." + FILL[:43],
    "JWT": "eyJ" + FILL[:20] + ".eyJ" + FILL[:20] + "." + FILL[:30],
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_key_is_found_by_its_makers_prefix_and_shown_without_its_secret_part(name):
    secret = SECRETS[name]

    (finding,) = find_private(f"Use this key: {secret}, and no other.")

    assert (finding.code, finding.end - finding.start) == ("api_key", len(secret))
    assert f"({len(secret)} characters)" in finding.masked
    assert FILL[:8] not in finding.masked
    assert "QWERTY" not in finding.masked


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("jane.roe+news@post.example-mail.eu", "email_address"),
        ("-----BEGIN RSA PRIVATE KEY-----", "private_key"),
        ("-----BEGIN PRIVATE KEY-----", "private_key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "private_key"),
        (CARD, "payment_card"),
        (" ".join(CARD[at : at + 4] for at in range(0, 16, 4)), "payment_card"),
        (luhn("37000012345678"), "payment_card"),
        (NIR, "french_nir"),
        (f"{NIR[0]} {NIR[1:3]} {NIR[3:5]} {NIR[5:7]} {NIR[7:10]} {NIR[10:13]} {NIR[13:]}", "french_nir"),
        (CORSICAN, "french_nir"),
        (CNP, "romanian_cnp"),
        ("GB82 WEST 1234 5698 7654 32", "bank_account"),  # the example of the IBAN registry
        ("+1 212 555 0123", "phone_number"),  # 555-01xx is kept for fiction (NANPA)
        ("(212) 555-0123", "phone_number"),
        ("0721 234 567", "phone_number"),
        ("01 23 45 67 89", "phone_number"),
    ],
)
def test_personal_data_is_found_in_a_sentence_and_masked(value, code):
    (finding,) = find_private(f"Please note {value}. Thank you!")

    assert (finding.code, finding.start, finding.end) == (code, 12, 12 + len(value))
    assert value not in finding.masked
    assert (
        "".join(filter(str.isdigit, value))[:-4] not in finding.masked
        or code == "private_key"
        or "@" in value
    )


@pytest.mark.parametrize(
    "text",
    [
        CARD[:-1] + str((int(CARD[-1]) + 1) % 10),
        NIR[:-2] + f"{(int(NIR[-2:]) + 1) % 100:02d}",
        CNP[:-1] + str((int(CNP[-1]) + 1) % 10),
        "GB83 WEST 1234 5698 7654 32",
        github_token()[:-1] + "!",
        "ghp_" + FILL[:36],
        "0000 0000 0000 0000",
        "2026-11-21 17:20:54",
        "192.168.100.200",
        "ISBN 978-3-16-148410-0",
        "3.14159265358979323846",
        "1 0.540302305868 2 0.841470984807",
        "1 000 000 000 euros",
        "1700000000000",
        "550e8400-e29b-41d4-a716-446655440000",
        "me@example.com and you@mail.example.org, or root@localhost",
        "git@github.com:owner/name.git",
        "@someone mentioned a@b",
        "sk-learn, task-sk-proj and AKIA",
        "the private key is kept by PRIVATE KEY holders",
        "",
    ],
)
def test_what_only_looks_like_private_data_is_left_alone(text):
    assert codes(f"See {text}") == []


def test_a_masked_text_keeps_the_rest():
    text = f"Ana: ana@posta-mea.ro, card {CARD}."

    assert mask_private(text) == (
        f"Ana: [an e-mail address a•••@•••.ro], card [a card number •••• {CARD[-4:]}]."
    )


@given(st.text(alphabet="0123456789+-(). @ABabEskghp_eyJ\u00a0é", max_size=300))
def test_any_text_is_searched_without_an_error_and_what_is_found_lies_inside_it(text):
    for finding in find_private(text):
        assert 0 <= finding.start < finding.end <= len(text)
        assert text[finding.start : finding.end] not in finding.masked
    mask_private(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        "DE89370400440532013000 ",
        "DE89 3704 0044 0532 0130 00, ",
        "DE00 3704 0044 0532 0130 00 06 12 34 56 78 ",
        "+33612345678 ",
        "(212) 736-5000 ",
        "4111111111111111 ",
        "1 ",
        "1",
        "ann@corp.org ",
        "a@",
        "a.",
        "!",
        "sk-proj-",
        "xoxb-a",
        "eyJ",
        "-----BEGIN ",
        "A ",
    ],
)
def test_a_megabyte_of_anything_takes_a_moment(unit):
    text = f"-----BEGIN {unit * (1_000_000 // len(unit))}_"
    start = time.process_time()

    mask_private(text)

    assert time.process_time() - start < 15  # A wide margin: each takes less than 3 s.
