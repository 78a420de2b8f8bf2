"""Persons sign in with a browser: at an OpenID provider that signs real tokens, at GitHub, and with a token of the cluster;
what fails on the way costs nothing but the attempt, and no secret is found anywhere."""

import http.server
import json
import re
import secrets
import threading
import urllib.parse

import httpx
import pytest
import yaml

from harness import eventually
from oidc import OpenIDProvider

CLIENT_SECRET = "oidc-client-secret-not-to-be-seen"
GITHUB_SECRET = "github-client-secret-not-to-be-seen"
SESSION_SECRET = "session-secret-not-to-be-seen-0123456789"

USERS = [
    {"apiVersion": "backstage.io/v1alpha1", "kind": "User", "metadata": {"name": "ann"}, "spec": {"memberOf": ["team"]}},
    {"apiVersion": "backstage.io/v1alpha1", "kind": "Group", "metadata": {"name": "team"},
     "spec": {"type": "team", "children": []}},
]


@pytest.fixture
def provider():
    provider = OpenIDProvider("callboard", CLIENT_SECRET)
    yield provider
    provider.close()


def start(make_callboard, tmp_path, auth, callboard, url="http://localhost:7007", name="callboard", **more):
    catalog = tmp_path / "users.yaml"
    catalog.write_text(yaml.safe_dump_all(USERS))
    return make_callboard(
        {
            "backend": {"baseUrl": url}, "auth": {"session": {"secret": SESSION_SECRET}, **auth},
            "callboard": {"auth": callboard, **more},
            "catalog": {"locations": [{"type": "file", "target": str(catalog), "rules": [{"allow": ["User", "Group"]}]}]},
        }, name=name)


def oidc(provider):
    return {"providers": {"oidc": {"test": {
        "metadataUrl": provider.url, "clientId": "callboard", "clientSecret": CLIENT_SECRET,
        "signIn": {"resolvers": [{"resolver": "usernameMatchingUserEntityName"}]}}}}}


class Browser:
    """A browser without scripts: it keeps cookies, fills in forms, and is sent on by nobody unasked."""

    def __init__(self):
        self.jar = {}

    def send(self, callboard, method, path, form=None):
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        answer = httpx.request(method, callboard.url + path, data=form, headers={"Cookie": cookies}, timeout=20)
        for field in answer.headers.get_list("set-cookie"):
            pair, _, attributes = field.partition(";")
            name, _, value = pair.partition("=")
            assert "HttpOnly" in attributes and "SameSite=Lax" in attributes and "Path=/" in attributes
            self.jar[name] = value
            if "Max-Age=0" in attributes:
                del self.jar[name]
        return answer

    def begin(self, callboard, provider, back="/api/auth/session", **fields):
        page = self.send(callboard, "GET", "/api/auth/sign-in?return=" + urllib.parse.quote(back, safe=""))
        assert page.status_code == 200 and "<script" not in page.text, page.text
        token = re.search(r'name="form" value="([^"]+)"', page.text).group(1)
        return self.send(callboard, "POST", f"/api/auth/sign-in/{provider}", {"form": token, "return": back, **fields})

    def session(self, callboard):
        return self.send(callboard, "GET", "/api/auth/session")


def path_of(url):
    parts = urllib.parse.urlsplit(url)
    return parts.path + "?" + parts.query


def secrets_in(callboard, *more):
    text = callboard.log() + httpx.get(callboard.url + "/metrics").text
    return [secret for secret in (CLIENT_SECRET, GITHUB_SECRET, SESSION_SECRET, *more) if secret in text]


