"""Repositories on GitHub are discovered and followed; while GitHub fails, nothing is lost."""

import time

import httpx
import pytest
import yaml

from github import GitHub
from harness import component, eventually
from mcp_client import call

TOKEN = "ghp_not-to-be-seen-anywhere"


@pytest.fixture
def github():
    github = GitHub(TOKEN)
    yield github
    github.close()


def configuration(github):
    return {
        "integrations": {"github": [
            {"host": github.authority, "apiBaseUrl": f"http://{github.authority}/api/v3", "token": TOKEN}]},
        "catalog": {"providers": {"github": {"acme": {
            "organization": "acme", "host": github.authority, "pageSizes": {"repositories": 2},
            "filters": {"repository": "svc-.*"}, "schedule": {"frequency": {"seconds": 1}, "timeout": "PT30S"}}}}},
    }


def publish(github, name, **more):
    github.repositories[f"acme/{name}"] = {"catalog-info.yaml": yaml.safe_dump({**component(name), **more})}


def source(callboard):
    [found] = [one for one in callboard.get("/api/callboard/sources")["sources"] if one["type"] == "github-provider"]
    return found


def test_repositories_are_followed_and_nothing_is_lost_while_github_fails(make_callboard, github):
    for name in ["svc-a", "svc-b", "svc-c", "other"]:
        publish(github, name)
    github.repositories["acme/svc-none"] = {"README.md": ""}
    callboard = make_callboard(configuration(github)).wait_ready()
    uids = {name: eventually(lambda name=name: callboard.entity(f"component:default/{name}"))["metadata"]["uid"]
            for name in ["svc-a", "svc-b", "svc-c"]}
    assert callboard.status("/api/catalog/entities/by-name/component/default/other") == 404
    eventually(lambda: source(callboard)["state"] == "ok")
    assert source(callboard)["target"] == "acme" and source(callboard)["locations"] == 3

    # A file changes, a repository comes and another goes.
    publish(github, "svc-a", spec={**component("svc-a")["spec"], "lifecycle": "deprecated"})
    publish(github, "svc-d")
    del github.repositories["acme/svc-c"]
    eventually(lambda: callboard.entity("component:default/svc-a")["spec"]["lifecycle"] == "deprecated")
    eventually(lambda: callboard.entity("component:default/svc-d"))
    eventually(lambda: callboard.status("/api/catalog/entities/by-name/component/default/svc-c") == 404)

    # GitHub fails in every way that it knows, and its repositories seem to be gone.
    kept = ["svc-a", "svc-b", "svc-d"]
    for fault, words in {
        "answers 500": (500, {}, {"message": "oops"}), "lists nothing": (200, {}, []),
        "asks for patience": (403, {"Retry-After": "2"}, {"message": "secondary rate limit"}),
        "forgets the token": (401, {}, {"message": f"Bad credentials {TOKEN}"}),
    }.items():
        github.fault = lambda path, words=words: words
        eventually(lambda: source(callboard)["state"] == "failing", what=f"a GitHub that {fault}")
        if "Retry-After" in words[1]:
            assert "is used up until 20" in eventually(
                lambda: "until" in source(callboard)["error"] and source(callboard)["error"])
            asked = len(github.log)
            time.sleep(1)
            assert len(github.log) <= asked + 1, "asked again before the time was over"
        for name in kept:
            assert callboard.entity(f"component:default/{name}")["metadata"]["uid"]
        github.fault = lambda path: None
        eventually(lambda: source(callboard)["state"] == "ok", 40, what=f"a GitHub that no longer {fault}")
    assert callboard.entity("component:default/svc-b")["metadata"]["uid"] == uids["svc-b"]

    # One file alone cannot be read.
    github.fault = lambda path: (502, {}, {}) if "svc-b" in path else None
    problems = eventually(lambda: source(callboard)["problems"])
    assert problems[0]["location"] == github.location("acme/svc-b") and "502" in problems[0]["message"]
    assert callboard.entity("component:default/svc-b")["metadata"]["uid"] == uids["svc-b"]
    github.fault = lambda path: None
    eventually(lambda: source(callboard)["problems"] == [], 40)

    metrics = httpx.get(callboard.url + "/metrics").text
    assert f'callboard_github_rate_limit_remaining{{host="{github.authority}"}} 4321' in metrics
    assert f'callboard_github_requests_total{{host="{github.authority}",code="304"}}' in metrics
    assert TOKEN not in callboard.log() + metrics + str(callboard.get("/api/callboard/sources"))


