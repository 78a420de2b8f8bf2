"""Two replicas share one database: one leads, the other takes over, and the writes of two leaders never mix."""

import json
import signal
import threading
import time

import pytest

from harness import REPOSITORY, FaultProxy, component, deployment, eventually


def record(database):
    """Has the database itself record from now on which leader writes what, and when."""
    script = (REPOSITORY / "Tests/EndToEnd/leader_writes.sql").read_text()
    for attempt in range(10):
        try:
            return database.value(script)
        except AssertionError as error:
            # The leaders write meanwhile, and lock the tables in another order.
            if "deadlock detected" not in str(error) or attempt == 9:
                raise


def assert_no_epochs_mixed(database):
    """Every write ran under an epoch, and none after the next epoch of its shard had begun."""
    assert database.value("SELECT * FROM public.leader_disorder") == ""
    assert int(database.value("SELECT count(DISTINCT (shard, epoch)) FROM public.leader_write")) >= 3


def holder(database, shard="cluster/default"):
    return database.value(f"SELECT holder FROM leader_epoch WHERE shard = '{shard}'")


class Writer(threading.Thread):
    """Creates and deletes Deployments of the entity at a steady rate, and knows which there are."""

    def __init__(self, cluster, namespace):
        super().__init__(daemon=True)
        self.cluster, self.namespace = cluster, namespace
        self.present, self.ended, self.failure = set(), threading.Event(), None

    def run(self):
        number = 0
        try:
            while not self.ended.wait(0.1):
                number += 1
                name = f"fleet-{number}"
                self.cluster.apply(deployment(self.namespace, name, labels={"app": "fleet"}, replicas=0))
                self.present.add(name)
                if len(self.present) > 8:
                    gone = self.present.pop()
                    self.cluster.kubectl("-n", self.namespace, "delete", "deployment", gone, "--wait=false")
        except AssertionError as error:
            self.failure = error

    def stop(self):
        self.ended.set()
        self.join()
        assert self.failure is None, self.failure
        return self.present


def stored(callboard):
    answer = callboard.get("/api/callboard/entities/component/default/fleet/workloads", limit=100)
    return {one["name"] for one in answer["workloads"]}


@pytest.fixture
def replicas(make_callboard, cluster, namespace, database, tmp_path):
    """Two replicas with leader election, each behind a proxy of its own to the API server, and a writer."""
    file = tmp_path / "fleet.yaml"
    file.write_text(json.dumps(component("fleet", "app=fleet")))
    configuration = {
        "catalog": {"locations": [{"type": "file", "target": str(file)}]},
        "callboard": {"costs": {"interval": 1}, "leaderElection": {"enabled": True, "namespace": namespace}},
    }
    made = []
    for name in ("first", "second"):
        proxy = FaultProxy((cluster.server.hostname, cluster.server.port))
        folder = tmp_path / f"kube-{name}"
        folder.mkdir()
        kubeconfig = cluster.kubeconfig_with(folder, server=f"https://127.0.0.1:{proxy.port}")
        made.append((make_callboard(configuration, kubeconfig=kubeconfig, name=name).wait_ready(), proxy))
        # The first is to lead.
        eventually(lambda: holder(database) and holder(database, "catalog"), seconds=30)
    record(database)
    writer = Writer(cluster, namespace)
    writer.start()
    # Each test begins with writes of the first leader.
    eventually(lambda: int(database.value("SELECT count(*) FROM public.leader_write")) >= 5)
    yield made, writer
    writer.ended.set()
    for callboard, proxy in made:
        # While it can still give its leases back.
        callboard.stop()
        proxy.close()


def takeover(database, before, seconds=20):
    """Waits until another process leads all that one led, and tells how long that took."""
    started = time.monotonic()
    for shard, old in before.items():
        eventually(lambda shard=shard, old=old: holder(database, shard) != old, seconds, f"a new leader of {shard}")
    return time.monotonic() - started


def led(database):
    return {shard: holder(database, shard) for shard in ("catalog", "cluster/default")}


