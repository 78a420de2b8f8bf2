"""The protocol's streams over real connections: the official SDK in each of its modes and over HTTP+SSE, and raw requests
where the SDK shows too little; then two replicas that share sessions."""

import asyncio
import contextlib
import json
import pathlib

import httpx
import httpx2
import mcp_types as types
import pytest
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from harness import eventually

# A token that may less than the other of its subject.
LESS = "a-token-that-may-less"
SECRET = "a secret of both replicas, long enough for that"
V1 = "/api/mcp-actions/v1"
SSE = "/api/mcp-actions/sse"
LEGACY = ["2025-03-26", "2025-06-18", "2025-11-25"]


@pytest.fixture
def fixtures(make_callboard):
    return make_callboard(arguments=["--conformance-fixtures"]).wait_ready()


def headers(callboard, **more):
    return {
        "Authorization": f"Bearer {callboard.token}", "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream", **{key.replace("_", "-"): value for key, value in more.items()},
    }


def body(method, params=None, number=1):
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}


def modern(callboard, method, params=None, capabilities=None, **meta):
    params = dict(params or {})
    params["_meta"] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities or {}, **meta,
    }
    more = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
    if "name" in params:
        more["Mcp-Name"] = params["name"]
    return {"headers": {**headers(callboard), **more}, "json": body(method, params)}


def messages(response):
    """The messages of a stream, each from one line of data."""
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def open_session(callboard, version="2025-11-25", capabilities=None):
    params = {"protocolVersion": version, "capabilities": capabilities or {}, "clientInfo": {"name": "t", "version": "1"}}
    answer = httpx.post(callboard.url + V1, headers=headers(callboard), json=body("initialize", params), timeout=20)
    assert answer.status_code == 200
    assert answer.json()["result"]["protocolVersion"] == version
    return headers(callboard, Mcp_Session_Id=answer.headers["Mcp-Session-Id"], MCP_Protocol_Version=version)


def run_client(callboard, mode, use):
    async def sampling(context, params):
        return types.CreateMessageResult(
            role="assistant", content=types.TextContent(type="text", text="Paris"), model="m", stop_reason="endTurn")

    async def elicitation(context, params):
        return types.ElicitResult(action="accept", content={"user_name": "Ann"})

    async def roots(context):
        return types.ListRootsResult(roots=[])

    async def run():
        authorization = {"Authorization": f"Bearer {callboard.token}"}
        async with httpx2.AsyncClient(headers=authorization, timeout=30) as http:
            transport = (
                sse_client(callboard.url + SSE, headers=authorization) if mode == "sse"
                else streamable_http_client(callboard.url + V1, http_client=http))
            async with Client(
                transport, mode="legacy" if mode == "sse" else mode, sampling_callback=sampling,
                elicitation_callback=elicitation, list_roots_callback=roots) as client:
                return await use(client)

    return asyncio.run(run())


@pytest.mark.parametrize("mode", ["auto", "legacy", "sse", "2026-07-28"])
def test_the_official_client_finds_everything(fixtures, mode):
    async def use(client):
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert {"test_simple_text", "catalog_get_catalog_entity", "json_schema_2020_12_tool"} <= tools
        prompt = await client.get_prompt("test_prompt_with_arguments", {"arg1": "one", "arg2": "two"})
        assert "one" in prompt.messages[0].content.text
        contents = (await client.read_resource("test://template/123/data")).contents
        assert "123" in contents[0].text
        completion = await client.complete(
            types.PromptReference(type="ref/prompt", name="test_prompt_with_arguments"), {"name": "arg1", "value": "par"})
        assert completion.completion.values == ["paris", "park", "party"]
        seen = []

        async def progress(value, total, message):
            seen.append((value, total))

        done = await client.call_tool("test_tool_with_progress", {}, progress_callback=progress)
        assert not done.is_error
        assert seen == [(0, 100), (50, 100), (100, 100)]
        kinds = [block.type for block in (await client.call_tool("test_multiple_content_types", {})).content]
        assert kinds == ["text", "image", "resource"]

    run_client(fixtures, mode, use)


