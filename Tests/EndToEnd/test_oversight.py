"""What an operator sees of agents, and how one that asks too often is held back."""

import json

import httpx

import mcp_client
from harness import eventually


def test_a_call_of_a_tool_is_a_row_of_the_audit_and_a_line_of_the_log(callboard, database):
    assert not mcp_client.call(callboard, "legacy", "callboard_list_clusters").is_error
    failed = mcp_client.call(callboard, "2026-07-28", "catalog_get_catalog_entity", name="nothing")
    assert failed.is_error
    columns = "event, status, actor, method, url, meta->>'tool', duration_us > 0, error IS NULL"
    query = f"""SELECT string_agg(concat_ws(' ', {columns}), E'\\n' ORDER BY at, id)
        FROM audit_event WHERE plugin = 'mcp-actions' AND event = 'tool-execution'"""
    where = "external:test POST /api/mcp-actions/v1"
    expected = [
        f"tool-execution succeeded {where} callboard_list_clusters t t",
        f"tool-execution failed {where} catalog_get_catalog_entity t f"]
    eventually(lambda: database.value(query).splitlines() == expected, what="the rows of the calls")
    lines = [json.loads(line) for line in callboard.log().splitlines() if "tool-execution" in line]
    assert len(lines) == 2 and all("external:test" in json.dumps(line) for line in lines)


def test_who_asks_too_often_is_told_when_to_come_again(make_callboard):
    callboard = make_callboard()
    settings = callboard.folder / "app-config.yaml"
    settings.write_text(settings.read_text().replace(
        "backend:\n", "backend:\n  rateLimit: {window: 1h, incomingRequestLimit: 3, ipAllowList: [192.0.2.1]}\n", 1))
    callboard.stop()
    callboard.start()
    callboard.wait_ready()
    answers = [callboard.client.get("/api/catalog/entities") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[2].headers["ratelimit-remaining"] == "0"
    assert 0 < int(answers[3].headers["retry-after"]) <= 7_200
    agent = callboard.client.post(
        "/api/mcp-actions/v1", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
        headers={"Accept": "application/json, text/event-stream"})
    assert agent.status_code == 429 and agent.json()["error"]["code"] == 429
    assert int(agent.headers["retry-after"]) > 0
    # Probes and others are not held back with it.
    assert httpx.get(callboard.url + "/livez").status_code == 200
    assert callboard.client.get("/api/catalog/entities", headers={"Authorization": "Bearer wrong"}).status_code == 401
