"""A canonical file as the running program follows it: it changes, breaks, empties, and is asked about beforehand."""

import json
import os
import subprocess

import yaml

from harness import config_map, eventually

SECRET = "S3cret!hunter2"


def canonical(*names, **more):
    return yaml.safe_dump({"version": "1.4", "repositories": {name: {} for name in names}, **more})


def source(callboard):
    sources = callboard.get("/api/callboard/sources")["sources"]
    return next(one for one in sources if one["type"] == "canonical")


def names(callboard):
    items = callboard.get("/api/catalog/entities", filter="kind=component")
    return sorted(one["metadata"]["name"] for one in items)


def command(callboard, *words, folder, configuration):
    path = folder / "canonical-command.yaml"
    path.write_text(yaml.safe_dump(configuration))
    return subprocess.run(
        [os.environ["CALLBOARD_TEST_BINARY"], "canonical", *words, "--config", str(path)], capture_output=True, text=True,
        timeout=60, check=False)


def test_a_file_is_followed_and_never_empties_the_catalog(make_callboard, database, tmp_path):
    catalog = tmp_path / "empty"
    catalog.mkdir()
    file = tmp_path / "canonical.yaml"
    repositories = [f"r{number}" for number in range(10)]
    file.write_text(canonical(*repositories))
    configuration = {
        "catalog": {"locations": [{"type": "file", "target": str(catalog)}]},
        "callboard": {"catalog": {"canonical": [{
            "name": "main", "location": {"type": "file", "target": str(file)},
            "defaults": {"owner": "group:default/platform", "system": "infra"}}]}}}
    callboard = make_callboard(configuration).wait_ready()
    eventually(lambda: names(callboard) == repositories)
    assert source(callboard)["canonical"]["state"] == "synced"
    assert callboard.entity("system:default/infra")["spec"]["owner"] == "group:default/platform"

    # What is planned is what happens.
    changed = canonical(*repositories[:-1], "new", environment={"a": {"keys": {"API_KEY": SECRET}}}, surprise=SECRET)
    answer = callboard.client.post("/api/callboard/canonical/main/plan", json={"document": changed})
    assert answer.status_code == 200, answer.text
    plan = answer.json()
    assert [one["entityRef"] for one in plan["adds"]] == ["component:default/new", "resource:default/env-a"]
    assert plan["removals"] == ["component:default/r9"] and plan["isApplicable"]
    assert [one["message"] for one in plan["warnings"]] == ["surprise is not known and is not used"]
    told = tmp_path / "told.yaml"
    told.write_text(changed)
    offline = command(
        callboard, "plan", "--format", "json", str(told), folder=tmp_path,
        configuration={**configuration, "backend": {"database": {"connection": database.url}}})
    assert offline.returncode == 0, offline.stderr
    assert json.loads(offline.stdout)["removals"] == plan["removals"]
    file.write_text(changed)
    eventually(lambda: names(callboard) == sorted([*repositories[:-1], "new"]))
    run = source(callboard)["canonical"]["lastRun"]
    assert (run["added"], run["changed"], run["removed"], run["error"]) == (2, 0, 1, None)
    before = names(callboard)

    # A bad file leaves the last good result.
    file.write_text("version: 1.4\nrepositories: [x]\n")
    eventually(lambda: source(callboard)["canonical"]["state"] == "invalid")
    bad = source(callboard)
    assert [(one["code"], one["line"], one["column"]) for one in bad["problems"]] == [("canonical", 2, 1)]
    assert names(callboard) == before
    file.unlink()
    eventually(lambda: source(callboard)["canonical"]["state"] == "stale")
    assert names(callboard) == before

    # So does one that would remove nearly everything, until somebody insists.
    file.write_text(canonical("r0"))
    eventually(lambda: [one["code"] for one in source(callboard)["problems"]] == ["deletion_limit"])
    assert names(callboard) == before
    plan = callboard.get("/api/callboard/canonical/main/plan")
    assert plan["refusal"] == "deletion_limit" and not plan["isApplicable"]
    answer = callboard.client.post(
        "/api/callboard/canonical/main/apply", json={"force": True, "contentHash": plan["contentHash"]})
    assert answer.status_code == 202, answer.text
    eventually(lambda: names(callboard) == ["r0"])
    assert source(callboard)["canonical"]["state"] == "synced"
    assert source(callboard)["canonical"]["lastRun"]["by"] == "external:test"
    assert "hunter2" not in callboard.log()
    assert "hunter2" not in json.dumps(callboard.get("/api/catalog/entities"))


def test_a_config_map_is_followed(make_callboard, cluster, namespace, tmp_path):
    catalog = tmp_path / "empty"
    catalog.mkdir()
    callboard = make_callboard({
        "catalog": {"locations": [{"type": "file", "target": str(catalog)}]},
        "callboard": {"catalog": {"canonical": [{
            "name": "map", "location": {"type": "configmap", "target": f"{namespace}/canonical/canonical.yaml"}}]}}})
    callboard.wait_ready()
    eventually(lambda: source(callboard)["canonical"]["state"] == "stale")
    assert "no key canonical.yaml" in source(callboard)["canonical"]["reason"]
    for wanted in [["a", "b"], ["a", "c"]]:
        held = config_map(namespace, "canonical")
        held["metadata"].pop("labels", None)
        held["data"] = {"canonical.yaml": canonical(*wanted)}
        cluster.apply(held)
        eventually(lambda: names(callboard) == wanted)
    cluster.kubectl("-n", namespace, "delete", "configmap", "canonical")
    eventually(lambda: source(callboard)["canonical"]["state"] == "stale")
    assert names(callboard) == ["a", "c"]
