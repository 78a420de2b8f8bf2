"""What nodes and volumes cost is charged to who holds them, and the rest is nobody's, to the nano-dollar."""

from harness import deployment, eventually


def price(hourly, seconds):
    """What an hour's price comes to after so many seconds, rounded half to even."""
    whole, rest = divmod(hourly * seconds, 3600)
    return whole + (rest > 1800 or rest == 1800 and whole % 2)


def rows(database, statement):
    return [line.split("|") for line in database.value(statement).splitlines()]


def idle_nodes(database):
    """Hour, node, seconds from when to when it was counted, prices of its resources."""
    return rows(database, """
        SELECT c.hour, w.name, extract(epoch FROM c.through - c.hour)::int - c.covered_seconds,
            extract(epoch FROM c.through - c.hour)::int, p.cpu_hourly_cost, p.memory_hourly_cost, p.gpu_hourly_cost
        FROM cost_hourly c JOIN workload w ON w.id = c.workload_id JOIN price_book p ON p.node = w.name
        WHERE w.kind = '__idle__' ORDER BY 1, 2""")


def test_the_rows_of_an_hour_add_up_to_what_the_nodes_cost(make_callboard, cluster, namespace, database):
    node = cluster.kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
    dear = {"callboard": {"costs": {"interval": 1, "prices": {
        "nodes": {node: 1.234567891}, "discountPercent": 12.5}}}}
    callboard = make_callboard(dear)
    cluster.apply(deployment(namespace, "web", replicas=5, cpu="333m", memory="100M"))

    def charged():
        return database.value(
            "SELECT cpu_cost FROM cost_hourly c JOIN workload w ON w.id = c.workload_id "
            f"WHERE w.name = 'web' AND w.namespace = '{namespace}' AND c.cpu_cost > 0 AND c.covered_seconds > 5")

    def check():
        # All rows are written in one transaction; one between these two statements makes for another try.
        total = [int(value) for value in rows(database, f"""
            SELECT sum(cpu_cost), sum(memory_cost), sum(coalesce(gpu_cost, 0))
            FROM cost_hourly c JOIN workload w ON w.id = c.workload_id""")[0]]
        nodes = idle_nodes(database)
        expected = [
            sum(price(int(row[4 + index]), int(row[3])) - price(int(row[4 + index]), int(row[2])) for row in nodes)
            for index in range(3)]
        return nodes and total == expected

    eventually(charged, seconds=60, what="a charge for web")
    eventually(check, what="rows that add up to the nodes' prices")
    cluster.kubectl("-n", namespace, "scale", "deployment", "web", "--replicas=2")
    eventually(check, what="rows that add up to the nodes' prices, with pods that went")

    # What one whole node costs, and how that is known.
    own = rows(database, "SELECT cpu_hourly_cost + memory_hourly_cost + gpu_hourly_cost, price_quality FROM price_book "
               f"WHERE node = '{node}'")
    assert own == [["1234567891", "override"]]
    others = set(database.value(f"SELECT price_quality FROM price_book WHERE node <> '{node}'").splitlines())
    assert others <= {"price-list"}
    assert int(database.value("SELECT count(*) FROM price_book")) == len(
        cluster.kubectl("get", "nodes", "-o", "name").splitlines())

    # A restart goes on with the hour, and what it had is not counted twice.
    callboard.stop()
    before = int(database.value("SELECT sum(cpu_cost) FROM cost_hourly"))
    callboard.start()
    callboard.wait_ready()
    eventually(lambda: int(database.value("SELECT sum(cpu_cost) FROM cost_hourly")) > before, what="a later write")
    hours = int(database.value(
        "SELECT max(n) FROM (SELECT count(*) n FROM cost_hourly GROUP BY workload_id, hour, source) r"))
    assert hours == 1
    assert int(database.value("SELECT count(*) FROM cost_hourly WHERE cpu_cost < 0 OR memory_cost < 0")) == 0


def test_a_volume_and_a_load_balancer_are_paid_for_by_who_has_them(make_callboard, cluster, namespace, database):
    make_callboard({"callboard": {"costs": {"interval": 1, "prices": {
        "storagePerGiBHour": 0.036, "loadBalancerPerHour": 0.36}}}})
    volume = {
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"{namespace}-data"},
        "spec": {"capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "",
                 "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/none"},
                 "claimRef": {"namespace": namespace, "name": "data"}}}
    claim = {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"namespace": namespace, "name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": f"{namespace}-data",
                 "resources": {"requests": {"storage": "4Gi"}}}}
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": "web"},
        "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]}}

    def row(name, column):
        return database.value(
            f"SELECT {column} FROM cost_hourly c JOIN workload w ON w.id = c.workload_id "
            f"WHERE w.namespace = '{namespace}' AND w.name = '{name}' ORDER BY hour DESC LIMIT 1")

    def per_second(name, column):
        amount, seconds = row(name, f"coalesce({column}, 0), covered_seconds").split("|")
        return int(amount) / int(seconds)

    try:
        cluster.apply(volume, claim, service)
        eventually(lambda: row("data", "storage_cost"), what="a claim that nobody mounts")
        eventually(lambda: row("service/web", "load_balancer_cost"), what="a load balancer that leads nowhere")
        assert abs(per_second("data", "storage_cost") - 4 * 10_000) <= 1
        assert abs(per_second("service/web", "load_balancer_cost") - 100_000) <= 1

        web = deployment(namespace, "web")
        pod = web["spec"]["template"]["spec"]
        pod["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
        cluster.apply(web)
        eventually(lambda: row("web", "storage_cost"), seconds=60, what="a workload that pays for its claim")
        eventually(lambda: row("web", "load_balancer_cost"), what="a workload that pays for its load balancer")
        seconds = row("data", "covered_seconds")
        eventually(lambda: int(row("web", "covered_seconds")) > 5, what="some time")
        assert row("data", "covered_seconds") == seconds, "nobody's time ends when a pod mounts the claim"
    finally:
        cluster.kubectl("-n", namespace, "delete", "deployment", "web", "--ignore-not-found")
        cluster.kubectl("-n", namespace, "delete", "pvc", "data", "--wait=false", "--ignore-not-found")
        cluster.kubectl("delete", "pv", f"{namespace}-data", "--wait=false", "--ignore-not-found")
