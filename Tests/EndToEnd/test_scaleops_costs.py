"""What ScaleOps says of workloads, joined to the catalog: what agents are told, and what is left while ScaleOps misbehaves."""

import secrets
import time

import pytest

from harness import component, config_map, deployment, eventually
from mcp_client import ERAS, call, with_client
from scaleops import PASSWORD, workload
from test_scaleops import scaleops, start  # noqa: F401 (fixtures)

DATA = "scaleops_get_scaleops_data_for_entity"
COSTS = "scaleops_get_scaleops_cost_analysis_for_entity"
ADVICE = "scaleops_get_scaleops_recommendations_for_entity"
NETWORK = "scaleops_get_scaleops_network_usage_for_entity"
POLICIES = "scaleops_get_scaleops_policy_definitions_for_entity"
REF = "component:default/shop"


@pytest.fixture
def shop(cluster, namespace, scaleops, start):  # noqa: F811
    """A component with three workloads; ScaleOps knows two of them under another name of the cluster."""
    selector = "app in (shop, cart, quiet), tier=web"
    labels = {"app": "shop", "tier": "web"}
    cluster.apply(
        deployment(namespace, "shop", labels=labels, cpu="250m"), deployment(namespace, "cart", labels={**labels, "app": "cart"}),
        deployment(namespace, "quiet", labels={**labels, "app": "quiet"}),
        config_map(namespace, "catalog", shop=component("shop", selector)))
    rows = {"namespace": namespace, "labels": {"tier": "web"}}
    scaleops.workloads = [
        workload("shop", **rows), workload("cart", **rows, kind="deployment", id=None, policyName=None, activeSavings=None),
        workload("shop", labels={"tier": "web"}), workload("shop", cluster="us", **rows),
    ]
    callboard = start(pollInterval="1s", costInterval="1s", clusters={"eu@1": "default"})
    callboard.namespace = namespace
    eventually(lambda: callboard.workloads(REF)["totals"]["workloads"] == 3)
    eventually(lambda: {"shop", "cart"} == {row["workloadName"] for row in answer(callboard, DATA)["workloads"]})
    return callboard


def answer(callboard, tool, **arguments):
    result = call(callboard, "2026-07-28", tool, entityRef=REF, **arguments)
    assert not result.is_error, result.content[0].text
    return result.structured_content


def state(callboard):
    [found] = answer(callboard, DATA)["clusters"]
    return found


def through(callboard):
    return state(callboard)["completeThrough"]


def test_what_scaleops_says_is_stored_with_its_workload_and_told(shop, scaleops, database):  # noqa: F811
    found = answer(shop, DATA)
    assert found["entity"] == {"name": "shop", "namespace": "default", "kind": "Component"}
    assert found["notInScaleOps"] == 1 and found["currency"] == "USD" and not found["live"]
    cart, first = found["workloads"]
    assert (cart["workloadName"], cart["type"], cart["policyName"], cart["activeSavings"]) == ("cart", "deployment", None, None)
    assert first["clusterName"] == "eu@1" and first["cpuRequests"] == 1000 and first["savingsAvailable"] == 102.364
    assert first["dashboardUrl"].startswith(scaleops.url + "/cost-report/compute?searchTerms=shop&")
    assert first["dashboardUrl"].endswith("&labels=tier%3Dweb")
    # One row is of a namespace without such a workload, and the cluster us is not one of Callboard's.
    assert state(shop)["unmatched"] == 1 and state(shop)["error"] is None

    # 0.2 an hour, although ScaleOps gives the hourly cost as 0; of this hour only the part that is over.
    costs = answer(shop, COSTS)
    assert [row["hourlyCost"] for row in costs["costAnalysis"]] == [0.2, 0.2]
    assert costs["summary"]["totalCost"] == pytest.approx(67.2)
    rows = database.value(
        "SELECT bool_and(abs(c.cpu_cost + c.memory_cost - 200000000::bigint * c.covered_seconds / 3600) <= 1), count(*) FROM cost_hourly c "
        "JOIN workload w ON w.id = c.workload_id WHERE c.source = 2 AND w.namespace = '" + shop.namespace + "'")
    assert rows.startswith("t|") and int(rows.split("|")[1]) >= 2

    assert [row["issue"] for row in answer(shop, ADVICE)["recommendations"]] == ["over-provisioned"] * 2
    before = len(scaleops.log)
    assert answer(shop, NETWORK)["summary"]["totalTraffic"] == 20
    assert sum("networkCostEnabled" in path for _, path, _, _ in scaleops.log[before:]) == 1
    policies = answer(shop, POLICIES)
    assert policies["workloadPolicies"][1]["policyDefinition"]["spec"] == {"headroom": 20}
    assert policies["summary"] == {"totalWorkloads": 2, "workloadsWithPolicies": 1, "uniquePolicies": ["high-availability"]}
    live = answer(shop, DATA, live=True)
    assert live["live"] and [row["workloadName"] for row in live["workloads"]] == ["cart", "shop"]
    assert b'{"label":["tier=web"]}' in [body for _, _, _, body in scaleops.log]