def test_a_person_begins_at_one_replica_and_comes_back_to_the_other(make_callboard, tmp_path, namespace, provider):
    def replica(name):
        election = {"enabled": True, "namespace": namespace}
        return start(make_callboard, tmp_path, oidc(provider), {}, name=name, leaderElection=election).wait_ready()

    first, second = replica("first"), replica("second")
    eventually(lambda: first.entity("user:default/ann"))
    browser = Browser()
    begun = browser.begin(first, "oidc")
    assert begun.status_code == 303 and begun.headers["location"].startswith(provider.url + "/authorize?")
    callback = provider.agree(begun.headers["location"])
    assert callback.startswith("http://localhost:7007/api/auth/oidc/handler/frame?")
    back = browser.send(second, "GET", path_of(callback))
    assert back.status_code == 303 and back.headers["location"] == "/api/auth/session", back.text
    for replica in (first, second):
        session = browser.session(replica).json()
        assert session["subject"] == "oidc:1" and session["displayName"] == "Ann"
        assert session["userEntityRef"] == "user:default/ann"
        assert session["ownershipEntityRefs"] == ["user:default/ann", "group:default/team"]

    # The provider takes another key; its codes serve once, also for who kept the cookie of the attempt.
    provider.rotate()
    other = Browser()
    callback = path_of(provider.agree(other.begin(first, "oidc").headers["location"]))
    before = dict(other.jar)
    assert other.send(first, "GET", callback).status_code == 303
    assert other.send(second, "GET", callback).status_code == 400
    other.jar = before
    assert other.send(second, "GET", callback).status_code == 403

    # Who signs out is out; the other browser is not.
    page = browser.send(first, "GET", "/api/auth/sign-in")
    token = re.search(r'name="form" value="([^"]+)"', page.text).group(1)
    assert browser.send(first, "POST", "/api/auth/sign-out", {"form": token}).status_code == 303
    assert browser.session(first).status_code == 401
    assert secrets_in(first) == secrets_in(second) == []


def test_what_fails_on_the_way_costs_the_attempt_alone(make_callboard, tmp_path, provider):
    callboard = start(make_callboard, tmp_path, oidc(provider), {}).wait_ready()
    eventually(lambda: callboard.entity("user:default/ann"))
    frame = "/api/auth/oidc/handler/frame?"

    def state(answer):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["location"]).query))["state"]

    # The provider does not answer before anybody has been sent there.
    provider.fault = lambda path: (503, {})
    answer = Browser().begin(callboard, "oidc")
    assert answer.status_code == 503 and "Nothing is lost" in answer.text
    provider.fault = lambda path: None

    # The person declines; somebody else's callback comes; the tokens are not what they must be.
    browser = Browser()
    sent = state(browser.begin(callboard, "oidc"))
    assert browser.send(callboard, "GET", frame + f"code=x&state={secrets.token_urlsafe(8)}").status_code == 400
    assert browser.send(callboard, "GET", frame + f"error=access_denied&state={sent}").status_code == 403
    for changes, status in [
        ({"nonce": "another"}, 502), ({"aud": "other"}, 502), ({"iss": "https://other.example"}, 502),
        ({"exp": 1_000_000_000}, 502), ({"iat": 9_999_999_999}, 502), ({"preferred_username": "eve"}, 403),
    ]:
        provider.token_changes = changes
        browser = Browser()
        callback = path_of(provider.agree(browser.begin(callboard, "oidc").headers["location"]))
        answer = browser.send(callboard, "GET", callback)
        assert answer.status_code == status and browser.session(callboard).status_code == 401, (changes, answer.text)
    provider.token_changes = {}

    # The provider fails while somebody is under way; then all is well again.
    for fault, status in [((500, {}), 503), ((200, {"id_token": "x" * 300_000}), 502), ((400, {"error": "no"}), 403)]:
        browser = Browser()
        callback = path_of(provider.agree(browser.begin(callboard, "oidc").headers["location"]))
        provider.fault = lambda path, fault=fault: fault if path == "/token" else None
        assert browser.send(callboard, "GET", callback).status_code == status
        provider.fault = lambda path: None
    browser = Browser()
    callback = provider.agree(browser.begin(callboard, "oidc").headers["location"])
    assert browser.send(callboard, "GET", path_of(callback)).status_code == 303
    assert browser.session(callboard).json()["userEntityRef"] == "user:default/ann"
    metrics = httpx.get(callboard.url + "/metrics").text
    assert 'callboard_sign_ins_total{provider="oidc",outcome="declined"} 1' in metrics
    assert secrets_in(callboard) == []


