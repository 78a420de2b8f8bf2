"""A person signs in with a token of the cluster and gives programs access: the official SDK's client through the whole flow, and
what a client can do wrong."""

import asyncio
import base64
import hashlib
import html
import json
import re
import secrets
import urllib.parse

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

from harness import eventually
from mcp_client import ERAS

CALLBACK = "http://127.0.0.1:9/callback"
SECRET = "a secret for tests that is long enough, and then some"


@pytest.fixture
def token_of_a_person(cluster, namespace):
    cluster.kubectl("create", "serviceaccount", "ann", "-n", namespace)
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/ann/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    return json.loads(cluster.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(request)))["status"]["token"]


def settings(**more):
    return {
        "backend": {"baseUrl": "CALLBOARD_URL"},
        "auth": {
            "session": {"secret": SECRET},
            "experimentalDynamicClientRegistration": {"enabled": True},
            "experimentalRefreshToken": {"enabled": True}, **more,
        },
        "callboard": {"auth": {
            "signIn": {"kubernetes": {"enabled": True}, "allow": [{"provider": "kubernetes", "group": "system:serviceaccounts"}]},
            "clients": [
                {"id": "portal", "name": "The portal", "secret": "the portal's own secret",
                 "redirectUris": ["https://portal.example/back?x=1"]}]}},
    }


@pytest.fixture
def callboard(make_callboard):
    return make_callboard(settings()).wait_ready()


class Browser:
    """What a person does: reads pages, fills in forms, follows redirects by hand."""

    def __init__(self, url, token):
        self.token = token
        self.http = httpx.Client(base_url=url, timeout=20, follow_redirects=False)

    def open(self, url):
        return self.http.get(url)

    def submit(self, page, **fields):
        """The form of a page, with its hidden fields, as a browser sends it."""
        form = next(form for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL)
                    if all(f'name="{name}"' in form for name in fields))
        hidden = {html.unescape(name): html.unescape(value) for name, value in
                  re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)}
        action = html.unescape(re.search(r'action="([^"]*)"', form).group(1))
        return self.http.post(action, data={**hidden, **fields}, headers={"Origin": str(self.http.base_url).rstrip("/")})

    def sign_in(self, response):
        """From the redirect to the sign-in page back to where the person wanted to go."""
        assert response.status_code == 303, response.text
        page = self.open(response.headers["location"])
        back = self.submit(page, token=self.token)
        assert back.status_code == 303, back.text
        return self.open(back.headers["location"])

    def give(self, url, decision="approve"):
        """Everything from a client's request to the redirect with its answer."""
        response = self.open(url)
        if response.status_code == 303 and "/sign-in" in response.headers["location"]:
            response = self.sign_in(response)
        if response.status_code == 200:
            response = self.submit(response, decision=decision)
        assert response.status_code == 303, response.text
        return response.headers["location"]


def answer(location):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query, strict_parsing=True))


class Storage:
    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


def connect(callboard, browser, storage, url=None, redirects=None):
    """Connects with the SDK's own OAuth client and lists the tools."""
    base = url or callboard.url
    got = {}

    async def redirect(url):
        got.update(answer(await asyncio.to_thread(browser.give, url)))
        if redirects is not None:
            redirects.append(url)

    async def callback():
        return AuthorizationCodeResult(code=got["code"], state=got.get("state"), iss=got.get("iss"))

    async def run():
        provider = OAuthClientProvider(
            server_url=base + "/api/mcp-actions/v1",
            client_metadata=OAuthClientMetadata(
                client_name="A test", redirect_uris=[CALLBACK],
                grant_types=["authorization_code", "refresh_token"], response_types=["code"],
                token_endpoint_auth_method="none"),
            storage=storage, redirect_handler=redirect, callback_handler=callback)
        async with httpx2.AsyncClient(auth=provider, timeout=30) as http:
            async with Client(streamable_http_client(base + "/api/mcp-actions/v1", http_client=http)) as client:
                return [tool.name for tool in (await client.list_tools()).tools]

    return asyncio.run(run())


