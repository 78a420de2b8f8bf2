"""How long the actions about costs take over MCP at 10,000 workloads, each as an agent would ask it."""

import json
import math
import time

import costs

ROUNDS = 100
AIM = 50
LABEL = f"costs of {costs.WORKLOADS:,} workloads"
# Before the day on which the data set ends.
WEEK, MONTH, QUARTER = "2026-06-13/2026-06-20", "2026-05-21/2026-06-20", "2026-03-22/2026-06-20"
ENTITY = {"scope": "entity", "name": "component:default/e-1"}
OWNER = {"scope": "owner", "name": "g-1"}

#: What is asked, by tool; the slowest question of each counts.
QUESTIONS = {
    "get_cost": [
        {"window": WEEK}, {"window": MONTH, "compareTo": "previous"}, {**OWNER, "window": MONTH},
        {"scope": "system", "name": "s-1", "window": MONTH}, {"scope": "domain", "name": "d-1", "window": QUARTER},
        {**ENTITY, "window": MONTH}, {"scope": "namespace", "name": "ns-1", "window": MONTH},
        {"window": QUARTER, "groupBy": "domain"}, {"window": MONTH, "groupBy": "workload"},
        {"window": MONTH, "groupBy": "workload", "category": "owned", "compareTo": "previous"},
        {"window": MONTH, "groupBy": "entity", "compareTo": "previous"}, {"window": QUARTER, "groupBy": "day"},
        {"window": WEEK, "category": "orphan", "groupBy": "namespace"}, {"window": "24h"},
        {"window": "24h", "groupBy": "owner", "compareTo": "previous"}, {"scope": "domain", "name": "d-1", "window": "24h"},
        {"window": "today", "groupBy": "workload", "compareTo": "previous"},
    ],
    "get_cost_trend": [{"window": MONTH}, {**OWNER, "window": MONTH}, {"window": "24h"}],
    "explain_cost_change": [{**OWNER, "window": WEEK}, {**ENTITY, "window": WEEK}, {"window": "2026-06-19/2026-06-20"},
                            {"window": WEEK}, {"window": MONTH}, {"window": "24h"}],
    "get_dependency_cost": [{"entityRef": "e-1", "window": WEEK}],
    "get_cost_coverage": [{"window": MONTH}, {"window": "24h"}],
    "get_budget_status": [{}],
    "get_recommendations": [{}, {**OWNER, "byOwner": True}],
    "explain_recommendation": [{"name": "w-1", "cluster": "c-1"}],
    "get_workload_ownership": [{"name": "w-1", "cluster": "c-1"}],
    "list_ghost_entities": [{}],
    "get_cost_data_health": [{"window": WEEK}],
    "get_entity_cost": [{"entityRef": "e-1", "window": MONTH}],
}
AIMS = {f"{LABEL}: {tool} over MCP p99, ms": AIM for tool in QUESTIONS}
#: What the catalog has of the data set.
CATALOG = json.dumps({
    "apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": "e-1"},
    "spec": {"type": "service", "lifecycle": "production", "owner": "group:default/g-1"}})


def milliseconds(callboard, tool, arguments):
    """Of one call; an error is none."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": f"callboard_{tool}", "arguments": arguments}}
    started = time.perf_counter()
    answer = callboard.client.post("/api/mcp-actions/v1", json=body, headers={
        "MCP-Protocol-Version": "2025-11-25", "Accept": "application/json, text/event-stream"})
    taken = (time.perf_counter() - started) * 1000
    assert answer.status_code == 200 and not answer.json()["result"].get("isError"), (tool, arguments, answer.text[:500])
    return taken


def p99(values):
    """By nearest rank."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


def measure(folder, database, start, results, rounds=ROUNDS):
    """Adds the 99th percentile of each tool's slowest question. `start` starts a Callboard that reads the file `catalog.yaml`."""
    costs.seed(database.url)
    (folder / "catalog.yaml").write_text(CATALOG)
    callboard = start(folder, database)
    try:
        callboard.wait_ready(120)
        for tool, questions in QUESTIONS.items():
            for arguments in questions:
                milliseconds(callboard, tool, arguments)
            results[f"{LABEL}: {tool} over MCP p99, ms"] = max(
                p99([milliseconds(callboard, tool, arguments) for _ in range(rounds)]) for arguments in questions)
    finally:
        callboard.stop()
