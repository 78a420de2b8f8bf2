"""Who may come in, and what becomes of those who send something else than a request."""

import base64
import contextlib
import hmac
import http.server
import json
import secrets
import socket
import threading
import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from harness import eventually

PATH = "/api/catalog/entities"


class Issuer:
    """Publishes the keys of an issuer of tokens."""

    def __init__(self):
        self.keys = {"one": ec.generate_private_key(ec.SECP256R1())}
        self.is_down = False
        self.asked = 0
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked += 1
                body = json.dumps({"keys": [issuer.jwk(name) for name in issuer.keys]}).encode()
                self.send_response(500 if issuer.is_down else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def jwk(self, name):
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.keys[name].public_key()))
        return {**public, "kid": name, "use": "sig", "alg": "ES256"}

    def token(self, key="one", **claims):
        claims = {"iss": "https://login.test", "aud": "callboard", "sub": "ann", "exp": int(time.time()) + 600, **claims}
        return jwt.encode(claims, self.keys[key], algorithm="ES256", headers={"kid": key})

    def forged(self):
        """Signed with the text of the public key, which everybody knows, as if that were a secret."""
        claims = self.token().split(".")[1]
        header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
        signed = f"{header}.{claims}".encode()
        proof = hmac.digest(json.dumps(self.jwk("one")).encode(), signed, "sha256")
        return signed.decode() + "." + base64.urlsafe_b64encode(proof).rstrip(b"=").decode()


@pytest.fixture
def issuer():
    issuer = Issuer()
    yield issuer
    issuer.server.shutdown()


LEGACY = secrets.token_bytes(24)


def configuration(issuer=None, allow=(), **auth):
    access = [
        {"type": "static", "options": {"token": "${CALLBOARD_TOKEN}", "subject": "test"}},
        {"type": "legacy", "options": {"secret": base64.b64encode(LEGACY).decode(), "subject": "old"},
         "accessRestrictions": [{"plugin": "catalog"}]},
    ]
    if issuer:
        access.append({
            "type": "jwks",
            "options": {"url": issuer.url, "issuer": "https://login.test", "audience": "callboard",
                        "algorithm": "ES256", "subjectPrefix": "login"},
            "accessRestrictions": [{"plugin": "catalog"}]})
    callboard = {"auth": {"authorizationServers": ["https://login.test"], **auth}}
    if allow:
        callboard["auth"]["kubernetes"] = {"allow": list(allow), "cacheSeconds": 1}
    return access, callboard


@pytest.fixture
def start(make_callboard):
    """Starts a Callboard on a port that its configuration knows."""
    def start(issuer=None, allow=(), backend=None, **auth):
        access, callboard = configuration(issuer, allow, **auth)
        # The harness sets `backend.listen`; what is given here replaces it, so the port is found first.
        from harness import free_port
        port = free_port()
        settings = {
            "backend": {"listen": f"127.0.0.1:{port}", "baseUrl": "https://callboard.test",
                        "auth": {"externalAccess": access}, **(backend or {})},
            "callboard": callboard,
        }
        program = make_callboard(settings)
        program.port, program.url = port, f"http://127.0.0.1:{port}"
        program.client.base_url = program.url
        return program.wait_ready()

    return start


def status(callboard, token, path=PATH):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(callboard.url + path, headers=headers, timeout=20).status_code


def test_signed_tokens_of_an_issuer_and_of_an_old_backstage(start, issuer):
    callboard = start(issuer)
    assert status(callboard, callboard.token) == 200
    assert status(callboard, issuer.token()) == 200
    assert status(callboard, issuer.token(), "/api/callboard/orphans") == 403, "it is held to the catalog"
    assert status(callboard, None) == 401
    for wrong in (
        issuer.token(exp=int(time.time()) - 60), issuer.token(aud="other"), issuer.token(iss="https://else.test"),
        issuer.token()[:-2] + "AA", jwt.encode({"sub": "ann"}, "", algorithm="none"),
        issuer.forged(),
    ):
        assert status(callboard, wrong) == 401
    old = {"sub": "backstage-server", "exp": int(time.time()) + 60}
    assert status(callboard, jwt.encode(old, LEGACY, algorithm="HS256")) == 200
    assert status(callboard, jwt.encode(old, b"x" * 24, algorithm="HS256")) == 401

    issuer.is_down = True
    assert status(callboard, issuer.token()) == 200, "the last keys stay good"
    metrics = httpx.get(callboard.url + "/metrics").text
    assert 'callboard_token_key_fetches_total{issuer="127.0.0.1:' in metrics
    assert "callboard_token_keys_age_seconds{" in metrics
    assert issuer.token() not in callboard.log()


