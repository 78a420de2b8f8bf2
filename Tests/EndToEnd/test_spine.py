"""A Deployment and its catalog entry go in; catalog, costs, MCP answers and rows come out, and go again."""

import json

import pytest

from harness import component, config_map, deployment, eventually
from mcp_client import ERAS, call, with_client

TOOLS = [
    "auth_who_am_i", "callboard_explain_cost_change", "callboard_explain_recommendation", "callboard_get_budget_status",
    "callboard_get_cost", "callboard_get_cost_coverage", "callboard_get_cost_data_health",
    "callboard_get_cost_trend", "callboard_get_dependency_cost", "callboard_get_entity_cost",
    "callboard_get_entity_workloads", "callboard_get_recommendations", "callboard_get_workload_ownership",
    "callboard_list_catalog_problems", "callboard_list_clusters", "callboard_list_ghost_entities",
    "callboard_list_orphan_workloads", "callboard_plan_canonical", "catalog_find_api_specs",
    "catalog_get_catalog_entity", "catalog_get_catalog_model_description", "catalog_get_entity_api_specs",
    "catalog_get_entity_relationships", "catalog_mcp_get_all_entities_by_kind_and_type",
    "catalog_mcp_get_entities_by_annotation", "catalog_mcp_get_entities_by_owner",
    "catalog_mcp_get_entities_with_custom_query", "catalog_mcp_get_entity_types_for_kind",
    "catalog_query_catalog_entities", "catalog_refresh_catalog_entity", "catalog_register_entity",
    "catalog_resolve_entity", "catalog_unregister_entity", "catalog_validate_entity",
]
CHANGING = ["catalog_refresh_catalog_entity", "catalog_register_entity", "catalog_unregister_entity"]
# OpenCost's default price list, which is Callboard's too.
CORE_HOUR, GIB_HOUR = 0.031611, 0.004237


def test_a_deployment_and_its_component_are_joined_everywhere_and_leave_again(callboard, cluster, namespace, database):
    cluster.apply(
        deployment(namespace, "checkout", replicas=2, cpu="250m", memory="512Mi"),
        config_map(namespace, "catalog", checkout=component("checkout", f"app=checkout")))
    ref = "component:default/checkout"

    # GET: the entity, its workload with both pods placed, its cost.
    entity = eventually(lambda: callboard.entity(ref), what="the entity")
    assert entity["metadata"]["annotations"]["backstage.io/managed-by-location"] == (
        f"configmap:default/{namespace}/catalog/checkout.yaml")
    assert {"type": "ownedBy", "targetRef": "group:default/payments"} in entity["relations"]
    expected = 2 * (0.25 * CORE_HOUR + 0.5 * GIB_HOUR)
    workloads = eventually(
        lambda: (found := callboard.workloads(ref))["totals"]["pods"] == 2
        and found["totals"]["hourlyCost"]["total"] > 0 and found["workloads"][0]["requests"]["cpuCores"] == 0.5
        and found, what="two placed pods")
    [workload] = workloads["workloads"]
    assert (workload["kind"], workload["namespace"], workload["name"]) == ("Deployment", namespace, "checkout")
    assert workload["isOwner"] and workload["ownerRef"] == ref and workload["matchedOn"] == "both"
    assert workload["hourlyCost"]["total"] == pytest.approx(expected, abs=1e-9)
    costs = eventually(
        lambda: (found := callboard.costs(ref))["actual"]["cost"]["total"] > 0 and found, what="a recorded cost")
    assert costs["runRate"]["hourly"]["total"] == pytest.approx(expected, abs=1e-9)
    assert costs["runRate"]["monthly"]["total"] == pytest.approx(730 * expected, abs=1e-6)
    overview = callboard.get("/api/callboard/entities/component/default/checkout")
    assert overview["entity"]["metadata"]["uid"] == entity["metadata"]["uid"]
    assert overview["workloads"]["totals"]["owned"] == 1 and overview["cost"]["actual"]["cost"]["total"] > 0

    # tools/call, in both eras of the protocol.
    for mode in ERAS:
        answer = call(callboard, mode, "callboard_get_entity_workloads", entityRef=ref)
        assert not answer.is_error and answer.structured_content["totals"]["pods"] == 2
        answer = call(callboard, mode, "callboard_get_entity_cost", entityRef="checkout", window="24h")
        assert answer.structured_content["runRate"]["hourly"]["total"] == pytest.approx(expected, abs=1e-9)
        answer = call(callboard, mode, "catalog_get_catalog_entity", name="checkout")
        assert answer.structured_content["spec"]["owner"] == "group:default/payments"

    # Rows.
    row = "FROM workload w JOIN entity_workload e ON e.workload_id = w.id WHERE w.name = 'checkout'"
    assert database.value(f"SELECT e.entity_ref, e.is_owner, w.pods {row}") == f"{ref}|t|2"
    assert int(database.value(
        "SELECT sum(cpu_cost + memory_cost) FROM cost_hourly c JOIN workload w ON w.id = c.workload_id "
        "WHERE w.name = 'checkout'")) > 0

    # The Component goes: the workload is nobody's.
    cluster.kubectl("-n", namespace, "delete", "configmap", "catalog")
    eventually(lambda: callboard.status("/api/catalog/entities/by-name/component/default/checkout") == 404,
               what="the entity to be gone")
    orphans = eventually(
        lambda: [one for one in callboard.get("/api/callboard/orphans", namespace=namespace)["workloads"]],
        what="the orphan")
    assert [one["name"] for one in orphans] == ["checkout"]
    assert database.value(f"SELECT upper_inf(e.valid) {row}") == "f"

    # The Deployment goes: nothing is left but its history.
    cluster.kubectl("-n", namespace, "delete", "deployment", "checkout")
    eventually(lambda: callboard.get("/api/callboard/orphans", namespace=namespace)["totals"]["workloads"] == 0,
               what="the workload to be gone")
    assert database.value("SELECT deleted_at IS NOT NULL, pods FROM workload WHERE name = 'checkout'") == "t|0"


