"""Several clusters in one Callboard: however they are configured, each for itself, and visibly stale when out of reach.

The other clusters are the cluster of the run again, reached through a proxy under other names."""

import base64

import pytest
import yaml

from harness import FaultProxy, component, config_map, deployment, eventually


@pytest.fixture
def other(cluster):
    """A second way to the API server, that can be shut."""
    proxy = FaultProxy((cluster.server.hostname, cluster.server.port))
    yield proxy
    proxy.close()


def kubeconfig_of(cluster, folder, **servers):
    """A kubeconfig with the run's own context and one more for each server."""
    configuration = cluster.configuration
    [entry] = configuration["clusters"]
    [context] = configuration["contexts"]
    for name, server in servers.items():
        configuration["clusters"].append({"name": name, "cluster": {**entry["cluster"], "server": server}})
        configuration["contexts"].append({"name": name, "context": {**context["context"], "cluster": name}})
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(configuration))
    return str(path)


def clusters(callboard):
    return {one["name"]: one for one in callboard.get("/api/callboard/clusters")["clusters"]}


def orphans(callboard, namespace):
    answer = callboard.get("/api/callboard/orphans", namespace=namespace)
    return sorted((one["cluster"], one["name"]) for one in answer["workloads"])


def test_contexts_of_a_kubeconfig_are_clusters_of_their_own(make_callboard, cluster, namespace, other, tmp_path):
    kubeconfig = kubeconfig_of(cluster, tmp_path, east=f"https://127.0.0.1:{other.port}")
    callboard = make_callboard({"callboard": {"kubernetes": {"contexts": ["east"]}}}, kubeconfig=kubeconfig).wait_ready()
    cluster.apply(deployment(namespace, "app"), config_map(
        namespace, "catalog", a=component("both", "instance=app"),
        b={**component("eastern"), "metadata": {"name": "eastern", "annotations": {
            "backstage.io/kubernetes-label-selector": "instance=app", "backstage.io/kubernetes-cluster": "east"}}}))
    eventually(lambda: {one["cluster"] for one in callboard.workloads("component:default/both")["workloads"]}
               == {"default", "east"})
    eventually(lambda: [one["cluster"] for one in callboard.workloads("component:default/eastern")["workloads"]]
               == ["east"])
    eventually(lambda: {name: one["state"] for name, one in clusters(callboard).items()}
               == {"default": "live", "east": "live"})


def test_a_cluster_out_of_reach_is_stale_and_the_others_live(make_callboard, cluster, namespace, other, tmp_path):
    kubeconfig = kubeconfig_of(cluster, tmp_path, east=f"https://127.0.0.1:{other.port}")
    callboard = make_callboard({"callboard": {"kubernetes": {"contexts": ["east"]}}}, kubeconfig=kubeconfig).wait_ready()
    cluster.apply(deployment(namespace, "before"))
    eventually(lambda: orphans(callboard, namespace) == [("default", "before"), ("east", "before")])

    other.refuse()
    cluster.apply(deployment(namespace, "after"))
    eventually(lambda: orphans(callboard, namespace)
               == [("default", "after"), ("default", "before"), ("east", "before")])
    east = eventually(lambda: (one := clusters(callboard)["east"])["state"] == "stale" and one, seconds=40)
    assert east["error"] and east["syncedAt"] and east["workloads"] >= 1
    assert clusters(callboard)["default"]["state"] == "live"
    assert callboard.status("/readyz") == 200

    # Also for a process that never reached it.
    callboard.stop()
    callboard.start()
    callboard.wait_ready()
    assert ("east", "before") in orphans(callboard, namespace)
    other.accept_again()
    eventually(lambda: ("east", "after") in orphans(callboard, namespace), seconds=60)
    eventually(lambda: clusters(callboard)["east"]["state"] == "live", seconds=40)


def test_a_forbidden_cluster_leaves_the_others_alone(make_callboard, cluster, namespace, tmp_path):
    configuration = {"kubernetes": {"clusterLocatorMethods": [{"type": "config", "clusters": [{
        "name": "closed", "url": cluster.server.geturl(), "authProvider": "serviceAccount",
        "serviceAccountToken": "not-a-token", "skipTLSVerify": True}]}]}}
    callboard = make_callboard(configuration).wait_ready()
    cluster.apply(deployment(namespace, "app"))
    eventually(lambda: orphans(callboard, namespace) == [("default", "app")])
    closed = eventually(lambda: (one := clusters(callboard)["closed"]) and "nauthorized" in one["error"] and one)
    assert closed["state"] == "pending"
    assert "not-a-token" not in callboard.log()


