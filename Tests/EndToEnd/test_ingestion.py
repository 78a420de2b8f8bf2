"""Annotated workloads become entities, joined with what they were made of, and go with them."""

import pytest
import yaml

from harness import FaultProxy, component, config_map, deployment, eventually


@pytest.fixture
def ingested(namespace):
    """The configuration, with a prefix that only this test's workloads have."""
    return {"kubernetesIngestor": {
        "annotationPrefix": f"{namespace}.example.dev",
        "mappings": {"namespaceModel": "default"},
        "components": {"onlyIngestAnnotatedResources": True},
    }}


def annotated(namespace, name, replicas=1, **annotations):
    result = deployment(namespace, name, replicas=replicas)
    all_of_them = {"add-to-catalog": "true", **annotations}
    result["metadata"]["annotations"] = {f"{namespace}.example.dev/{key}": value for key, value in all_of_them.items()}
    return result


def source(callboard, target="default"):
    return next(one for one in callboard.get("/api/callboard/sources")["sources"]
                if (one["type"], one["target"]) == ("kubernetes-workloads", target))


def is_gone(callboard, ref):
    kind, rest = ref.split(":")
    return callboard.status(f"/api/catalog/entities/by-name/{kind}/{rest}") == 404


def test_an_annotated_deployment_is_an_entity_with_its_workload(make_callboard, cluster, namespace, ingested):
    callboard = make_callboard(ingested).wait_ready()
    ref = f"component:default/checkout-{namespace}"
    name = ref.split("/")[1]
    cluster.apply(annotated(namespace, name, replicas=2, owner="group:default/payments"), deployment(namespace, "other"))
    entity = eventually(lambda: callboard.entity(ref), what="the entity")
    assert entity["metadata"]["annotations"]["backstage.io/managed-by-location"] == (
        f"kubernetes:default/deployments.apps/{namespace}/{name}")
    assert {"type": "ownedBy", "targetRef": "group:default/payments"} in entity["relations"]
    assert {"type": "partOf", "targetRef": f"system:default/{namespace}"} in entity["relations"]
    system = eventually(lambda: callboard.entity(f"system:default/{namespace}"), what="its System")
    assert system["spec"]["type"] == "kubernetes-namespace"
    [workload] = eventually(lambda: callboard.workloads(ref)["workloads"], what="its workload")
    assert (workload["kind"], workload["namespace"], workload["name"]) == ("Deployment", namespace, name)
    assert workload["isOwner"]
    assert source(callboard)["problems"] == []

    # What says how many pods there are changes nothing of the entity.
    cluster.kubectl("-n", namespace, "scale", "deployment", name, "--replicas=3")
    eventually(lambda: callboard.workloads(ref)["totals"]["pods"] == 3, what="the third pod")
    assert callboard.entity(ref)["metadata"]["etag"] == entity["metadata"]["etag"]

    # What people write counts, and what was generated returns.
    cluster.apply(config_map(namespace, "catalog", a=component(name, owner="group:default/written")))
    eventually(lambda: callboard.entity(ref)["spec"]["owner"] == "group:default/written")
    eventually(lambda: [one for one in source(callboard)["problems"] if one["code"] == "conflict"])
    cluster.kubectl("-n", namespace, "delete", "configmap", "catalog")
    eventually(lambda: callboard.entity(ref)["spec"]["owner"] == "group:default/payments")

    cluster.kubectl("-n", namespace, "delete", "deployment", name)
    eventually(lambda: is_gone(callboard, ref), what="the entity's end")
    eventually(lambda: is_gone(callboard, f"system:default/{namespace}"), what="the System's end")


def test_an_api_server_that_is_away_takes_nothing_with_it(make_callboard, cluster, namespace, ingested, tmp_path):
    proxy = FaultProxy((cluster.server.hostname, cluster.server.port))
    folder = tmp_path / "proxied"
    folder.mkdir()
    kubeconfig = cluster.kubeconfig_with(folder, server=f"https://127.0.0.1:{proxy.port}")
    callboard = make_callboard(ingested, kubeconfig=kubeconfig).wait_ready()
    ref = f"component:default/{namespace}"
    cluster.apply(annotated(namespace, namespace))
    before = eventually(lambda: callboard.entity(ref))
    proxy.refuse()
    eventually(lambda: source(callboard)["state"] == "failing", 60, "the source's failure")
    assert callboard.entity(ref)["metadata"]["uid"] == before["metadata"]["uid"]
    # Nor does a process that starts meanwhile.
    callboard.stop()
    callboard.start()
    eventually(lambda: callboard.entity(ref)["metadata"]["uid"] == before["metadata"]["uid"])
    proxy.accept_again()
    eventually(lambda: source(callboard)["state"] != "failing", 90, "the source's recovery")
    assert callboard.entity(ref)["metadata"]["uid"] == before["metadata"]["uid"]
    proxy.close()


def test_without_the_section_what_was_made_goes(make_callboard, cluster, namespace, ingested):
    callboard = make_callboard(ingested).wait_ready()
    ref = f"component:default/{namespace}"
    cluster.apply(annotated(namespace, namespace))
    eventually(lambda: callboard.entity(ref))
    callboard.stop()
    path = callboard.folder / "app-config.yaml"
    settings = yaml.safe_load(path.read_text())
    settings["kubernetesIngestor"]["components"]["enabled"] = False
    path.write_text(yaml.safe_dump(settings))
    callboard.start()
    callboard.wait_ready()
    eventually(lambda: is_gone(callboard, ref), what="the entity's end")
