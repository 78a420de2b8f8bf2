"""ScaleOps behind /api/scaleops: what the plugin's front end asks, and what happens while ScaleOps misbehaves."""

import concurrent.futures
import contextlib
import secrets
import threading

import httpx
import pytest

from harness import eventually
from scaleops import PASSWORD, ScaleOps, workload

API = "/api/scaleops/api"
BY_NAMESPACE = f"{API}/api/v1/dashboard/byNamespace"
POLICIES = f"{API}/api/v1/policies"
WRITER, READER = secrets.token_hex(16), secrets.token_hex(16)


@pytest.fixture
def scaleops():
    scaleops = ScaleOps()
    yield scaleops
    scaleops.close()


@pytest.fixture
def start(make_callboard, scaleops):
    """Starts a Callboard; at its end, nothing secret stands in its log or metrics."""
    started = []

    def start(**more):
        callboard = make_callboard({"scaleops": {
            "baseUrl": scaleops.url + "/", "timeout": "5s", "linkToDashboard": True, "currencyPrefix": "$",
            "authentication": {"enabled": True, "type": "ldap", "user": "robot", "password": PASSWORD}, **more}})
        started.append(callboard)
        return callboard.wait_ready()

    yield start
    for callboard in started:
        seen = callboard.log()
        with contextlib.suppress(httpx.HTTPError):
            seen += httpx.get(callboard.url + "/metrics").text
        for secret in [PASSWORD, *scaleops.tokens]:
            assert secret not in seen


def names(answer):
    assert answer.status_code == 200, answer.text
    return [one["workloadName"] for one in answer.json()["workloads"] or []]


def test_the_front_end_of_the_plugin_gets_what_it_asks_for(start, scaleops):
    callboard = start()
    client = callboard.client
    assert httpx.get(callboard.url + "/api/scaleops/health").json() == {"status": "ok"}
    found = client.post(BY_NAMESPACE, params={"multiCluster": "true", "logicalLabel": "AND"}, json={"label": ["app=shop"]})
    assert found.json() == {"workloads": [scaleops.workloads[0]]}
    assert names(client.post(BY_NAMESPACE, json={"label": ["app=nothing"]})) == []
    assert set(names(client.post(BY_NAMESPACE, json={"label": []}))) >= {"shop", "cart", "db", "starved", "bare"}

    costs = client.post(
        f"{API}/detailedCostReport/getWorkloads", params={"multiCluster": "true", "range": "30d"},
        headers={"X-Scaleops-Cluster": "eu@1"}, json={
            "clusterFilters": ["eu@1"], "namespaces": ["prod"], "workloadTypes": ["Deployment"], "labels": ["app=shop"]})
    assert costs.json()["aggregatedWorkloads"][0]["id"] == "EU@1/PROD/SHOP"
    enabled = client.get(f"{API}/api/v1/networkCost/networkCostEnabled", params={"multiCluster": "true"})
    assert enabled.json()["networkCostEnabled"]["eu@1"] is True
    # What was encoded stays encoded.
    network = client.get(f"{API}/api/v1/workload-network?name=a%26b%2F%2B&from=1", headers={"X-Scaleops-Cluster": "eu@1"})
    assert network.json()["destinations"][0]["echo"] == {"name": "a&b/+", "from": "1"}
    policies = client.get(POLICIES)
    assert policies.json() == {"policies": scaleops.policies}
    assert policies.headers["etag"] == '"p1"' and "set-cookie" not in policies.headers

    assert scaleops.logins == 1
    for _, _, headers, _ in scaleops.log:
        assert headers["Authorization"].removeprefix("Bearer ") in scaleops.tokens
        assert callboard.token not in str(headers)
        assert set(map(str.lower, headers)) <= {
            "host", "accept", "accept-encoding", "content-type", "content-length", "user-agent", "x-scaleops-cluster",
            "authorization"}
    assert callboard.get("/api/scaleops/endpoints")["items"][0]["state"] == "ok"
    metrics = httpx.get(callboard.url + "/metrics").text
    assert 'callboard_scaleops_requests_total{endpoint="default",code="200"}' in metrics
    assert 'callboard_scaleops_logins_total{endpoint="default",result="success"} 1' in metrics