@pytest.mark.parametrize("mode", ERAS)
def test_the_five_tools_are_listed_where_there_is_a_scaleops_and_known_by_every_name(shop, mode):
    async def visit(client):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {name for name in tools if name.startswith("scaleops")} == {DATA, COSTS, ADVICE, NETWORK, POLICIES}
        assert all(tools[name].annotations.read_only_hint for name in (DATA, COSTS, ADVICE, NETWORK, POLICIES))
        assert tools[COSTS].title == "Get ScaleOps Cost Analysis for Entity" or tools[COSTS].annotations.title

    with_client(shop, mode, visit)
    for name in ("get_scaleops_data_for_entity", "scaleops.get_scaleops_data_for_entity", "scaleops:get_scaleops_data_for_entity"):
        assert shop.client.post("/api/mcp-actions/v1", headers={"MCP-Protocol-Version": "2025-11-25", "Accept": "application/json, text/event-stream"}, json={
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": name, "arguments": {"entityRef": REF}}}).json()["result"]["structuredContent"]["notInScaleOps"] == 1


def redirect_to_login(scaleops, handler):  # noqa: F811
    if scaleops.is_known(handler.headers):
        return False
    handler.send(302, {"Location": "/login?next=x"}, b"")
    return True


@pytest.mark.parametrize("fault, is_healed", [
    (redirect_to_login, True),
    (lambda scaleops, handler: handler.send(200, {}, b'{"workloads": [', length=1_000) or True, False),
    (lambda scaleops, handler: handler.send(200, {"Content-Type": "text/html"}, b"<html>login</html>") or True, False),
    (lambda scaleops, handler: time.sleep(7), False),
    (lambda scaleops, handler: handler.send(500, {}, {"error": "oops"}) or True, False),
], ids=["redirect", "truncated", "page", "slow", "500"])
def test_a_scaleops_that_fails_empties_nothing_and_is_told(shop, scaleops, fault, is_healed):  # noqa: F811
    last = through(shop)
    scaleops.fault = lambda handler: fault(scaleops, handler)
    scaleops.revoke()
    if is_healed:
        eventually(lambda: through(shop) > last)
        return
    error = eventually(lambda: state(shop)["error"])
    assert "ScaleOps default" in error and PASSWORD not in error
    assert {row["workloadName"] for row in answer(shop, DATA)["workloads"]} == {"shop", "cart"}
    assert len(answer(shop, COSTS)["costAnalysis"]) == 2
    result = call(shop, "2026-07-28", DATA, entityRef=REF, live=True)
    assert result.is_error and result.content[0].text.startswith("ServiceUnavailableError: ScaleOps default")
    last = through(shop)
    scaleops.fault = lambda handler: False
    eventually(lambda: state(shop)["error"] is None and through(shop) > last, seconds=30)


def test_tokens_that_are_refused_in_the_midst_are_replaced(shop, scaleops):  # noqa: F811
    logins = scaleops.logins
    scaleops.revoke()
    eventually(lambda: scaleops.logins > logins)
    last = through(shop)
    eventually(lambda: through(shop) > last and state(shop)["error"] is None)
    assert scaleops.logins == logins + 1


def test_a_cluster_whose_costs_fail_keeps_what_it_had_and_says_what_is_missing(shop, scaleops):  # noqa: F811
    scaleops.clusters_down = {"eu@1"}
    error = eventually(lambda: state(shop)["error"], seconds=60)
    assert "no costs of 2 of 2 groups" in error and "the agent of eu@1 does not answer" in error
    assert [row["totalCost"] for row in answer(shop, COSTS)["costAnalysis"]] == pytest.approx([33.6, 33.6])
    failed = call(shop, "2026-07-28", COSTS, entityRef=REF, range="30d")
    assert failed.is_error and failed.content[0].text.startswith("ServiceUnavailableError")
    scaleops.clusters_down = set()
    eventually(lambda: state(shop)["error"] is None, seconds=60)


def test_ten_thousand_rows_of_others_are_counted_and_not_invented(shop, scaleops, database):  # noqa: F811
    scaleops.workloads += [workload(f"w{number}", namespace=shop.namespace) for number in range(10_000)]
    scaleops.workloads.append({"clusterName": "eu@1", "labels": {}})
    eventually(lambda: state(shop)["unmatched"] == 10_001, seconds=60)
    assert state(shop)["malformed"] == 1
    assert database.value("SELECT count(*) FROM recommendation") == "2"


def test_who_may_read_scaleops_alone_has_its_tools_alone(make_callboard, scaleops):  # noqa: F811
    reader = secrets.token_hex(16)
    callboard = make_callboard({
        "backend": {"auth": {"externalAccess": [
            {"type": "static", "options": {"token": reader, "subject": "reader"}, "accessRestrictions": [
                {"plugin": "scaleops", "permissionAttribute": {"action": "read"}}]}]}},
        "scaleops": {"baseUrl": scaleops.url}}).wait_ready()

    async def visit(client):
        return sorted(tool.name for tool in (await client.list_tools()).tools)

    assert with_client(callboard, "legacy", visit, token=reader) == sorted(
        ["auth_who_am_i", DATA, COSTS, ADVICE, NETWORK, POLICIES])
