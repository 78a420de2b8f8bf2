"""What the MCP endpoint serves beside tools, with the official client: resources, prompts, completion, and servers."""

import asyncio
import json

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import PromptReference, ResourceTemplateReference

from harness import component, config_map, eventually
from mcp_client import ERAS, with_client

SHOP = "callboard://entity/component/default/shop"
SERVERS = {"mcpActions": {"servers": {"costs": {
    "name": "Costs", "instructions": "Totals first.",
    "filter": {"include": [{"id": "callboard:*"}], "exclude": [{"id": "callboard:plan-*"}]}}}}}


@pytest.fixture
def shop(make_callboard, cluster, namespace):
    cluster.apply(config_map(namespace, "catalog", shop=component("shop", "app=shop"), till=component("till")))
    callboard = make_callboard(SERVERS).wait_ready()
    eventually(lambda: callboard.entity("component:default/shop") and callboard.entity("component:default/till"))
    return callboard


def with_server(callboard, mode, key, body):
    """The same as `with_client` at one of the configured servers."""

    async def run():
        headers = {"Authorization": f"Bearer {callboard.token}"}
        async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
            transport = streamable_http_client(f"{callboard.url}/api/mcp-actions/v1/{key}", http_client=http)
            async with Client(transport, mode=mode) as client:
                return await body(client)

    return asyncio.run(run())


@pytest.mark.parametrize("mode", ERAS)
def test_entities_are_resources(shop, mode):
    async def visit(client):
        resources = (await client.list_resources()).resources
        listed = {str(resource.uri): resource for resource in resources}
        assert listed[SHOP].name == "component:default/shop" and listed[SHOP].mime_type == "application/json"
        templates = (await client.list_resource_templates()).resource_templates
        assert [template.name for template in templates] == ["entity", "entity-workloads", "entity-cost", "team"]
        contents = (await client.read_resource(SHOP)).contents
        assert json.loads(contents[0].text) == shop.entity("component:default/shop")
        cost = (await client.read_resource(SHOP + "/cost")).contents
        assert json.loads(cost[0].text)["entityRef"] == "component:default/shop"
        with pytest.raises(Exception, match="not found"):
            await client.read_resource("callboard://entity/component/default/none")

    with_client(shop, mode, visit)


@pytest.mark.parametrize("mode", ERAS)
def test_prompts_lead_to_tools_that_are_listed(shop, mode):
    async def visit(client):
        tools = {tool.name for tool in (await client.list_tools()).tools}
        prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
        assert list(prompts) == ["explain_service", "find_orphan_spend", "prepare_rightsizing_plan", "review_team_spend"]
        assert prompts["explain_service"].arguments[0].required
        result = await client.get_prompt("explain_service", {"service": "shop"})
        text = result.messages[0].content.text
        assert "component:default/shop" in text
        named = {word.rstrip(":") for word in text.split() if word.startswith("callboard_")}
        assert named and named <= tools
        assert str(result.messages[1].content.resource.uri) == SHOP
        with pytest.raises(Exception, match="service: is missing"):
            await client.get_prompt("explain_service", {})

    with_client(shop, mode, visit)


@pytest.mark.parametrize("mode", ERAS)
def test_names_are_completed(shop, mode):
    async def visit(client):
        template = ResourceTemplateReference(uri="callboard://entity/{kind}/{namespace}/{name}")
        kinds = await client.complete(template, {"name": "kind", "value": "comp"})
        assert kinds.completion.values == ["component"]
        names = await client.complete(
            template, {"name": "name", "value": "sh"}, context_arguments={"kind": "component", "namespace": "default"})
        assert names.completion.values == ["shop"] and names.completion.total == 1
        refs = await client.complete(PromptReference(name="explain_service"), {"name": "service", "value": "til"})
        assert refs.completion.values == ["component:default/till"]

    with_client(shop, mode, visit)


# A client that is told its revision, as ERAS has it for 2026-07-28, never asks for a name.
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_server_has_tools_of_its_own(shop, mode):
    async def visit(client):
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert "callboard_get_cost" in names and "callboard_plan_canonical" not in names
        assert all(name.startswith("callboard_") for name in names)
        answer = await client.call_tool("callboard_list_clusters", {})
        assert answer.structured_content["clusters"]
        return client.server_info.name, client.instructions

    assert with_server(shop, mode, "costs", visit) == ("Costs", "Totals first.")


def test_actions_are_called_over_http(shop):
    path = "/api/catalog/.backstage/actions/v1/actions"
    actions = {action["id"]: action for action in shop.get(path)["actions"]}
    assert actions["catalog:get-catalog-entity"]["attributes"]["readOnly"]

    def invoke(action, arguments):
        answer = httpx2.post(
            f"{shop.url}{path}/{action}/invoke", json=arguments, headers={"Authorization": f"Bearer {shop.token}"})
        return answer.status_code, answer.json()

    status, answer = invoke("catalog:get-catalog-entity", {"name": "shop"})
    assert (status, answer["output"]["metadata"]["name"]) == (200, "shop")
    status, answer = invoke("catalog:nothing", {})
    assert (status, answer["error"]["message"]) == (404, 'Action "catalog:nothing" not found')
