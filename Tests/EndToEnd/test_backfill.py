"""What workloads cost before Callboard was there, from a real Prometheus with the series of kube-state-metrics."""

import time

import pytest

from harness import component, config_map, deployment, eventually
from usage import Exporter, Prometheus

GIBIBYTE = 1 << 30
CORE, MEMORY = 31_611_000, 4_237_000


def labels(**pairs):
    return tuple(sorted(pairs.items()))


def state(namespace, replica_set):
    """A node of 4 cores and 16 GiB with a pod of web, another one of a workload that is gone, a claim of each, and one of nobody."""
    def pod(name, **others):
        return labels(namespace=namespace, pod=name, **others)

    def owner(kind, name, **others):
        return labels(namespace=namespace, owner_kind=kind, owner_name=name, owner_is_controller="true", **others)

    pods = {"web-old": "data", "lost-old": "lost"}
    claims = [(namespace, "data"), (namespace, "lost"), (f"{namespace}-empty", "alone")]
    return {
        "kube_node_status_capacity": {
            labels(node="past", resource="cpu", unit="core"): 4,
            labels(node="past", resource="memory", unit="byte"): 16 * GIBIBYTE,
            labels(node="past", resource="pods", unit="integer"): 110},
        "kube_node_labels": {labels(node="past", label_karpenter_sh_capacity_type="on-demand"): 1},
        "kube_pod_info": {
            **{pod(name, node="past", uid=name): 1 for name in pods}, pod("waits", node="", uid="waits"): 1,
            pod("over", node="past", uid="over"): 1},
        "kube_pod_status_phase": {
            **{pod(name, phase="Running"): 1 for name in pods}, **{pod(name, phase="Pending"): 0 for name in pods},
            pod("waits", phase="Pending"): 1, pod("over", phase="Succeeded"): 1, pod("over", phase="Running"): 0},
        "kube_pod_owner": {
            owner("ReplicaSet", replica_set, pod="web-old"): 1, owner("ReplicaSet", "lost-1", pod="lost-old"): 1},
        "kube_replicaset_owner": {
            owner("Deployment", "web", replicaset=replica_set): 1, owner("Deployment", "lost", replicaset="lost-1"): 1},
        "kube_pod_container_resource_requests": {
            **{pod(name, container="main", node="past", resource="cpu", unit="core"): 1 for name in [*pods, "over"]},
            **{pod(name, container="main", node="past", resource="memory", unit="byte"): 2 * GIBIBYTE for name in pods}},
        "kube_pod_spec_volumes_persistentvolumeclaims_info": {
            pod(name, volume="v", persistentvolumeclaim=claim): 1 for name, claim in pods.items()},
        "kube_persistentvolumeclaim_resource_requests_storage_bytes": {
            labels(namespace=place, persistentvolumeclaim=claim): 10 * GIBIBYTE for place, claim in claims},
        "kube_persistentvolumeclaim_status_phase": {
            labels(namespace=place, persistentvolumeclaim=claim, phase="Bound"): 1 for place, claim in claims},
        "container_cpu_usage_seconds_total": {pod("web-old", container="main"): 5},
        "container_memory_working_set_bytes": {pod("web-old", container="main"): 3 * GIBIBYTE},
    }


@pytest.fixture
def prometheus(tmp_path):
    exporter = Exporter()
    folder = tmp_path / "prometheus"
    folder.mkdir()
    prometheus = Prometheus(folder, exporter)
    yield prometheus
    prometheus.stop()
    exporter.close()


def test_the_days_before_the_installation_are_estimated(make_callboard, cluster, database, namespace, prometheus):
    cluster.apply(
        deployment(namespace, "web"),
        config_map(namespace, "catalog", web=component("web", selector="app=web")))
    name = eventually(lambda: cluster.kubectl(
        "get", "replicasets", "-n", namespace, "-o", "jsonpath={.items[0].metadata.name}", check=False), 30, "a ReplicaSet")
    now = int(time.time())
    hour = now - now % 3_600
    # Whole hours but for the first, of which the second half is known.
    prometheus.remember_state(state(namespace, name), hour - 9 * 3_600 - 1_740, min(hour + 1_800, now - 60))
    prometheus.start()
    costs = {"interval": 1, "sizing": {"interval": "1s"}, "rollUpInterval": 10, "backfillDays": 1,
             "prometheus": {"url": prometheus.url}, "prices": {"storagePerGiBHour": 0.036}}
    callboard = make_callboard({
        "callboard": {"costs": costs, "catalog": {"configMaps": {"namespaces": [namespace]}}}}).wait_ready()

    def rows(columns, condition="true", group=""):
        return database.value(
            f"SELECT {columns} FROM cost_hourly c JOIN workload w ON w.id = c.workload_id "
            f"WHERE price_quality = 'backfilled' AND {condition} {group}").split("\n")

    def filled():
        value = database.value("SELECT metered_from - filled_from = interval '24 hours' FROM cost_backfill")
        assert callboard.is_alive()
        return value == "t"

    eventually(filled, 90, "the past")
    eventually(lambda: "costs before the first metered hour are estimated" in callboard.log(), 30, "the end in the log")
    metered = database.value("SELECT extract(epoch FROM metered_from)::bigint FROM cost_backfill")
    assert int(metered) in (hour, hour + 3_600)
    # The rows of a whole hour are what the node and the claims cost, to the nano-dollar.
    whole = f"hour BETWEEN to_timestamp({hour - 9 * 3_600}) AND to_timestamp({hour - 3_600})"
    sums = "sum(cpu_cost), sum(memory_cost), sum(storage_cost)"
    assert rows(sums, whole, "GROUP BY hour") == [f"{4 * CORE}|{16 * MEMORY}|{3 * 10 * 36_000_000}"] * 9
    assert rows("count(*)", f"hour < to_timestamp({hour - 10 * 3_600})") == ["0"]
    half = rows("sum(cpu_cost)", f"hour = to_timestamp({hour - 10 * 3_600})")
    assert abs(int(half[0]) - 2 * CORE) <= 4 * CORE // 60
    # web uses a GiB more than it requests; what belongs to nobody here is the namespace's.
    by_payer = rows("DISTINCT w.kind, w.name, cpu_cost, memory_cost, coalesce(storage_cost, 0)", whole)
    assert sorted(by_payer) == sorted([
        f"Deployment|web|{CORE}|{3 * MEMORY}|{10 * 36_000_000}", f"__unallocated__|*|{CORE}|{2 * MEMORY}|{10 * 36_000_000}",
        f"__unmounted__|alone|0|0|{10 * 36_000_000}", f"__idle__|past|{2 * CORE}|{11 * MEMORY}|0"])

    # It belongs to who owns the workload now, and says that it was estimated.
    def told():
        answer = callboard.get(
            "/api/callboard/costs", scope="entity", name="component:default/web", window="24h", groupBy="workload")
        # What is metered since the start is far less.
        return answer if answer["actual"]["cost"]["total"] >= 9 * (CORE + 3 * MEMORY + 360_000_000) / 1e9 else None

    answer = eventually(told, 60, "the entity's cost")
    assert "backfilled" in answer["priceQuality"]

    # A restart does not fill anything a second time.
    before = database.value("SELECT max(xmin::text::bigint) FROM cost_hourly WHERE price_quality = 'backfilled'")
    callboard.stop()
    callboard.start()
    callboard.wait_ready()
    eventually(lambda: "callboard_cost_backfill_hours_left" in callboard.client.get("/metrics").text, 30, "a look at what is left")
    assert database.value("SELECT max(xmin::text::bigint) FROM cost_hourly WHERE price_quality = 'backfilled'") == before