def test_an_issuer_that_is_down_from_the_start_makes_no_token_wrong(start, issuer):
    issuer.is_down = True
    callboard = start(issuer)
    answer = httpx.get(callboard.url + PATH, headers={"Authorization": f"Bearer {issuer.token()}"})
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "2"
    assert status(callboard, callboard.token) == 200
    issuer.is_down = False
    eventually(lambda: status(callboard, issuer.token()) == 200, what="the issuer's keys")


def test_service_accounts_of_the_cluster(start, cluster, namespace):
    for name in ("bot", "stranger", "reader"):
        cluster.kubectl("create", "serviceaccount", name, "-n", namespace)
    cluster.kubectl("create", "clusterrolebinding", f"{namespace}-reader", "--clusterrole=view",
                    f"--serviceaccount={namespace}:reader")
    try:
        callboard = start(allow=[
            {"serviceAccount": f"{namespace}/bot", "accessRestrictions": [{"plugin": "catalog"}, {"plugin": "kubernetes"}]},
            {"serviceAccount": f"{namespace}/reader"},
        ])

        def token(name, audience="callboard", seconds=600):
            request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                       "spec": {"audiences": [audience], "expirationSeconds": seconds}}
            answer = cluster.kubectl(
                "create", "--raw", f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", "-f", "-",
                stdin=json.dumps(request))
            return json.loads(answer)["status"]["token"]

        bot, reader = token("bot"), token("reader")
        assert status(callboard, bot) == 200
        assert status(callboard, bot, "/api/callboard/orphans") == 403
        assert status(callboard, token("stranger")) == 401
        assert status(callboard, token("bot", audience="else")) == 401
        assert status(callboard, token("bot", audience="https://kubernetes.default.svc")) == 401
        assert status(callboard, bot[:-4] + "AAAA") == 401
        # The cluster's own rules decide who sees its objects.
        assert status(callboard, bot, "/api/kubernetes/clusters") == 403
        assert status(callboard, reader, "/api/callboard/orphans") == 200
        assert status(callboard, reader, "/api/kubernetes/clusters") == 200, "who may view everything may list namespaces"

        cluster.kubectl("delete", "serviceaccount", "bot", "-n", namespace)
        eventually(lambda: status(callboard, bot) == 401, what="the end of what is kept of a deleted account")
        assert status(callboard, reader) == 200
        metrics = httpx.get(callboard.url + "/metrics").text
        assert all(f'callboard_token_reviews_total{{result="{result}"}}' in metrics for result in ("succeeded", "refused"))
        assert bot not in callboard.log()
    finally:
        cluster.kubectl("delete", "clusterrolebinding", f"{namespace}-reader", "--ignore-not-found")


def test_a_client_is_led_to_who_issues_tokens(start):
    callboard = start()
    answer = httpx.post(callboard.url + "/api/mcp-actions/v1", json={})
    assert answer.status_code == 401 and set(answer.json()) == {"error", "error_description"}
    challenge = answer.headers["WWW-Authenticate"]
    from mcp.client.auth.utils import extract_resource_metadata_from_www_auth, extract_scope_from_www_auth
    document = extract_resource_metadata_from_www_auth(answer)
    assert document == "https://callboard.test/.well-known/oauth-protected-resource/api/mcp-actions/v1"
    assert extract_scope_from_www_auth(answer) == "catalog:read", challenge
    for endpoint in ("v1", "sse"):
        path = f"/.well-known/oauth-protected-resource/api/mcp-actions/{endpoint}"
        found = httpx.get(callboard.url + path, headers={"Host": "evil.test", "Origin": "https://inspector.test"})
        assert found.status_code == 200 and found.headers["Access-Control-Allow-Origin"] == "*"
        assert found.json()["resource"] == f"https://callboard.test/api/mcp-actions/{endpoint}"
        assert found.json()["authorization_servers"] == ["https://login.test"]
    for path in ("", "/api/mcp-actions/v1/nothing"):
        assert httpx.get(callboard.url + "/.well-known/oauth-protected-resource" + path).status_code == 404