def leader_and_follower(made, database):
    """The replica that leads the cluster's shard comes first."""
    name = holder(database)
    (first, second) = made
    return (first, second) if f"_{first[0].port}" in name or f'"{name}"' in first[0].log() else (second, first)


def settle(callboard, writer):
    """Once the writer has stopped, what is stored is what there is."""
    present = writer.stop()
    eventually(lambda: stored(callboard) == present, seconds=30, what="the store to equal the cluster")


def test_a_killed_leader_is_replaced_and_nothing_is_lost(replicas, database):
    made, writer = replicas
    (leader, _), (follower, _) = leader_and_follower(made, database)
    before = led(database)
    leader.stop(signal.SIGKILL)
    took = takeover(database, before)
    assert took < 20
    settle(follower, writer)
    assert_no_epochs_mixed(database)
    leader.start()
    leader.wait_ready()


def test_a_frozen_leader_writes_nothing_when_it_wakes_and_ends(replicas, database):
    made, writer = replicas
    (leader, _), (follower, _) = leader_and_follower(made, database)
    before = led(database)
    leader.process.send_signal(signal.SIGSTOP)
    try:
        assert takeover(database, before) < 20
        eventually(lambda: stored(follower), seconds=20)
    finally:
        leader.process.send_signal(signal.SIGCONT)
    assert leader.process.wait(timeout=10) == 1
    settle(follower, writer)
    assert_no_epochs_mixed(database)


def test_a_leader_cut_off_from_the_api_server_ends_at_once_and_is_replaced(replicas, database):
    made, writer = replicas
    (leader, proxy), (follower, _) = leader_and_follower(made, database)
    before = led(database)
    proxy.refuse()
    assert takeover(database, before) < 20
    assert leader.process.wait(timeout=5) == 1
    settle(follower, writer)
    assert_no_epochs_mixed(database)


def test_a_leader_that_stops_hands_over_at_once(replicas, database):
    made, writer = replicas
    (leader, _), (follower, _) = leader_and_follower(made, database)
    before = led(database)
    assert leader.stop() == 0
    assert takeover(database, before) < 5
    settle(follower, writer)
    assert_no_epochs_mixed(database)


def test_shards_are_divided_and_claims_cross_from_one_replica_to_the_other(replicas, database, tmp_path):
    made, writer = replicas
    (leader, _), (follower, _) = leader_and_follower(made, database)
    # Nobody fails: the one that leads both hands one over when the other has stood by for half a minute.
    eventually(lambda: holder(database, "catalog") != holder(database), seconds=60, what="two leaders")
    assert leader.is_alive() and follower.is_alive()
    eventually(lambda: stored(leader) == stored(follower) and stored(leader))

    late = [component("fleet", "app=fleet"), component("late", "app=fleet,app notin (none)")]
    (tmp_path / "fleet.yaml").write_text("\n---\n".join(map(json.dumps, late)))
    eventually(lambda: follower.workloads("component:default/late")["totals"]["owned"] >= 1)
    (tmp_path / "fleet.yaml").write_text(json.dumps(late[1]))
    eventually(lambda: leader.status("/api/catalog/entities/by-name/component/default/fleet") == 404)
    (tmp_path / "fleet.yaml").write_text(json.dumps(late[0]))
    settle(leader, writer)
    assert_no_epochs_mixed(database)


def test_without_election_the_process_that_was_started_last_leads(make_callboard, cluster, namespace):
    older = make_callboard(name="older").wait_ready()
    cluster.apply(deployment(namespace, "app"))
    eventually(lambda: older.get("/api/callboard/orphans", namespace=namespace)["totals"]["workloads"] == 1)
    newer = make_callboard(name="newer").wait_ready()
    assert older.process.wait(timeout=30) == 1 and "leads no longer" in older.log()
    cluster.apply(deployment(namespace, "other"))
    eventually(lambda: newer.get("/api/callboard/orphans", namespace=namespace)["totals"]["workloads"] == 2)
