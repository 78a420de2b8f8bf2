"""Costs are asked for as agents and finance do: over MCP with the official SDK, over REST, and as tables."""

import csv
import io

import pytest

from harness import component, config_map, deployment, eventually
from mcp_client import ERAS, with_client

BUDGETS = [
    {"scope": {"kind": "owner", "ref": "payments"}, "amount": 0.000001, "warnAt": [0.5, 1]},
    {"scope": {"kind": "system", "ref": "front"}, "amount": 100000},
]


@pytest.fixture
def costs(make_callboard, cluster, namespace):
    """A Callboard with budgets, and two Deployments of which one has an owner, with costs on record."""
    cluster.apply(
        deployment(namespace, "till", cpu="250m", memory="512Mi"), deployment(namespace, "stray", cpu="100m", memory="64Mi"),
        config_map(namespace, "catalog", till=component("till", "app=till"), ghost=component("ghost", "app=nobody")))
    callboard = make_callboard({
        "callboard": {"costs": {"interval": 1, "budgets": BUDGETS, "rollUpInterval": 10},
                      "catalog": {"configMaps": {"namespaces": [namespace]}}}}).wait_ready()
    eventually(lambda: callboard.get("/api/callboard/costs", scope="namespace", name=namespace, window="today")
               ["actual"]["workloads"] == 2, seconds=60, what="both workloads to be rolled up")
    return callboard


def table(callboard, path, **parameters):
    response = callboard.client.get(path, params=parameters)
    assert response.status_code == 200 and response.headers["content-type"].startswith("text/csv"), response.text
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


@pytest.mark.parametrize("mode", list(ERAS))
def test_an_agent_asks_about_costs(costs, namespace, mode):
    async def ask(client):
        async def tool(called, /, **arguments):
            answer = await client.call_tool(f"callboard_{called}", arguments)
            assert not answer.is_error, answer.content
            return answer.structured_content

        cost = await tool("get_cost", scope="owner", name="payments", window="today")
        assert [one["key"] for one in cost["groups"]] == ["component:default/till"]
        assert cost["actual"]["cost"]["total"] == pytest.approx(cost["groups"][0]["actual"]["cost"]["total"])
        assert cost["runRate"]["monthly"]["total"] == pytest.approx(730 * cost["runRate"]["hourly"]["total"])
        assert cost["source"] == "estimate" and cost["dataThrough"] and cost["window"]["from"].endswith("T00:00:00Z")
        orphans = await tool("get_cost", category="orphan", groupBy="workload", window="today", limit=500)
        assert f"default/{namespace}/Deployment/stray" in [one["key"] for one in orphans["groups"]]
        trend = await tool("get_cost_trend", scope="entity", name="till", window="24h")
        assert trend["unit"] == "hour" and trend["points"][-1]["cost"]["total"] > 0
        change = await tool("explain_cost_change", scope="entity", name="till", window="today")
        assert sum(change["parts"].values()) == pytest.approx(change["difference"], abs=1e-9)
        assert change["parts"]["new"] == pytest.approx(change["difference"])
        assert (await tool("get_dependency_cost", entityRef="till", window="today"))["own"]["total"] > 0
        coverage = await tool("get_cost_coverage", window="today")
        assert 0 < coverage["coverage"] < 1 and coverage["orphan"] > 0
        budgets = await tool("get_budget_status")
        assert [one["scope"]["name"] for one in budgets["budgets"]] == ["group:default/payments", "system:default/front"]
        assert budgets["budgets"][0]["levelsReached"] and budgets["totals"]["budgets"] == 2
        ghosts = await tool("list_ghost_entities")
        assert [one["entityRef"] for one in ghosts["entities"]] == ["component:default/ghost"]
        owner = await tool("get_workload_ownership", name="till", namespace=namespace)
        assert owner["owner"]["entityRef"] == "component:default/till"
        assert (await tool("get_recommendations", scope="owner", name="payments"))["scope"]["kind"] == "owner"
        assert (await tool("explain_recommendation", name="till", namespace=namespace))["workload"]["isPresent"]
        health = await tool("get_cost_data_health", window="today")
        assert [one["source"] for one in health["sources"] if one["isPrimary"]] == ["estimate"]

    with_client(costs, mode, ask)


def test_a_name_that_means_nothing_is_answered_with_candidates(costs):
    async def ask(client):
        unknown = await client.call_tool("callboard_get_cost", {"scope": "owner", "name": "payment"})
        assert unknown.is_error and "group:default/payments" in unknown.content[0].text
        nonsense = await client.call_tool("callboard_get_cost", {"window": "soon"})
        assert nonsense.is_error and "month-to-date" in nonsense.content[0].text

    with_client(costs, "2026-07-28", ask)


def test_tables_and_focus_say_the_same_as_json(costs, namespace):
    parameters = {"window": "today", "groupBy": "workload", "scope": "namespace", "name": namespace}
    answer = costs.get("/api/callboard/costs", **parameters)
    rows = table(costs, "/api/callboard/costs", format="csv", **parameters)
    assert [row["key"] for row in rows] == [one["key"] for one in answer["groups"]]
    for path in ("trend", "change", "coverage", "budgets", "recommendations", "ghosts"):
        table(costs, f"/api/callboard/costs/{path}", format="csv")
    focus = [row for row in table(costs, "/api/callboard/costs/focus", window="today")
             if row["SubAccountName"] == namespace]
    assert {row["x_EntityRef"] for row in focus} == {"component:default/till", ""}
    assert {row["x_Resource"] for row in focus} >= {"cpu", "memory"}
    assert all(row["BilledCost"] == "0" and row["BillingCurrency"] == "USD" for row in focus)
    charged = sum(float(row["EffectiveCost"]) for row in focus)
    again = costs.get("/api/callboard/costs", **parameters)["actual"]["cost"]["total"]
    # The running hour grows between the two questions.
    assert answer["actual"]["cost"]["total"] <= charged + 1e-9 and charged <= again + 1e-9
