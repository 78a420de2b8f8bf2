"""What agents ask of the catalog alone, with the official client in both eras of the protocol."""

import json

import pytest

from harness import component, eventually
from mcp_client import ERAS, with_client


def entity(kind, name, spec, **metadata):
    return {"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


LIBRARY = [
    entity("Group", "books", {"type": "team", "children": []}, title="The Book Club"),
    entity("System", "library", {"owner": "books"}),
    entity("API", "loans", {"type": "openapi", "lifecycle": "production", "owner": "books", "definition": "openapi: 3.1.0"}),
    entity("Component", "lending", {
        "type": "service", "lifecycle": "production", "owner": "group:default/books", "system": "library",
        "providesApis": ["loans"], "dependsOn": ["resource:default/shelf"]},
        annotations={"github.com/project-slug": "acme/lending,v2"}),
    entity("Component", "lending-web", {
        "type": "website", "lifecycle": "production", "owner": "books", "dependsOn": ["component:lending"]}),
]


@pytest.fixture
def library(make_callboard, tmp_path):
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "library.yaml").write_text("\n---\n".join(json.dumps(one) for one in LIBRARY))
    callboard = make_callboard({"catalog": {"locations": [{"type": "file", "target": str(folder)}]}}).wait_ready()
    eventually(lambda: callboard.entity("component:default/lending-web"))
    return callboard


@pytest.mark.parametrize("mode", ERAS)
def test_an_agent_walks_through_the_catalog(library, mode):
    async def visit(client):
        async def ask(tool, **arguments):
            # The client checks every answer against the tool's output schema.
            answer = await client.call_tool(tool, arguments)
            assert not answer.is_error, answer.content[0].text
            return answer.structured_content

        found = await ask("catalog_resolve_entity", name="Lendign")
        assert found["resolved"] is None
        assert found["candidates"][0]["entityRef"] == "component:default/lending"
        assert (await ask("catalog_resolve_entity", name="lending"))["resolved"]["ownerRef"] == "group:default/books"

        around = await ask("catalog_get_entity_relationships", entityRef="lending")
        by_ref = {one["entityRef"]: one for one in around["entities"]}
        assert set(by_ref) == {
            "api:default/loans", "component:default/lending-web", "group:default/books", "resource:default/shelf",
            "system:default/library"}
        assert not by_ref["resource:default/shelf"]["exists"] and around["totals"]["missing"] == 1
        broken = await ask(
            "catalog_get_entity_relationships", entityRef="component:lending", relationTypes=["dependencyOf"], depth=5)
        assert [one["entityRef"] for one in broken["entities"]] == ["component:default/lending-web"]

        specs = await ask("catalog_get_entity_api_specs", entityRef="lending")
        assert specs["apis"][0]["definition"] == "openapi: 3.1.0" and specs["apis"][0]["roles"] == ["provided"]

        good = await ask("catalog_validate_entity", entity=json.dumps(component("new")))
        assert good["isValid"] and good["entity"]["metadata"]["namespace"] == "default"
        assert good["warnings"] == ["The catalog has no entity group:default/payments"]
        bad = await ask("catalog_validate_entity", entity="kind: Component\nmetadata: {name: a b}\n")
        assert not bad["isValid"] and bad["isValidYaml"] and {one["line"] for one in bad["errors"]} == {1, 2}

        model = (await ask("catalog_get_catalog_model_description"))["description"]
        assert "### Component" in model and "`dependencyOf`" in model
        return True

    assert with_client(library, mode, visit)


@pytest.mark.parametrize("mode", ERAS)
def test_the_tools_of_the_catalog_mcp_plugin_answer_under_all_their_names(library, mode):
    async def visit(client):
        async def ask(tool, **arguments):
            answer = await client.call_tool(tool, arguments)
            assert not answer.is_error, answer.content[0].text
            return json.loads(answer.content[0].text)

        for name in ("catalog_mcp_get_entities_by_owner", "catalog-mcp.get_entities_by_owner", "get_entities_by_owner"):
            for owner in ("books", "group:default/books"):
                assert (await ask(name, owner=owner))["count"] == 4
        page = await ask("get_entities_by_owner", owner="books", limit=3, fields="metadata.name")
        rest = await ask(
            "get_entities_by_owner", owner="books", limit=3, fields="metadata.name", cursor=page["nextCursor"])
        assert page["count"] == rest["count"] == 4
        assert len(page["entities"] + rest["entities"]) == 4 and rest["entities"][0].keys() == {"metadata"}
        slug = await ask(
            "get_entities_by_annotation", annotation="github.com/project-slug", value="acme/lending,v2")
        assert slug["count"] == 1
        assert (await ask("get_entity_types_for_kind", kind="Component"))["types"] == ["service", "website"]
        kind = await ask("get_all_entities_by_kind_and_type", kind="component", type="website")
        assert kind["entities"][0]["metadata"]["name"] == "lending-web"
        custom = await ask("get_entities_with_custom_query", filter=["kind=api", "kind=group"], fields="kind")
        assert custom["count"] == 2 and custom["entities"] == [{"kind": "API"}, {"kind": "Group"}]

        assert (await ask("catalog:get", name="lending"))["kind"] == "Component"
        for name in ("catalog:query", "catalog:list"):
            assert (await ask(name, filter={"kind": "system"}))["totalItems"] == 1
        return True

    assert with_client(library, mode, visit)