def test_after_a_restart_unchanged_files_cost_nothing_and_a_github_that_is_down_costs_no_entity(
        make_callboard, github):
    for name in ["svc-a", "svc-b"]:
        publish(github, name)
    callboard = make_callboard(configuration(github)).wait_ready()
    before = eventually(lambda: callboard.entity("component:default/svc-b"))
    eventually(lambda: source(callboard)["state"] == "ok")
    callboard.stop()

    github.log.clear()
    callboard.start()
    callboard.wait_ready()
    eventually(lambda: source(callboard)["state"] == "ok")
    contents = [status for status, path in github.log if "/contents/" in path]
    assert contents and set(contents) == {304}
    callboard.stop()

    github.close()
    callboard.start()
    callboard.wait_ready()
    eventually(lambda: source(callboard)["state"] == "failing" and "cannotConnect" in source(callboard)["error"])
    assert callboard.entity("component:default/svc-b") == before


def test_a_registered_location_is_read_through_github_and_what_it_leads_to_follows(make_callboard, github):
    """POST /locations → the Location entity → a file on GitHub → a Location in it → another file; and all of it back."""
    main = f"https://{github.authority}/acme/platform/blob/main"
    everything = {
        "apiVersion": "backstage.io/v1alpha1", "kind": "Location", "metadata": {"name": "all"},
        "spec": {"targets": ["./shop.yaml", "./teams.yaml"]},
    }
    group = {"apiVersion": "backstage.io/v1alpha1", "kind": "Group", "metadata": {"name": "admins"},
             "spec": {"type": "team", "children": []}}
    files = {"catalog-info.yaml": yaml.safe_dump(everything), "shop.yaml": yaml.safe_dump(component("shop")),
             "teams.yaml": yaml.safe_dump(group)}
    github.repositories["acme/platform"] = files
    settings = {**configuration(github), "catalog": {"locations": [], "processingInterval": 1}}
    callboard = make_callboard(settings).wait_ready()

    location = {"type": "url", "target": f"{main}/catalog-info.yaml"}
    dry = callboard.client.post("/api/catalog/locations", params={"dryRun": "true"}, json=location)
    assert dry.status_code == 400 and "catalog.rules allow Component, API, Location there" in dry.text
    dry = callboard.client.post(
        "/api/catalog/locations", params={"dryRun": "true"}, json={**location, "target": f"{main}/shop.yaml"})
    assert dry.status_code == 201, dry.text
    assert "shop" in [entity["metadata"]["name"] for entity in dry.json()["entities"]]
    created = callboard.client.post("/api/catalog/locations", json=location)
    assert created.status_code == 201, created.text
    shop = eventually(lambda: callboard.entity("component:default/shop"))
    annotations = shop["metadata"]["annotations"]
    assert annotations["backstage.io/managed-by-location"] == f"url:{main}/shop.yaml"
    assert annotations["backstage.io/managed-by-origin-location"] == f"url:{main}/catalog-info.yaml"
    ancestry = callboard.get("/api/catalog/entities/by-name/component/default/shop/ancestry")
    names = [item["entity"]["metadata"]["name"] for item in ancestry["items"]]
    assert names[:2] == ["shop", "all"] and names[2].startswith("generated-")

    # Nobody makes themselves member of a Group from a registered location.
    def refusals():
        sources = callboard.get("/api/callboard/sources")["sources"]
        return [one for source in sources for one in source["problems"] if one["code"] == "not_allowed"]
    assert eventually(refusals)[0]["entityRef"] == "group:default/admins"
    assert callboard.status("/api/catalog/entities/by-name/group/default/admins") == 404

    # The file changes and is read again; GitHub fails and nothing is lost; the registration ends and all of it goes.
    changed = {**component("shop")["spec"], "lifecycle": "deprecated"}
    files["shop.yaml"] = yaml.safe_dump({**component("shop"), "spec": changed})
    eventually(lambda: callboard.entity("component:default/shop")["spec"]["lifecycle"] == "deprecated")
    github.fault = lambda path: (500, {}, {"message": "oops"})
    time.sleep(2)
    assert callboard.entity("component:default/shop")["metadata"]["uid"] == shop["metadata"]["uid"]
    github.fault = lambda path: None
    deleted = callboard.client.delete(f"/api/catalog/locations/{created.json()['location']['id']}")
    assert deleted.status_code == 204
    eventually(lambda: callboard.status("/api/catalog/entities/by-name/component/default/shop") == 404)