def test_the_official_client_gets_in_refreshes_and_is_thrown_out_when_a_token_is_used_twice(
        callboard, token_of_a_person):
    storage, redirects = Storage(), []
    browser = Browser(callboard.url, token_of_a_person)
    tools = connect(callboard, browser, storage, redirects=redirects)
    assert "catalog_resolve_entity" in tools and len(redirects) == 1
    assert storage.tokens.refresh_token and storage.tokens.token_type == "Bearer"
    assert storage.client.client_id.startswith("callboard.")
    # What acts in the person's name is held to what they agreed to: reading.
    assert not any("unregister" in name for name in tools)

    first = storage.tokens.refresh_token
    # A token that is worth nothing any more: the client asks for a new one with its refresh token, without the person.
    again = httpx.post(callboard.url + "/api/auth/v1/token", data={
        "grant_type": "refresh_token", "refresh_token": first, "client_id": storage.client.client_id})
    assert again.status_code == 200 and again.headers["cache-control"] == "no-store"
    second = again.json()
    assert second["refresh_token"] != first
    # The answer may have been lost: the same again, for a short while.
    lost = httpx.post(callboard.url + "/api/auth/v1/token", data={
        "grant_type": "refresh_token", "refresh_token": first, "client_id": storage.client.client_id})
    assert lost.json()["refresh_token"] == second["refresh_token"]

    third = httpx.post(callboard.url + "/api/auth/v1/token", data={
        "grant_type": "refresh_token", "refresh_token": second["refresh_token"],
        "client_id": storage.client.client_id}).json()
    assert list_tools(callboard, third["access_token"]).status_code == 200
    # The first one comes again though its successor was used: two have it.
    stolen = httpx.post(callboard.url + "/api/auth/v1/token", data={
        "grant_type": "refresh_token", "refresh_token": first, "client_id": storage.client.client_id})
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    ended = list_tools(callboard, third["access_token"])
    assert ended.status_code == 401 and 'error="invalid_token"' in ended.headers["www-authenticate"]
    assert httpx.post(callboard.url + "/api/auth/v1/token", data={
        "grant_type": "refresh_token", "refresh_token": third["refresh_token"],
        "client_id": storage.client.client_id}).status_code == 400

    log = callboard.log()
    for secret in [first, third["access_token"], third["refresh_token"], token_of_a_person, SECRET]:
        assert secret not in log


@pytest.mark.parametrize("mode", ERAS)
def test_the_official_client_refreshes_by_itself_and_asks_for_more_when_a_tool_needs_it(callboard, token_of_a_person, mode):
    storage, redirects, got = Storage(), [], {}
    browser = Browser(callboard.url, token_of_a_person)
    endpoint = callboard.url + "/api/mcp-actions/v1"

    async def redirect(url):
        redirects.append(url)
        got.update(answer(await asyncio.to_thread(browser.give, url)))

    async def callback():
        return AuthorizationCodeResult(code=got["code"], state=got.get("state"), iss=got.get("iss"))

    async def run():
        provider = OAuthClientProvider(
            server_url=endpoint, client_metadata=OAuthClientMetadata(
                client_name="A test", redirect_uris=[CALLBACK], grant_types=["authorization_code", "refresh_token"],
                response_types=["code"], token_endpoint_auth_method="none"),
            storage=storage, redirect_handler=redirect, callback_handler=callback)
        async with httpx2.AsyncClient(auth=provider, timeout=30) as http:
            async with Client(streamable_http_client(endpoint, http_client=http), mode=mode) as client:
                await client.list_tools()
                first = storage.tokens
                seen = [first]
                for _ in range(2):
                    # Its access token is over, as far as the client knows.
                    provider.context.token_expiry_time = 1
                    assert not (await client.call_tool("callboard_list_clusters", {})).is_error
                    seen.append(storage.tokens)
                assert len({tokens.access_token for tokens in seen}) == 3
                assert len({tokens.refresh_token for tokens in seen}) == 3
                assert len(redirects) == 1, "the person was not asked again"
                assert "catalog:write" not in storage.tokens.scope
                # Nothing is there to be refreshed: what counts is that the call came through.
                await client.call_tool("catalog_refresh_catalog_entity", {"entityRef": "component:default/nothing"})
                assert len(redirects) == 2
                assert {"catalog:read", "catalog:write"} <= set(storage.tokens.scope.split())
                eventually(lambda: any(
                    "did not agree" in line and "catalog_refresh_catalog_entity" in line
                    for line in callboard.log().splitlines()), what="the audit to tell what was tried")

    asyncio.run(run())