@pytest.fixture
def github():
    """GitHub's code flow with one person, who is in the organizations of `memberships`."""
    class Handler(http.server.BaseHTTPRequestHandler):
        memberships = {"acme": "active"}
        token = "gho_not-to-be-seen"

        def do_POST(self):
            form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            good = form["client_secret"] == GITHUB_SECRET and form["code"] == "good" and form["code_verifier"]
            self.answer({"access_token": self.token} if good else {"error": "bad_verification_code"})

        def do_GET(self):
            assert self.headers["Authorization"] == f"Bearer {self.token}"
            if self.path == "/api/v3/user":
                return self.answer({"id": 7, "login": "ann", "name": "Ann"})
            state = self.memberships.get(self.path.removeprefix("/api/v3/user/memberships/orgs/"))
            self.answer({"state": state} if state else {}, 200 if state else 404)

        def answer(self, document, status=200):
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url, server.person = f"http://127.0.0.1:{server.server_port}", Handler
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_members_of_an_organization_sign_in_at_github_and_nobody_else(make_callboard, tmp_path, github):
    callboard = start(
        make_callboard, tmp_path,
        {"providers": {"github": {"test": {
            "clientId": "Iv1", "clientSecret": GITHUB_SECRET, "enterpriseInstanceUrl": github.url}}}},
        {"github": {"allowedOrganizations": ["acme"]}}).wait_ready()
    for memberships, code, status in [
        ({"acme": "active"}, "good", 303), ({"acme": "pending"}, "good", 403), ({}, "good", 403),
        ({"acme": "active"}, "used", 403),
    ]:
        github.person.memberships = memberships
        browser = Browser()
        location = browser.begin(callboard, "github").headers["location"]
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        assert location.startswith(github.url + "/login/oauth/authorize?") and asked["code_challenge_method"] == "S256"
        back = browser.send(callboard, "GET", f"/api/auth/github/handler/frame?code={code}&state={asked['state']}")
        assert back.status_code == status, back.text
        assert browser.session(callboard).status_code == (200 if status == 303 else 401)
    assert secrets_in(callboard, github.person.token) == []


def token_of(cluster, namespace, account, **spec):
    """What `kubectl create token` asks for."""
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600, **spec}}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    return json.loads(cluster.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(request)))["status"]["token"]


def test_a_real_service_account_signs_in_with_its_token(make_callboard, tmp_path, cluster, namespace, database):
    cluster.kubectl("create", "serviceaccount", "agent", "-n", namespace)
    token = token_of(cluster, namespace, "agent")
    other = token_of(cluster, namespace, "agent", audiences=["elsewhere"])
    name = f"system:serviceaccount:{namespace}:agent"
    callboard = start(make_callboard, tmp_path, {}, {"signIn": {
        "kubernetes": {"enabled": True},
        "allow": [{"provider": "kubernetes", "group": f"system:serviceaccounts:{namespace}"}]}}).wait_ready()
    browser = Browser()
    for wrong in ("x", "", other, token[:-4] + "AAAA"):
        answer = browser.begin(callboard, "kubernetes", token=wrong)
        assert answer.status_code == 403 and (not wrong or len(wrong) == 1 or wrong not in answer.text)
    answer = browser.begin(callboard, "kubernetes", token=token, back="/api/auth/session")
    assert answer.status_code == 303, answer.text
    session = browser.session(callboard).json()
    assert session["subject"] == "kubernetes:" + name and session["userEntityRef"] is None

    # An account that no rule names is known, and not let in.
    cluster.kubectl("create", "namespace", namespace + "-x")
    cluster.kubectl("create", "serviceaccount", "agent", "-n", namespace + "-x")
    stranger = token_of(cluster, namespace + "-x", "agent")
    cluster.kubectl("delete", "namespace", namespace + "-x", "--wait=false")
    assert Browser().begin(callboard, "kubernetes", token=stranger).status_code == 403

    assert secrets_in(callboard, token, other, stranger) == []
    tables = database.value("SELECT string_agg(quote_ident(tablename), ',') FROM pg_tables WHERE schemaname = 'callboard'")
    for table in tables.split(","):
        found = database.value(f"SELECT count(*) FROM {table} t WHERE strpos(t::text, '{token}') > 0")
        assert found == "0", table


def test_nobody_is_sent_to_another_site_and_nothing_is_there_unless_configured(make_callboard, tmp_path, provider):
    callboard = start(make_callboard, tmp_path, oidc(provider), {}).wait_ready()
    for path in ("//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example"):
        answer = httpx.get(callboard.url + "/api/auth/sign-in", params={"return": path})
        assert answer.status_code == 400 and "evil" not in answer.text
    page = httpx.get(callboard.url + "/api/auth/sign-in?return=/%22%3E%3Cscript%3E")
    assert "<script" not in page.text and page.headers["content-security-policy"].startswith("default-src 'none';")
    assert page.headers["cache-control"] == "no-store" and "Kubernetes" not in page.text
    callboard.stop()
    without = make_callboard(name="without").wait_ready()
    assert httpx.get(without.url + "/api/auth/sign-in").status_code == 401
