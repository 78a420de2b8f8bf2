"""Usage and what follows from it: metrics.k8s.io behind the real aggregation layer, and a real Prometheus."""

import pytest

from harness import eventually
from usage import Exporter, MetricsServer, Prometheus

MEBIBYTE = 1 << 20


def deployment(namespace, replicas=1):
    resources = {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "4Gi"}}
    container = {"name": "main", "image": "registry.k8s.io/pause:3.9", "resources": resources}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}}, "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]}}}}


def pods(cluster, namespace, count):
    def running():
        lines = cluster.kubectl(
            "get", "pods", "-n", namespace, "-o",
            "jsonpath={range .items[*]}{.metadata.name} {.status.phase}{'\\n'}{end}").split("\n")
        names = [line.split()[0] for line in lines if line.endswith(" Running")]
        return names if len(names) == count else None

    return eventually(running, 60, "running pods")


def usage_of(callboard):
    clusters = callboard.get("/api/callboard/clusters")["clusters"]
    assert clusters[0]["state"] == "live"
    return clusters[0]["usage"] or {}


def rows(database, namespace, columns, source="vpa"):
    return database.value(
        f"SELECT concat_ws(' ', {columns}) FROM recommendation r JOIN workload w ON w.id = r.workload_id "
        f"WHERE w.namespace = '{namespace}' AND r.source = '{source}' ORDER BY r.container")


@pytest.fixture
def start(make_callboard):
    def start(name="callboard", **costs):
        settings = {"usage": {"interval": "1s"}, "sizing": {"interval": "1s"}, "interval": 1, **costs}
        return make_callboard({"callboard": {"costs": settings}}, name=name).wait_ready()

    return start


def test_a_cluster_without_metrics_is_followed_all_the_same(start, cluster, database, namespace):
    cluster.apply(deployment(namespace))
    callboard = start()
    usage = eventually(lambda: usage_of(callboard), what="a word about usage")
    assert usage["source"] == "metrics.k8s.io" and usage["asOf"] is None and "404" in usage["error"]
    assert callboard.log().count("has no metrics.k8s.io") == 1
    eventually(lambda: rows(database, namespace, "class, samples") == "insufficient-data 0", what="a row")


def test_metrics_come_through_the_aggregation_layer(start, cluster, database, namespace, tmp_path):
    cluster.apply(deployment(namespace))
    pod = pods(cluster, namespace, 1)[0]
    metrics = MetricsServer(tmp_path)
    metrics.usage[namespace, pod] = {"main": ("120500000n", "500Mi"), "sandbox": ("1", "1Gi")}
    metrics.usage[namespace, "unknown"] = {"main": ("1", "1Gi")}
    try:
        with metrics.registered(cluster, namespace):
            callboard = start()
            usage = eventually(lambda: usage_of(callboard).get("asOf") and usage_of(callboard), 30, "usage")
            assert usage["error"] is None and usage["pods"] == 2
            eventually(lambda: int(rows(database, namespace, "samples") or 0) >= 2, 30, "samples")
            assert rows(database, namespace, "container, details->'averageUsage'") == (
                f'main {{"memoryBytes": {500 * MEBIBYTE}, "cpuMillicores": 121}}')
            assert any("limit=" in path for path in metrics.requests)
            before = int(rows(database, namespace, "samples"))

            # What was learned outlives the process.
            callboard.stop()
            again = start("again")
            eventually(lambda: int(rows(database, namespace, "samples") or 0) > before + 1, 30, "further samples")
        usage = eventually(lambda: usage_of(again)["error"] and usage_of(again), 30, "the end of usage")
        assert usage["asOf"] is not None
    finally:
        metrics.close()


def test_prometheus_tells_the_present_and_the_past(start, cluster, database, namespace, tmp_path):
    cluster.apply(deployment(namespace))
    pod = pods(cluster, namespace, 1)[0]
    exporter = Exporter()
    exporter.usage[namespace, pod, "main"] = (0.47, 800 * MEBIBYTE)
    folder = tmp_path / "prometheus"
    folder.mkdir()
    prometheus = Prometheus(folder, exporter)
    try:
        # The old pod of the same ReplicaSet used the same.
        replica_set = pod.rpartition("-")[0]
        past = dict(exporter.usage)
        past[namespace, f"{replica_set}-zzzzz", "main"] = (0.47, 800 * MEBIBYTE)
        prometheus.remember(past, days=2)
        prometheus.start()
        callboard = start(prometheus={"url": prometheus.url, "timeout": "20s"})
        usage = eventually(lambda: usage_of(callboard).get("asOf") and usage_of(callboard), 30, "usage")
        assert usage["source"] == "prometheus" and usage["error"] is None and usage["pods"] >= 1

        # Figures of the Vertical Pod Autoscaler: the bucket of 0.47 cores ends at 477 millicores; 15 % more.
        columns = "class, cpu_recommended_millicores, memory_recommended_bytes"
        eventually(lambda: rows(database, namespace, columns) == "over 548 978270031", 60, "VPA's figures")
        samples, history = map(int, rows(database, namespace, "samples, history_seconds").split())
        assert samples >= 2 * 47 * 60 and history >= 46 * 3_600
        # Figures of KRR: the 95th percentile, and the peak with 15 % more.
        krr = eventually(lambda: rows(database, namespace, columns, "krr"), 60, "KRR's figures").split()
        assert krr[0] == "over" and 469 <= int(krr[1]) <= 471 and int(krr[2]) == 920 * MEBIBYTE

        prometheus.stop()
        usage = eventually(lambda: usage_of(callboard)["error"] and usage_of(callboard), 30, "an error")
        assert "Prometheus" in usage["error"] and usage["asOf"] is not None
        prometheus.start()
        eventually(lambda: usage_of(callboard)["error"] is None, 30, "usage again")
    finally:
        prometheus.stop()
        exporter.close()


def test_nodes_cost_what_opencost_exports_and_keep_it(start, cluster, database, tmp_path):
    node = cluster.kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}").strip()
    exporter = Exporter()
    exporter.prices = {node: 0.25, "unknown": 7}
    folder = tmp_path / "prometheus"
    folder.mkdir()
    prometheus = Prometheus(folder, exporter)
    price = ("SELECT concat_ws(' ', price_quality, cpu_hourly_cost + memory_hourly_cost + gpu_hourly_cost) FROM price_book "
             f"WHERE node = '{node}'")

    def health(callboard):
        states = callboard.get("/api/callboard/costs/health")["nodePrices"]
        return states[0] if states else {}

    try:
        prometheus.start()
        settings = {"prometheus": {"url": prometheus.url, "timeout": "20s", "nodePrices": True}}
        callboard = start(**settings)
        eventually(lambda: database.value(price) == "exported 250000000", 60, "the exported price")
        told = eventually(lambda: health(callboard).get("nodes") == 2 and health(callboard), 30, "health")
        assert told["error"] is None and told["outdated"] == 0

        # Neither an outage nor a restart changes what was told.
        prometheus.stop()
        eventually(lambda: "Prometheus" in (health(callboard)["error"] or ""), 30, "an error")
        callboard.stop()
        database.value("DELETE FROM price_book")
        again = start("again", **settings)
        assert health(again)["asOf"] >= told["asOf"]
        eventually(lambda: database.value(price) == "exported 250000000", 30, "the price as it was")
    finally:
        prometheus.stop()
        exporter.close()