@pytest.mark.parametrize("mode", ["auto", *ERAS])
def test_an_agent_finds_its_way_with_the_official_client(callboard, cluster, namespace, mode):
    cluster.apply(config_map(namespace, "catalog", one=component("ledger"), two=component("wallet")))
    eventually(lambda: callboard.entity("component:default/ledger") and callboard.entity("component:default/wallet"))

    async def visit(client):
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == TOOLS
        for tool in tools:
            changes = tool.name in CHANGING
            assert tool.annotations.read_only_hint != changes
            assert tool.annotations.destructive_hint == (tool.name == "catalog_unregister_entity")
            assert tool.input_schema["type"] == "object" and tool.output_schema["type"] == "object"
        page = await client.call_tool("catalog_query_catalog_entities", {
            "filter": {"kind": "component", "metadata.name": {"$in": ["ledger", "wallet"]}},
            "fields": ["metadata.name"], "limit": 1, "orderFields": {"field": "metadata.name", "order": "desc"}})
        assert page.structured_content["items"] == [{"metadata": {"name": "wallet"}}]
        assert page.structured_content["totalItems"] == 2 and page.structured_content["hasMoreEntities"]
        rest = await client.call_tool("catalog_query_catalog_entities", {
            "cursor": page.structured_content["nextPageCursor"], "limit": 1})
        assert rest.structured_content["items"][0]["metadata"]["name"] == "ledger"
        inexact = await client.call_tool("callboard_get_entity_cost", {"entityRef": "ledge"})
        assert inexact.is_error and "component:default/ledger" in inexact.content[0].text
        wrong = await client.call_tool("callboard_get_entity_cost", {"entityRef": "ledger", "limit": 0})
        assert wrong.is_error and "limit" in wrong.content[0].text
        nonsense = await client.call_tool("callboard_get_entity_cost", {"entityRef": "ledger", "window": "soon"})
        assert nonsense.is_error and "month-to-date" in nonsense.content[0].text
        return client.protocol_version

    assert with_client(callboard, mode, visit) == ERAS.get(mode, "2026-07-28")


def test_the_most_specific_selector_owns_and_the_others_are_shown(callboard, cluster, namespace):
    cluster.apply(
        deployment(namespace, "api", labels={"app": "shop", "tier": "front"}),
        config_map(namespace, "catalog", broad=component("shop", "app=shop"),
                   narrow=component("shop-front", "app=shop,tier=front")))
    eventually(lambda: callboard.workloads("component:default/shop-front")["totals"]["owned"] == 1)
    broad = eventually(lambda: (found := callboard.workloads("component:default/shop"))["workloads"] and found)
    assert broad["totals"]["owned"] == 0
    assert broad["workloads"][0]["ownerRef"] == "component:default/shop-front"

    cluster.kubectl("-n", namespace, "label", "deployment", "api", "tier=back", "--overwrite")
    # The pod template keeps its label, so the narrow selector still matches there.
    eventually(lambda: callboard.workloads("component:default/shop-front")["workloads"][0]["matchedOn"] == "template")


def test_files_are_followed_within_two_seconds(make_callboard, tmp_path):
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "a.yaml").write_text(json.dumps(component("first")))
    callboard = make_callboard({"catalog": {"locations": [{"type": "file", "target": str(folder)}]}}).wait_ready()
    assert callboard.entity("component:default/first")

    (folder / "b.yml").write_text(json.dumps(component("second")))
    eventually(lambda: callboard.entity("component:default/second"), seconds=2.5)
    (folder / "b.yml").unlink()
    eventually(lambda: callboard.status("/api/catalog/entities/by-name/component/default/second") == 404, seconds=2.5)
    assert callboard.entity("component:default/first")