@pytest.mark.parametrize("mode", ["legacy", "sse"])
def test_a_tool_asks_the_client_in_the_middle_of_its_call(fixtures, mode):
    async def use(client):
        sampled = await client.call_tool("test_sampling", {"prompt": "What is the capital of France?"})
        assert "Paris" in sampled.content[0].text
        answered = await client.call_tool("test_elicitation", {"message": "Who?"})
        assert "Ann" in answered.content[0].text

    run_client(fixtures, mode, use)


def test_a_tool_asks_the_client_in_rounds(fixtures):
    async def use(client):
        for tool in ["elicitation", "sampling", "list_roots", "request_state", "multiple_inputs"]:
            answered = await client.call_tool(f"test_input_required_result_{tool}", {})
            assert "Answered" in answered.content[0].text, tool

    run_client(fixtures, "2026-07-28", use)


@pytest.mark.parametrize("version", LEGACY)
def test_progress_and_log_messages_come_before_the_result(fixtures, version):
    session = open_session(fixtures, version)
    level = httpx.post(
        fixtures.url + V1, headers=session, json=body("logging/setLevel", {"level": "debug"}), timeout=20)
    assert level.json()["result"] == {}
    call = body("tools/call", {"name": "test_tool_with_logging"}, 2)
    with httpx.stream("POST", fixtures.url + V1, headers=session, json=call, timeout=20) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        heard = list(messages(answer))
    assert [message.get("method") for message in heard] == ["notifications/message"] * 3 + [None]
    assert heard[-1]["id"] == 2
    call = body("tools/call", {"name": "test_tool_with_progress", "_meta": {"progressToken": "p"}}, 3)
    with httpx.stream("POST", fixtures.url + V1, headers=session, json=call, timeout=20) as answer:
        heard = list(messages(answer))
    assert [message["params"]["progress"] for message in heard[:-1]] == [0, 50, 100]
    assert {message["params"]["progressToken"] for message in heard[:-1]} == {"p"}


def test_an_answer_comes_after_its_stream_has_ended(fixtures):
    async def use(client):
        answer = await client.call_tool("test_reconnection", {})
        assert answer.content[0].text == "The answer after the pause."

    # The official client waits as it is told, and comes back by itself.
    for mode in ("legacy", "sse", "2026-07-28"):
        run_client(fixtures, mode, use)


def test_a_modern_request_is_told_only_what_it_asked_for(fixtures):
    quiet = httpx.post(
        fixtures.url + V1, **modern(fixtures, "tools/call", {"name": "test_logging_tool"}), timeout=20)
    assert quiet.headers["content-type"].startswith("application/json")
    request = modern(
        fixtures, "tools/call", {"name": "test_logging_tool"}, **{"io.modelcontextprotocol/logLevel": "info"})
    with httpx.stream("POST", fixtures.url + V1, **request, timeout=20) as answer:
        assert [message.get("method") for message in messages(answer)] == ["notifications/message", None]
    asking = httpx.post(
        fixtures.url + V1, timeout=20,
        **modern(fixtures, "tools/call", {"name": "test_streaming_elicitation"}, {"elicitation": {}}))
    assert asking.json()["result"]["resultType"] == "input_required"


