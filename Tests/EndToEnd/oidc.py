"""An OpenID provider over HTTP that signs real tokens with RSA, checks codes, PKCE and the client's secret, and fails on
command."""

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
import urllib.parse

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


class OpenIDProvider:
    def __init__(self, client_id, client_secret):
        self.client = (client_id, client_secret)
        self.claims = {"sub": "1", "preferred_username": "ann", "email": "ann@acme.example",
                       "email_verified": True, "name": "Ann"}
        # Called with a path; what it gives instead of None is (status, document).
        self.fault = lambda path: None
        # What is merged into the next identity tokens.
        self.token_changes = {}
        self.log = []
        # By code: what the person was sent with.
        self._codes = {}
        self.rotate()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def rotate(self):
        """Signs with a new key from now on; the one of before is not published any more."""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key_id = secrets.token_hex(4)

    def agree(self, location):
        """What a person does here: agrees, and is sent back. Gives the path of the callback."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return asked["redirect_uri"] + "?" + urllib.parse.urlencode({"code": code, "state": asked["state"]})

    def _answer(self, path, form, headers):
        if failure := self.fault(path):
            return failure
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url, "authorization_endpoint": self.url + "/authorize",
                "token_endpoint": self.url + "/token", "jwks_uri": self.url + "/keys"}
        if path == "/keys":
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
            return 200, {"keys": [{**key, "kid": self._key_id, "use": "sig", "alg": "RS256"}]}
        if path != "/token":
            return 404, {}
        credentials = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode().split(":")
        if tuple(urllib.parse.unquote(part) for part in credentials) != self.client:
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if not asked or asked["redirect_uri"] != form["redirect_uri"] or asked["code_challenge"] != challenge.decode():
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            **self.claims, "iss": self.url, "aud": asked["client_id"], "nonce": asked["nonce"], "iat": now,
            "exp": now + 300, **self.token_changes}
        token = jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._key_id})
        return 200, {"id_token": token, "access_token": secrets.token_urlsafe(16), "token_type": "Bearer"}

    def _handler(self):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
                path = urllib.parse.urlsplit(self.path).path
                status, document = provider._answer(path, form, self.headers)
                provider.log.append((status, path))
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        return Handler