def test_an_operator_ends_a_persons_access_at_every_replica(make_callboard, namespace, token_of_a_person):
    one, more = settings(), settings()
    for configuration in (one, more):
        configuration["callboard"]["leaderElection"] = {"enabled": True, "namespace": namespace}
        configuration["backend"].setdefault("auth", {})["externalAccess"] = [{
            "type": "static", "options": {"token": "the-token-of-an-operator", "subject": "operator"},
            "accessRestrictions": [
                {"plugin": "callboard", "permission": ["callboard.grant.read", "callboard.grant.delete"]}]}]
    first = make_callboard(one, name="first").wait_ready()
    more["backend"]["baseUrl"] = first.url
    second = make_callboard(more, name="second").wait_ready()
    storage = Storage()
    connect(first, Browser(first.url, token_of_a_person), storage)
    for replica in (first, second):
        assert list_tools(replica, storage.tokens.access_token).status_code == 200
    operator = {"Authorization": "Bearer the-token-of-an-operator"}
    [grant] = httpx.get(second.url + "/api/callboard/grants", headers=operator).json()["grants"]
    assert grant["clientName"] == "A test" and grant["subject"].startswith("kubernetes:")
    ended = httpx.delete(
        first.url + "/api/callboard/grants", params={"person": grant["subject"]}, headers=operator)
    assert ended.json() == {"ended": 1}
    assert list_tools(first, storage.tokens.access_token).status_code == 401
    # A replica that hears nothing finds out after 15 s.
    eventually(lambda: list_tools(second, storage.tokens.access_token).status_code == 401, seconds=8)
    refused = httpx.post(second.url + "/api/auth/v1/token", data={
        "grant_type": "refresh_token", "refresh_token": storage.tokens.refresh_token,
        "client_id": storage.client.client_id})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def list_tools(callboard, token, path="/api/mcp-actions/v1"):
    return httpx.post(
        callboard.url + path, json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}},
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"})


def challenge():
    verifier = secrets.token_urlsafe(48)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return verifier, digest


def register(url, **more):
    response = httpx.post(url + "/api/auth/v1/register", json={"redirect_uris": [CALLBACK], "client_name": "Curl", **more})
    assert response.status_code == 201, response.text
    return response.json()


def authorize_url(url, client_id, redirect_uri=CALLBACK, **more):
    verifier, digest = challenge()
    query = {"response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, "code_challenge": digest,
             "code_challenge_method": "S256", **more}
    return f"{url}/api/auth/v1/authorize?" + urllib.parse.urlencode(query), verifier