def test_backstages_configuration_names_clusters(make_callboard, cluster, namespace):
    token = cluster.configuration["users"][0]["user"]["token"]
    authority = cluster.configuration["clusters"][0]["cluster"]["certificate-authority-data"]
    configuration = {"kubernetes": {
        "serviceLocatorMethod": {"type": "multiTenant"},
        "clusterLocatorMethods": [{"type": "config", "clusters": [{
            "name": "west", "title": "The west", "url": cluster.server.geturl(), "authProvider": "serviceAccount",
            "serviceAccountToken": token, "caData": authority}]}]}}
    callboard = make_callboard(configuration).wait_ready()
    cluster.apply(deployment(namespace, "app"))
    eventually(lambda: orphans(callboard, namespace) == [("default", "app"), ("west", "app")])
    names = {one["name"]: one.get("title") for one in callboard.get("/api/kubernetes/clusters")["items"]}
    assert names["west"] == "The west" and "default" in names
    assert token not in callboard.log()


def test_labelled_secrets_bring_clusters_and_take_them_away(make_callboard, cluster, namespace, tmp_path):
    def secret(name, kubeconfig):
        return {
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace, "labels": {"callboard.dev/cluster": "true"}},
            "data": {"kubeconfig": base64.b64encode(kubeconfig.encode()).decode()}}

    callboard = make_callboard(
        {"callboard": {"kubernetes": {"clusterSecrets": {"namespace": namespace}}}}).wait_ready()
    cluster.apply(deployment(namespace, "app"))
    eventually(lambda: orphans(callboard, namespace) == [("default", "app")])

    cluster.apply(secret("south", yaml.safe_dump(cluster.configuration)))
    eventually(lambda: orphans(callboard, namespace) == [("default", "app"), ("south", "app")], seconds=60)

    # A Secret that breaks leaves the cluster as it was; nothing of what it holds is told.
    cluster.apply(secret("south", "users: [{user: {token: hush-hush}}"))
    eventually(lambda: "south" in callboard.log() and "kubeconfig" in callboard.log(), seconds=60)
    assert ("south", "app") in orphans(callboard, namespace) and "hush-hush" not in callboard.log()

    cluster.kubectl("-n", namespace, "delete", "secret", "south")
    eventually(lambda: orphans(callboard, namespace) == [("default", "app")], seconds=90)
    eventually(lambda: "south" not in clusters(callboard))


def test_clusters_of_the_catalog_are_located_by_their_annotations(make_callboard, cluster, namespace):
    token = cluster.configuration["users"][0]["user"]["token"]
    authority = cluster.configuration["clusters"][0]["cluster"]["certificate-authority-data"]
    configuration = {
        "kubernetes": {"clusterLocatorMethods": [{"type": "catalog"}]},
        # Other namespaces may not add Resources unless this says so.
        "catalog": {"rules": [{"allow": ["Resource", "Component"]}]},
        "callboard": {"kubernetes": {"credentials": [{
            "cluster": "north", "url": cluster.server.geturl(), "serviceAccountToken": token, "caData": authority}]}}}
    callboard = make_callboard(configuration).wait_ready()
    cluster.apply(deployment(namespace, "app"), config_map(namespace, "catalog", north={
        "apiVersion": "backstage.io/v1alpha1", "kind": "Resource",
        "metadata": {"name": "north", "annotations": {
            "kubernetes.io/api-server": cluster.server.geturl(),
            "kubernetes.io/auth-provider": "serviceAccount"}},
        "spec": {"type": "kubernetes-cluster", "owner": "group:default/platform"}}))
    eventually(lambda: orphans(callboard, namespace) == [("default", "app"), ("north", "app")], seconds=60)


def test_an_entity_cannot_say_how_the_server_that_gets_our_token_is_known(make_callboard, cluster, namespace):
    token = cluster.configuration["users"][0]["user"]["token"]
    authority = cluster.configuration["clusters"][0]["cluster"]["certificate-authority-data"]
    configuration = {
        "kubernetes": {"clusterLocatorMethods": [{"type": "catalog"}]},
        # Other namespaces may not add Resources unless this says so.
        "catalog": {"rules": [{"allow": ["Resource", "Component"]}]},
        "callboard": {"kubernetes": {"credentials": [{
            "cluster": "north", "url": cluster.server.geturl(), "serviceAccountToken": token}]}}}
    callboard = make_callboard(configuration).wait_ready()
    cluster.apply(deployment(namespace, "app"), config_map(namespace, "catalog", north={
        "apiVersion": "backstage.io/v1alpha1", "kind": "Resource",
        "metadata": {"name": "north", "annotations": {
            "kubernetes.io/api-server": cluster.server.geturl(),
            "kubernetes.io/api-server-certificate-authority": authority,
            "kubernetes.io/skip-tls-verify": "true", "kubernetes.io/auth-provider": "serviceAccount"}},
        "spec": {"type": "kubernetes-cluster", "owner": "group:default/platform"}}))
    # The system's authorities do not know this server.
    eventually(lambda: "north" in callboard.log() and "certificate" in callboard.log(), seconds=60)
    assert orphans(callboard, namespace) == [("default", "app")]
