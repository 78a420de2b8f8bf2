"""Repositories on GitHub are discovered and followed; while GitHub fails, nothing is lost."""

import time

import httpx
import pytest
import yaml

from github import GitHub
from harness import component, eventually

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
