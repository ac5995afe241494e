"""How the server proves that it knows the key, before anybody shows one."""

import json
import os
import urllib.error
import urllib.request

import pytest
from serving import LocalServer

from local_server.http.proof import proof_of

NONCE = "0123456789abcdef" * 4


def asked(server: LocalServer, query: str, **headers: str) -> tuple[int, dict]:
    url = server.base_url.removesuffix("/v1") + "/challenge" + query
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_challenge_needs_no_key_and_is_answered_for_this_port_and_process(server: LocalServer) -> None:
    port = int(server.base_url.split(":")[2].split("/")[0])
    expected = proof_of(server.api_key, NONCE, port, server.process.pid)

    assert asked(server, f"?nonce={NONCE}") == (200, {"proof": expected})
    assert asked(server, f"?nonce={NONCE[::-1]}") != (200, {"proof": expected})


def test_the_proof_depends_on_all_that_it_is_about() -> None:
    proofs = {
        proof_of(key, nonce, port, pid)
        for key in ("a", "b")
        for nonce in (NONCE, NONCE[::-1])
        for port in (1, 11)
        for pid in (1, os.getpid())
    }
    assert len(proofs) == 16


NO_NONCES = ["nonce=", "nonce=abc", "nonce=" + "0" * 129, f"nonce={NONCE}&nonce={NONCE}", f"nonce={NONCE}%0a"]


@pytest.mark.parametrize("query", ["", "?x=1", *(f"?{nonce}" for nonce in NO_NONCES)])
def test_a_question_without_a_nonce_gets_no_proof(server: LocalServer, query: str) -> None:
    status, body = asked(server, query)

    assert (status, body["error"]["param"]) == (400, "nonce")


def test_a_challenge_under_a_foreign_name_is_refused(server: LocalServer) -> None:
    assert asked(server, f"?nonce={NONCE}", Host="evil.example")[0] == 403
