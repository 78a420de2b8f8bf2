"""The descriptions of the REST routes are valid OpenAPI, and the running program keeps to them."""

import json
import os
import pathlib
import subprocess
import sys

import openapi_spec_validator
import pytest

from harness import REPOSITORY, component, config_map, deployment, eventually

FOLDER = pathlib.Path(__file__).parent
DESCRIPTIONS = ["/api/catalog/openapi.json", "/api/callboard/openapi.json"]


@pytest.fixture
def described(make_callboard, cluster, namespace):
    """A Callboard with the sample catalog, and the component that the descriptions' examples name, which runs."""
    cluster.apply(
        deployment(namespace, "shop", labels={"e2e": namespace}),
        config_map(namespace, "shop", shop=component("shop", f"e2e={namespace}")))
    callboard = make_callboard({
        "catalog": {"locations": [{"type": "file", "target": str(REPOSITORY / "catalog")}]},
        "callboard": {
            "costs": {"interval": 1}, "catalog": {"configMaps": {"namespaces": [namespace]}},
            # Many of the requests come without credentials, or with bad ones.
            "auth": {"failuresPerMinute": 0}},
    }).wait_ready()
    eventually(lambda: callboard.workloads("component:default/shop")["workloads"])
    return callboard


@pytest.mark.parametrize("path", DESCRIPTIONS)
def test_the_description_is_valid(callboard, path):
    description = callboard.get(path)
    assert description["openapi"].startswith("3.1")
    openapi_spec_validator.OpenAPIV31SpecValidator(description).validate()
    assert callboard.client.get(path, headers={"Authorization": ""}).status_code == 401


def test_the_program_keeps_to_its_descriptions(described, tmp_path):
    for path in DESCRIPTIONS:
        description = tmp_path / (path.split("/")[2] + ".json")
        description.write_text(json.dumps(described.get(path)))
        run = subprocess.run(
            [pathlib.Path(sys.executable).parent / "schemathesis", "--config-file", FOLDER / "schemathesis.toml",
             "run", description, "--url", described.url, "--no-color"],
            cwd=tmp_path, capture_output=True, text=True, timeout=600,
            env={**os.environ, "CALLBOARD_TOKEN": described.token, "PYTHONPATH": str(FOLDER),
                 "SCHEMATHESIS_HOOKS": "schemathesis_formats"})
        assert run.returncode == 0, run.stdout[:20_000] + run.stderr[-2_000:]
    assert described.is_alive()