def test_bodies_and_statuses_pass_whatever_they_are(start, scaleops):
    client = start().client
    csv = client.get(f"{API}/detailedCostReport/export")
    assert csv.text == "workload,cost\nshop,1\n" and csv.headers["content-type"] == "text/csv"
    assert client.get(f"{API}/api/v1/nothing").status_code == 404
    assert client.get(f"{API}/api/v1/nothing").json() == {"error": "not found"}
    scaleops.fault = lambda handler: handler.send(500, {"Content-Type": "text/plain"}, b"oops") or True
    failed = client.get(POLICIES)
    assert (failed.status_code, failed.text, failed.headers["content-type"]) == (500, "oops", "text/plain")
    scaleops.fault = lambda handler: handler.send(204, {}, b"") or True
    empty = client.get(POLICIES)
    assert empty.status_code == 204 and empty.content == b""
    # A server that repeats what it was sent gives nothing away.
    scaleops.fault = lambda handler: handler.send(
        400, {"X-Echo": handler.headers["Authorization"]}, {"sent": handler.headers["Authorization"], "key": PASSWORD}) or True
    echoed = client.get(POLICIES)
    assert echoed.status_code == 400
    for secret in [PASSWORD, *scaleops.tokens]:
        assert secret not in echoed.text + str(echoed.headers)
    assert set(echoed.json()["key"]) == {"*"}


def test_ten_thousand_workloads_pass_whole(start, scaleops):
    scaleops.workloads = [workload(f"w{number}") for number in range(10_000)]
    found = start(timeout="30s").client.post(BY_NAMESPACE, json={"label": []})
    assert found.json() == {"workloads": scaleops.workloads}
    assert len(found.content) > 5_000_000


def test_an_answer_that_is_too_long_is_never_passed_for_whole(start, scaleops):
    scaleops.workloads = [workload(f"w{number}") for number in range(4_000)]
    client = start(timeout="30s", maximumAnswerMegabytes=1).client
    # Cut, or refused when that much came before anything was passed on.
    with contextlib.suppress(httpx.RemoteProtocolError):
        assert client.post(BY_NAMESPACE, json={"label": []}).status_code == 502
    scaleops.workloads = scaleops.workloads[:10]
    assert len(names(client.post(BY_NAMESPACE, json={"label": []}))) == 10


def test_a_token_that_ends_or_is_refused_in_the_midst_is_replaced_once(start, scaleops):
    client = start().client
    assert client.get(POLICIES).status_code == 200
    scaleops.revoke()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.get(POLICIES).status_code, range(16)))
    assert answers == [200] * 16 and scaleops.logins == 2

    # A redirect to the page where people log in says the same as 401.
    def redirect(handler):
        if scaleops.is_known(handler.headers):
            return False
        handler.send(302, {"Location": "/login?next=x"}, b"")
        return True

    scaleops.fault = redirect
    scaleops.revoke()
    assert client.get(POLICIES).status_code == 200 and scaleops.logins == 3


def test_a_token_is_used_until_the_time_that_stands_in_it(start, scaleops):
    scaleops.token_seconds = 2
    client = start().client
    assert client.get(POLICIES).status_code == 200
    eventually(lambda: client.get(POLICIES).status_code == 200 and scaleops.logins >= 2)


def test_cold_callers_share_one_login(start, scaleops):
    client = start().client
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: client.get(POLICIES).status_code, range(24)))
    assert answers == [200] * 24 and scaleops.logins == 1