def test_configured_urls_with_wildcards_are_followed_under_the_operators_trust(make_callboard, github):
    """A pattern in catalog.locations, one that an agent registers, what runs came to, and a restart that costs nothing."""
    main = f"https://{github.authority}/acme/mono/blob/main"
    group = {"apiVersion": "backstage.io/v1alpha1", "kind": "Group", "metadata": {"name": "admins"},
             "spec": {"type": "team", "children": []}}
    files = {"org/a/groups.yaml": yaml.safe_dump(group), "svc/one/catalog-info.yaml": yaml.safe_dump(component("one")),
             "svc/deep/two/catalog-info.yaml": yaml.safe_dump(component("two")), "svc/README.md": "none"}
    github.repositories["acme/mono"] = files
    settings = {**configuration(github), "catalog": {
        "locations": [{"type": "url", "target": f"{main}/org/*/groups.yaml"}], "processingInterval": 1}}
    callboard = make_callboard(settings).wait_ready()
    eventually(lambda: callboard.entity("group:default/admins"))

    pattern = f"{main}/svc/**/catalog-info.yaml"
    registered = call(callboard, "auto", "catalog_register_entity", locationUrl=pattern).structured_content
    two = eventually(lambda: callboard.entity("component:default/two"))
    assert two["metadata"]["annotations"]["backstage.io/managed-by-location"] == (
        f"url:{main}/svc/deep/two/catalog-info.yaml")
    assert callboard.entity(registered["entityRef"])["spec"]["target"] == pattern
    files["svc/three/catalog-info.yaml"] = yaml.safe_dump(component("three"))
    del files["svc/one/catalog-info.yaml"]
    eventually(lambda: callboard.entity("component:default/three"))
    eventually(lambda: callboard.status("/api/catalog/entities/by-name/component/default/one") == 404)
    github.repositories["acme/mono"]["org/b/groups.yaml"] = "kind: ["
    problems = eventually(lambda: call(
        callboard, "auto", "callboard_list_catalog_problems", code="syntax").structured_content["problems"])
    assert problems[0]["location"] == f"url:{main}/org/b/groups.yaml"

    sources = {one["type"]: one for one in callboard.get("/api/callboard/sources")["sources"]}
    runs = callboard.get(f"/api/callboard/sources/{sources['url']['id']}/runs")["runs"]
    assert runs[-1]["added"] == 1 and runs[-1]["error"] is None
    assert sum(run["added"] for run in callboard.get(
        f"/api/callboard/sources/{sources['location']['id']}/runs")["runs"]) >= 3

    # Once all has been read since the last change, nothing is sent twice after a restart.
    def is_settled():
        trees = [status for status, path in list(github.log) if "/trees/" in path]
        files = {path: status for status, path in list(github.log) if "/contents/" in path and "/svc/one/" not in path}
        return trees[-4:] == [304] * 4 and set(files.values()) == {304}

    eventually(is_settled)
    callboard.stop()
    github.log.clear()
    callboard.start()
    callboard.wait_ready()
    eventually(lambda: any("/contents/" in path for _, path in github.log))
    assert {status for status, path in github.log if "/contents/" in path or "/trees/" in path} == {304}
    call(callboard, "auto", "catalog_unregister_entity", type={"locationUrl": pattern.upper()})
    eventually(lambda: callboard.status("/api/catalog/entities/by-name/component/default/two") == 404)
    assert callboard.entity("group:default/admins")
