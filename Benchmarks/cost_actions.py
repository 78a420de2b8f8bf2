"""How long the actions about costs take over MCP, each as an agent would ask it."""

import time

ROUNDS = 100
AIM = 50

#: What is asked, by tool; `{…}` is filled with names of the data set.
QUESTIONS = {
    "get_cost": [
        {}, {"window": "30d", "compareTo": "previous"}, {"scope": "owner", "name": "{owner}", "window": "30d"},
        {"scope": "system", "name": "{system}"}, {"scope": "domain", "name": "{domain}", "window": "90d"},
        {"scope": "entity", "name": "{entity}", "window": "30d"}, {"scope": "namespace", "name": "{namespace}"},
        {"window": "month-to-date", "groupBy": "domain"}, {"category": "orphan", "groupBy": "namespace"},
    ],
    "get_cost_trend": [{}, {"scope": "owner", "name": "{owner}"}, {"scope": "entity", "name": "{entity}", "window": "24h"}],
    "explain_cost_change": [{"scope": "owner", "name": "{owner}"}, {"scope": "entity", "name": "{entity}"}, {}],
    "get_dependency_cost": [{"entityRef": "{entity}"}],
    "get_cost_coverage": [{}],
    "get_budget_status": [{}],
    "get_recommendations": [{}, {"scope": "owner", "name": "{owner}", "byOwner": True}],
    "explain_recommendation": [{"name": "{workload}"}],
    "get_workload_ownership": [{"name": "{workload}"}],
    "list_ghost_entities": [{}],
    "get_cost_data_health": [{}],
    "get_entity_cost": [{"entityRef": "{entity}"}],
}


def filled(arguments, names):
    return {key: value.format(**names) if isinstance(value, str) else value for key, value in arguments.items()}


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
    return sorted(values)[min(len(values) - 1, int(0.99 * len(values)))]


def measure(callboard, results, label, names, rounds=ROUNDS):
    """Adds the 99th percentile of each tool's slowest question.

    `names` has entity, owner, system, domain, namespace and workload, as one of each is called in the data set."""
    for tool, questions in QUESTIONS.items():
        worst = 0
        for question in questions:
            arguments = filled(question, names)
            milliseconds(callboard, tool, arguments)
            worst = max(worst, p99([milliseconds(callboard, tool, arguments) for _ in range(rounds)]))
        results[f"{label}: {tool} over MCP p99, ms"] = worst


def aims(label):
    return {f"{label}: {tool} over MCP p99, ms": AIM for tool in QUESTIONS}
