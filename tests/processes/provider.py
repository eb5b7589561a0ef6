"""A provider of identities as a process of its own: oidc-provider-mock (Authlib underneath).

``python -m tests.processes.provider PORT`` runs it. That program does not look at PKCE, so a hook
here does; and by ``/test/…`` a test makes it change its key, or lie in the next ID tokens.
"""

import base64
import hashlib
import hmac
import json
import logging
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.processes.patience import LONG, until
from tests.processes.ports import free_port

_ROOT = Path(__file__).parents[2]


class Provider:
    """Seen from a test."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"

    def person(self, sub: str, **claims: object) -> None:
        self._ask("PUT", f"/users/{urllib.parse.quote(sub)}", claims)

    def change_key(self) -> None:
        self._ask("POST", "/test/key", {})

    def lie(self, **lies: object) -> None:
        """`claims` over those of an ID token, `alg`, `key`: "old"; nothing: tell the truth."""
        self._ask("POST", "/test/lie", lies)

    def browser(self, address: str, sub: str) -> str:
        """Agree to `address` as a person; where the provider sends the browser then."""
        data = urllib.parse.urlencode({"sub": sub}).encode()
        opener = urllib.request.build_opener(_Stay)
        try:
            opener.open(address, data=data, timeout=LONG)
        except urllib.error.HTTPError as error:
            return str(error.headers["Location"])
        raise AssertionError("the provider sends nobody back")

    def _ask(self, method: str, path: str, said: object) -> None:
        request = urllib.request.Request(
            f"{self.issuer}{path}",
            data=json.dumps(said).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        urllib.request.urlopen(request, timeout=LONG).close()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@contextmanager
def provider() -> Iterator[Provider]:
    """One that runs until the end of the block."""
    port = free_port()
    command = [sys.executable, "-m", "tests.processes.provider", str(port)]
    env = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    running = subprocess.Popen(
        command, cwd=_ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        made = Provider(port)
        until(lambda: _answers(made), "the provider answers")
        yield made
    finally:
        running.kill()
        running.wait(LONG)


def _answers(made: Provider) -> bool:
    try:
        urllib.request.urlopen(f"{made.issuer}/.well-known/openid-configuration").close()
    except OSError:
        return False
    return True


# --- in the process -------------------------------------------------------------------------------


def main(port: int) -> None:
    import flask
    import oidc_provider_mock
    from authlib import jose
    from werkzeug.serving import run_simple

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = oidc_provider_mock.app(require_nonce=True)
    challenges: dict[str, str] = {}
    lies: dict[str, Any] = {}
    old: list[Any] = []

    def change_key() -> Any:
        storage = flask.g.oidc_provider_mock_storage
        old[:] = [storage.jwk]
        storage.jwk = jose.RSAKey.generate_key(is_private=True)
        return "", 204

    def lie() -> Any:
        lies.clear()
        lies.update(flask.request.json or {})
        return "", 204

    def verify() -> Any:
        """RFC 7636, section 4.6."""
        if flask.request.path != "/oauth2/token":
            return None
        verifier = flask.request.form.get("code_verifier", "").encode()
        made = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
        if challenges.pop(flask.request.form.get("code", ""), None) != made:
            return flask.jsonify({"error": "invalid_grant"}), 400
        return None

    def note_and_lie(response: Any) -> Any:
        asked = flask.request.args
        if flask.request.path == "/oauth2/authorize" and response.status_code == 302:
            back = urllib.parse.parse_qs(urllib.parse.urlsplit(response.location).query)
            if asked.get("code_challenge_method") == "S256":
                challenges[back["code"][0]] = asked["code_challenge"]
        if flask.request.path == "/oauth2/token" and response.status_code == 200 and lies:
            said = response.get_json()
            said["id_token"] = told(said["id_token"], flask.g.oidc_provider_mock_storage.jwk)
            response.set_data(json.dumps(said))
        return response

    def told(token: str, key: Any) -> str:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        claims |= lies.get("claims", {})
        for name in lies.get("without", []):
            claims.pop(name, None)
        alg = lies.get("alg", "RS256")
        if alg in {"none", "HS256"}:
            return forged(alg, claims, key.as_pem(is_private=False))
        if lies.get("key") == "old":
            key = old[0]
        header = {"alg": alg} | ({"kid": lies["kid"]} if "kid" in lies else {})
        return str(jose.JsonWebToken([alg]).encode(header, claims, key).decode())

    def forged(alg: str, claims: dict[str, Any], pem: bytes) -> str:
        """Unsigned, or signed with the public key as a secret: some verifiers fall for it."""
        parts = [json.dumps(each).encode() for each in ({"alg": alg}, claims)]
        told = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
        mac = hmac.digest(pem, told.encode(), "sha256") if alg == "HS256" else b""
        return f"{told}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    app.post("/test/key")(change_key)
    app.post("/test/lie")(lie)
    app.before_request(verify)
    app.after_request(note_and_lie)
    run_simple("127.0.0.1", port, app, threaded=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