def test_the_policy_can_be_switched_off_loudly(start):
    access, _ = configuration()
    callboard = start(backend={"auth": {"externalAccess": access, "dangerouslyDisableDefaultAuthPolicy": True}})
    assert status(callboard, None) == 200 and status(callboard, "wrong-token") == 401
    assert "EVERYTHING" in callboard.log()


@contextlib.contextmanager
def connection(callboard):
    with socket.create_connection(("127.0.0.1", callboard.port), timeout=20) as stream:
        yield stream


def exchange(callboard, request):
    """The first line of the answer to these bytes; empty when there is none."""
    with connection(callboard) as stream:
        with contextlib.suppress(OSError):
            stream.sendall(request)
        answer = b""
        with contextlib.suppress(OSError):
            while b"\r\n" not in answer and (more := stream.recv(65536)):
                answer += more
        return answer.split(b"\r\n")[0].decode(errors="replace")


def request(callboard, *lines, body=b"", method="POST", target="/api/mcp-actions/v1"):
    head = [f"{method} {target} HTTP/1.1", "Host: localhost", "Content-Type: application/json",
            "Accept: application/json, text/event-stream", f"Authorization: Bearer {callboard.token}", *lines]
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in lines):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def resident(callboard):
    with open(f"/proc/{callboard.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) << 10


def test_what_is_no_request_gets_the_right_answer_and_harms_nobody(callboard):
    deep = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    rows = [
        ("431", request(callboard, "X-Long: " + "a" * 40_000)),
        ("431", request(callboard, *[f"X-{n}: {'a' * 100}" for n in range(400)])),
        ("413", request(callboard, f"Content-Length: {5 << 20}")),
        ("413", request(callboard, "Content-Length: 99999999999999999999")),
        ("400", request(callboard, "Content-Length: -1")),
        ("400", request(callboard, "Content-Length: abc")),
        ("400", request(callboard, f"Authorization: Bearer {callboard.token}", body=b"{}")),
        ("400", request(callboard, body=deep)),
        ("400", request(callboard, body=b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}')),
        ("400", request(callboard, body=b"\x00" * 1000)),
        ("400", request(callboard, method="GET", target="/api/%zz")),
        ("401", request(callboard, method="GET", target=PATH).replace(callboard.token.encode(), b"\xff\xfe")),
    ]
    for expected, message in rows:
        line = exchange(callboard, message)
        # A refusal of the length may come as a closed connection, never as a wrong answer.
        assert expected in line or (line == "" and expected in ("413", "431", "400")), (expected, line, message[:200])
        assert callboard.status("/livez") == 200
    assert callboard.is_alive()


def test_a_body_without_end_is_cut_off(callboard):
    before = resident(callboard)
    with connection(callboard) as stream:
        stream.sendall(request(callboard, "Transfer-Encoding: chunked"))
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 64 << 20:
                stream.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")
                sent += 65536
        assert sent < 32 << 20
    assert resident(callboard) - before < 40 << 20
    assert callboard.status("/livez") == 200


def test_slow_and_half_open_connections_do_not_keep_others_out(callboard):
    before = resident(callboard)
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(connection(callboard)) for _ in range(400)]
        for number, stream in enumerate(streams):
            # A third says nothing, a third a part of the header, a third a part of the body.
            if number % 3 == 1:
                stream.sendall(b"POST /api/mcp-actions/v1 HTTP/1.1\r\nHost: local")
            if number % 3 == 2:
                stream.sendall(request(callboard, "Content-Length: 1000000", body=b"{"))
        for _ in range(20):
            for stream in streams[1::3]:
                stream.sendall(b"h")
            assert callboard.status(PATH) == 200
        assert resident(callboard) - before < 64 << 20
    eventually(lambda: callboard.status(PATH) == 200)
    assert callboard.is_alive()