def test_the_documents_agree_letter_by_letter_wherever_they_are(callboard):
    issuer = callboard.url + "/api/auth"
    documents = [httpx.get(callboard.url + path).json() for path in [
        "/.well-known/oauth-authorization-server/api/auth", "/.well-known/openid-configuration/api/auth",
        "/api/auth/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]]
    assert all(document == documents[0] for document in documents)
    assert documents[0]["issuer"] == issuer
    assert documents[0]["code_challenge_methods_supported"] == ["S256"]
    challenge = httpx.post(callboard.url + "/api/mcp-actions/v1", json={}).headers["www-authenticate"]
    resource = httpx.get(re.search(r'resource_metadata="([^"]*)"', challenge).group(1)).json()
    assert resource["authorization_servers"] == [issuer]
    keys = httpx.get(documents[0]["jwks_uri"]).json()["keys"]
    assert len(keys) == 1 and keys[0]["alg"] == "ES256" and "d" not in keys[0]


def test_a_request_as_the_conformance_suite_sends_it_gives_a_code_once(callboard, token_of_a_person):
    client = register(callboard.url)
    url, verifier = authorize_url(callboard.url, client["client_id"], "http://127.0.0.1:4711/callback", state="a b&c")
    location = Browser(callboard.url, token_of_a_person).give(url)
    assert location.startswith("http://127.0.0.1:4711/callback?")
    got = answer(location)
    assert got["state"] == "a b&c" and got["iss"] == callboard.url + "/api/auth"
    form = {"grant_type": "authorization_code", "code": got["code"], "code_verifier": verifier,
            "client_id": client["client_id"], "redirect_uri": "http://127.0.0.1:4711/callback"}
    wrong = httpx.post(callboard.url + "/api/auth/v1/token", data={**form, "code_verifier": challenge()[0]})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    tokens = httpx.post(callboard.url + "/api/auth/v1/token", data=form)
    assert tokens.status_code == 200 and tokens.headers["cache-control"] == "no-store"
    access = tokens.json()["access_token"]
    assert list_tools(callboard, access).status_code == 200
    # For another endpoint it is not, nor in a query.
    assert list_tools(callboard, access, "/api/mcp-actions/sse").status_code in (401, 404)
    assert httpx.get(callboard.url + "/api/catalog/entities", headers={"Authorization": f"Bearer {access}"}).status_code == 401
    assert httpx.get(callboard.url + f"/api/catalog/entities?access_token={access}").status_code == 401
    person = httpx.get(callboard.url + "/api/auth/v1/userinfo", headers={"Authorization": f"Bearer {access}"}).json()
    assert person["sub"].startswith("kubernetes:")
    # The code comes again: what it gave ends.
    assert httpx.post(callboard.url + "/api/auth/v1/token", data=form).json()["error"] == "invalid_grant"
    assert list_tools(callboard, access).status_code == 401


def test_who_refuses_or_asks_wrongly_gets_told_where_that_is_safe(callboard, token_of_a_person):
    client = register(callboard.url)
    browser = Browser(callboard.url, token_of_a_person)
    url, _ = authorize_url(callboard.url, client["client_id"], state="s")
    assert answer(browser.give(url, "reject"))["error"] == "access_denied"
    for change, error in [
            ({"code_challenge_method": "plain"}, "invalid_request"), ({"resource": "https://other.example/"}, "invalid_target"),
            ({"response_type": "token"}, "unsupported_response_type"), ({"scope": "everything"}, "invalid_scope")]:
        got = answer(browser.give(authorize_url(callboard.url, client["client_id"], state="s", **change)[0]))
        assert (got["error"], got["state"], got["iss"]) == (error, "s", callboard.url + "/api/auth")
    for change in [{"redirect_uri": "http://127.0.0.1:9/other"}, {"client_id": client["client_id"] + "x"}]:
        arguments = {"client_id": client["client_id"], "redirect_uri": CALLBACK, **change}
        page = browser.open(authorize_url(callboard.url, **arguments)[0])
        assert page.status_code == 400 and "location" not in page.headers
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    # A decision that no page of ours carries, and one of another site.
    assert browser.http.post("/api/auth/v1/consent", data={"ticket": "x", "decision": "approve"}).status_code == 400
    foreign = browser.http.post("/api/auth/v1/consent", data={"ticket": "x", "decision": "approve"},
                                headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403


def test_a_known_client_is_asked_for_once_and_shows_its_secret(callboard, token_of_a_person):
    browser = Browser(callboard.url, token_of_a_person)
    redirect = "https://portal.example/back?x=1"
    for _ in range(2):
        url, verifier = authorize_url(callboard.url, "portal", redirect)
        location = browser.give(url)
        assert location.startswith(redirect + "&code=")
    # The second time no page came in between.
    assert browser.open(authorize_url(callboard.url, "portal", redirect)[0]).status_code == 303
    form = {"grant_type": "authorization_code", "code": answer(location)["code"], "code_verifier": verifier,
            "redirect_uri": redirect}
    refused = httpx.post(callboard.url + "/api/auth/v1/token", data=form, auth=("portal", "wrong"))
    assert refused.status_code == 401 and refused.headers["www-authenticate"].startswith("Basic")
    # As RFC 6749 §2.3.1 has it: encoded as in a form.
    good = httpx.post(callboard.url + "/api/auth/v1/token", data=form,
                      auth=("portal", urllib.parse.quote_plus("the portal's own secret")))
    assert good.status_code == 200, good.text
    # Given back, it is worth nothing.
    revoked = httpx.post(callboard.url + "/api/auth/v1/revoke", data={"token": good.json()["refresh_token"]},
                         auth=("portal", urllib.parse.quote_plus("the portal's own secret")))
    assert revoked.status_code == 200
    assert list_tools(callboard, good.json()["access_token"]).status_code == 401


def test_a_client_may_ask_at_length(callboard, token_of_a_person):
    client = register(callboard.url)
    for length, path in [(2_000, "state"), (4_000, "unknown")]:
        url, _ = authorize_url(callboard.url, client["client_id"], **{"state": "s", path: "x" * length})
        assert answer(Browser(callboard.url, token_of_a_person).give(url))["code"]
    url, _ = authorize_url(callboard.url, client["client_id"], unknown="x" * 8_192)
    assert Browser(callboard.url, token_of_a_person).open(url).status_code == 400


def test_every_step_may_be_taken_at_another_replica(make_callboard, database, namespace, token_of_a_person):
    one, more = settings(), settings()
    for configuration in (one, more):
        configuration["callboard"]["leaderElection"] = {"enabled": True, "namespace": namespace}
    first = make_callboard(one, name="first").wait_ready()
    more["backend"]["baseUrl"] = first.url
    second = make_callboard(more, name="second").wait_ready()

    class Alternating(Browser):
        """One address, two replicas behind it in turns."""

        def __init__(self):
            super().__init__(first.url, token_of_a_person)
            self.turn = 0
            self.http = httpx.Client(
                base_url=first.url, timeout=20, follow_redirects=False, event_hooks={"request": [self.turn_to]})

        def turn_to(self, request):
            self.turn += 1
            request.url = request.url.copy_with(port=[second.port, first.port][self.turn % 2])

    client = register(second.url, grant_types=["authorization_code", "refresh_token"])
    url, verifier = authorize_url(first.url, client["client_id"])
    browser = Alternating()
    got = answer(browser.give(url))
    assert browser.turn >= 4
    form = {"grant_type": "authorization_code", "code": got["code"], "code_verifier": verifier,
            "client_id": client["client_id"]}
    tokens = httpx.post(second.url + "/api/auth/v1/token", data=form).json()
    assert list_tools(first, tokens["access_token"]).status_code == 200
    assert list_tools(second, tokens["access_token"]).status_code == 200
    refreshed = httpx.post(first.url + "/api/auth/v1/token", data={
        "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": client["client_id"]})
    assert refreshed.status_code == 200
    assert list_tools(second, refreshed.json()["access_token"]).status_code == 200
    assert database.value("SELECT count(*) FROM signing_key") == "1"


@pytest.mark.parametrize("change, words", [
    ({"backend": {"baseUrl": "http://callboard.example"}}, "https"),
    ({"auth": {"clientIdMetadataDocuments": {"enabled": True}}}, "auth.session.secret"),
    ({"callboard": {"auth": {"clients": []}}}, "sign in"),
])
def test_without_what_it_stands_on_it_does_not_start(make_callboard, change, words):
    callboard = make_callboard({**settings(), **change})
    assert callboard.process.wait(timeout=20) == 78
    assert words in callboard.log()