def test_a_subscription_hears_of_changes_and_of_the_end(fixtures):
    def trigger(name):
        answer = httpx.post(fixtures.url + V1, **modern(fixtures, "tools/call", {"name": name}), timeout=20)
        assert "error" not in answer.json()

    request = modern(fixtures, "subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    with httpx.stream("POST", fixtures.url + V1, **request, timeout=20) as answer:
        heard = messages(answer)
        assert next(heard)["method"] == "notifications/subscriptions/acknowledged"
        trigger("test_trigger_prompt_change")
        trigger("test_trigger_tool_change")
        changed = next(heard)
        assert changed["method"] == "notifications/tools/list_changed"
        assert changed["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == 1
        fixtures.process.terminate()
        assert next(heard)["result"]["resultType"] == "complete"
        assert list(heard) == []


def test_browsers_of_other_origins_are_kept_out_of_every_url(fixtures):
    evil = {**headers(fixtures), "Origin": "http://evil.example.com", "Host": "evil.example.com"}
    assert httpx.post(fixtures.url + V1, headers=evil, json=body("ping")).status_code == 403
    assert httpx.get(fixtures.url + SSE, headers=evil).status_code == 403
    assert httpx.post(fixtures.url + SSE + "/messages?sessionId=x", headers=evil, json=body("ping")).status_code == 403
    own = {**headers(fixtures), "Origin": fixtures.url}
    assert httpx.post(fixtures.url + V1, headers=own, json=body("ping")).status_code == 200


def test_messages_of_http_sse_need_the_stream_of_who_sends(fixtures):
    url = fixtures.url + SSE + "/messages"
    assert httpx.post(url, headers=headers(fixtures), json=body("ping")).status_code == 400
    assert httpx.post(url + "?sessionId=nobody", headers=headers(fixtures), json=body("ping")).status_code == 404
    assert httpx.get(url, headers=headers(fixtures)).status_code == 405
    assert httpx.post(fixtures.url + SSE, headers=headers(fixtures), json=body("ping")).status_code == 405
    with httpx.stream("GET", fixtures.url + SSE, headers=headers(fixtures), timeout=20) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: endpoint"
        place = fixtures.url + next(lines).removeprefix("data: ")
        assert httpx.post(place, headers=headers(fixtures), content=b"{").status_code == 400
        assert httpx.post(place, headers=headers(fixtures), json=body("ping", number="p")).status_code == 202
        answers = (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))
        assert next(answers) == {"jsonrpc": "2.0", "id": "p", "result": {}}
    eventually(
        lambda: httpx.post(place, headers=headers(fixtures), json=body("ping")).status_code == 404,
        what="the end of the session")


@pytest.fixture
def replicas(make_callboard, namespace):
    first, second = (
        make_callboard(
            {
                "auth": {"session": {"secret": SECRET}},
                "backend": {"auth": {"externalAccess": [
                    {"type": "static", "options": {"token": "${CALLBOARD_TOKEN}", "subject": "test"}},
                    {"type": "static", "options": {"token": LESS, "subject": "test"},
                     "accessRestrictions": [{"plugin": "catalog"}]}]}},
                "callboard": {"leaderElection": {"enabled": True, "namespace": namespace}},
            }, name=name, arguments=["--conformance-fixtures"])
        for name in ("first", "second"))
    second.token = first.token
    second._environment["CALLBOARD_TOKEN"] = first.token
    second.stop()
    second.start()
    return first.wait_ready(), second.wait_ready()


def test_a_session_lives_at_any_replica(replicas):
    first, second = replicas
    session = open_session(first, capabilities={"elicitation": {}})

    def at(replica, method, params=None, number=1):
        return httpx.post(replica.url + V1, headers=session, json=body(method, params, number), timeout=20)

    assert at(second, "ping").json()["result"] == {}
    # Noted by one, heeded by the other.
    assert at(first, "logging/setLevel", {"level": "info"}).json()["result"] == {}
    with httpx.stream(
        "POST", second.url + V1, headers=session, timeout=20,
        json=body("tools/call", {"name": "test_tool_with_logging"})) as answer:
        assert len(list(messages(answer))) == 4
    # Asked by one, answered to the other.
    with httpx.stream(
        "POST", first.url + V1, headers=session, timeout=20,
        json=body("tools/call", {"name": "test_elicitation", "message": "Who?"}, 5)) as answer:
        heard = messages(answer)
        question = next(heard)
        assert question["method"] == "elicitation/create"
        result = {"action": "accept", "content": {"user_name": "Ann"}}
        reply = {"jsonrpc": "2.0", "id": question["id"], "result": result}
        assert httpx.post(second.url + V1, headers=session, json=reply, timeout=20).status_code == 202
        assert "Ann" in next(heard)["result"]["content"][0]["text"]
    # Its stream ended at one, its answer fetched at the other.
    with httpx.stream(
        "POST", first.url + V1, headers=session, timeout=20,
        json=body("tools/call", {"name": "test_reconnection"}, 7)) as answer:
        lines = [line for line in answer.iter_lines() if line]
        assert [line.split(":")[0] for line in lines] == ["id", "retry", "data"]
    lost = {**session, "Last-Event-ID": lines[0].removeprefix("id: ")}
    with httpx.stream("GET", second.url + V1, headers=lost, timeout=20) as rest:
        assert [message["id"] for message in messages(rest)] == [7]
    # Called at one, cancelled at the other, which works for the session too: no answer follows.
    with httpx.stream("GET", second.url + V1, headers=session, timeout=20), httpx.stream(
        "POST", first.url + V1, headers=session, timeout=20,
        json=body("tools/call", {"name": "test_elicitation"}, 6)) as answer:
        heard = messages(answer)
        next(heard)
        cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 6}}
        assert httpx.post(second.url + V1, headers=session, json=cancel, timeout=20).status_code == 202
        assert list(heard) == []
    # The stream at one, a subscription and the end at the other.
    with httpx.stream("GET", first.url + V1, headers=session, timeout=20) as stream:
        assert stream.status_code == 200
        heard = messages(stream)
        assert at(second, "resources/subscribe", {"uri": "test://watched-resource"}).json()["result"] == {}
        # Between the subscription there and its news here the resource may have changed.
        assert next(heard) == {
            "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": "test://watched-resource"}}
        # A client that comes back before the server saw that it went.
        with httpx.stream("GET", first.url + V1, headers=session, timeout=20) as again:
            assert again.status_code == 200
            assert list(heard) == []
            assert httpx.delete(second.url + V1, headers=session, timeout=20).status_code == 204
            assert list(messages(again)) == []
    for replica in replicas:
        assert at(replica, "ping").status_code == 404