def test_credentials_that_are_not_good_lock_no_account_and_are_no_fault_of_the_caller(start, scaleops):
    scaleops.is_login_broken = True
    callboard = start()
    answers = [callboard.client.get(POLICIES) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {502}
    assert answers[0].json()["error"]["name"] == "ResponseError" and "login" in answers[0].json()["error"]["message"]
    assert PASSWORD not in "".join(answer.text for answer in answers)
    assert scaleops.logins <= 5
    assert callboard.get("/api/scaleops/endpoints")["items"][0]["state"] == "failing"
    scaleops.is_login_broken = False
    eventually(lambda: callboard.client.get(POLICIES).status_code == 200)
    assert callboard.get("/api/scaleops/endpoints")["items"][0]["state"] == "ok"


def test_one_cluster_that_is_down_leaves_the_others(start, scaleops):
    client = start().client
    scaleops.clusters_down = {"us"}
    assert client.get(POLICIES, headers={"X-Scaleops-Cluster": "eu@1"}).status_code == 200
    down = client.get(POLICIES, headers={"X-Scaleops-Cluster": "us"})
    assert down.status_code == 503 and "us" in down.json()["error"]
    assert client.get(POLICIES, headers={"X-Scaleops-Cluster": "eu@1"}).status_code == 200


def test_a_scaleops_that_is_slow_cut_or_gone_costs_its_callers_their_answer_and_nobody_else_anything(start, scaleops):
    callboard = start(timeout="1s", concurrency=2)
    client, released = callboard.client, threading.Event()
    scaleops.fault = lambda handler: released.wait(20) and False
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        slow = [pool.submit(client.get, POLICIES) for _ in range(6)]
        # Meanwhile everything else answers.
        assert callboard.status("/api/scaleops/health") == 200
        assert callboard.status("/api/catalog/entity-facets?facet=kind") == 200
        assert {one.result().status_code for one in slow} <= {503, 504}
    released.set()

    scaleops.fault = lambda handler: handler.send(200, {}, b'{"policies": [', length=1_000) or True
    cut = client.get(POLICIES)
    assert cut.status_code == 502 and cut.json()["error"]["name"] == "ResponseError"
    scaleops.fault = lambda handler: False
    eventually(lambda: client.get(POLICIES).status_code == 200)
    scaleops.close()
    assert client.get(POLICIES).status_code == 502
    assert callboard.get("/api/scaleops/endpoints")["items"][0]["state"] == "failing"


def test_writes_need_a_permission_that_is_given_by_name(make_callboard, scaleops):
    tokens = [
        {"type": "static", "options": {"token": "${CALLBOARD_TOKEN}", "subject": "everything"}},
        {"type": "static", "options": {"token": WRITER, "subject": "writer"}, "accessRestrictions": [
            {"plugin": "scaleops", "permission": ["scaleops.proxy.read", "scaleops.proxy.write"]}]},
        {"type": "static", "options": {"token": READER, "subject": "reader"}, "accessRestrictions": [
            {"plugin": "scaleops", "permissionAttribute": {"action": "read"}}]},
    ]
    callboard = make_callboard({
        "backend": {"auth": {"externalAccess": tokens}},
        "scaleops": {"baseUrl": scaleops.url, "authentication": {"enabled": True, "user": "robot", "password": PASSWORD}}})
    eventually(lambda: callboard.status(POLICIES) == 200)

    def as_(token, method, path):
        return httpx.request(method, callboard.url + path, headers={"Authorization": f"Bearer {token}"}).status_code

    assert as_(callboard.token, "DELETE", f"{POLICIES}/high-availability") == 403
    assert as_(READER, "DELETE", f"{POLICIES}/high-availability") == 403
    assert (as_(READER, "GET", POLICIES), as_(READER, "GET", "/api/catalog/entities")) == (200, 403)
    assert scaleops.policies
    assert as_(WRITER, "DELETE", f"{POLICIES}/high-availability") == 204
    assert scaleops.policies == []
    assert as_(WRITER, "POST", f"{API}/auth/callback") == 403
    assert '"subject":"external:writer"' in callboard.log()


def test_paths_that_lead_elsewhere_go_nowhere(start, scaleops):
    client = start().client
    for path in ["auth/callback", "AUTH/callback", "api/%2e%2e/auth/callback", "api/v1%2f..%2f..%2fauth", "api//v1", ""]:
        for method in ["GET", "POST"]:
            answer = client.request(method, f"{API}/{path}")
            assert answer.status_code in (400, 403, 404), (method, path, answer.status_code)
    assert client.request("DELETE", f"{POLICIES}/high-availability").status_code == 403
    assert client.get(f"{API}/admin").status_code == 403
    # Callboard itself asks for all workloads.
    assert {path.partition("?")[0] for _, path, _, _ in scaleops.log} <= {"/api/v1/dashboard/byNamespace"}
    assert httpx.get(str(client.base_url) + POLICIES).status_code == 401


def test_without_authentication_nobody_logs_in(make_callboard, scaleops):
    scaleops.is_known = lambda headers: headers.get("Authorization") is None
    callboard = make_callboard({"scaleops": {"baseUrl": scaleops.url, "authentication": {"enabled": False}}})
    eventually(lambda: callboard.client.get(POLICIES).status_code == 200)
    assert scaleops.logins == 0