def test_http_sse_takes_messages_at_any_replica(replicas):
    first, second = replicas
    with httpx.stream("GET", first.url + SSE, headers=headers(first), timeout=20) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: endpoint"
        place = second.url + next(lines).removeprefix("data: ")
        answers = (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))
        # More than may wait: what was taken makes room.
        for number in range(300):
            assert httpx.post(place, headers=headers(second), json=body("ping", number=number)).status_code == 202
            assert next(answers) == {"jsonrpc": "2.0", "id": number, "result": {}}
        # Who may less cannot speak for who opened the stream, though it has the same name.
        less = {**headers(second), "Authorization": f"Bearer {LESS}"}
        for replica in replicas:
            ours = replica.url + place.removeprefix(second.url)
            assert httpx.post(ours, headers=less, json=body("ping", number="less")).status_code == 404


def resident(callboard):
    """Bytes."""
    for line in pathlib.Path(f"/proc/{callboard.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def test_a_thousand_idle_streams_cost_little(fixtures):
    async def measure():
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(limits=limits, timeout=60) as client, contextlib.AsyncExitStack() as stack:
            async def listen():
                request = modern(fixtures, "subscriptions/listen", {"notifications": {"toolsListChanged": True}})
                answer = await stack.enter_async_context(client.stream("POST", fixtures.url + V1, **request))
                assert answer.status_code == 200

            for _ in range(100):
                await listen()
            before = resident(fixtures)
            for _ in range(900):
                await listen()
            return (resident(fixtures) - before) / 900

    each = asyncio.run(measure())
    print(f"{each / 1024:.1f} KiB for each stream")
    # A debug build under load; the benchmark holds the release build to 40 KB.
    assert each < 80 * 1024
    assert fixtures.status("/readyz") == 200
