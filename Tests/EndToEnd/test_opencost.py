"""What OpenCost allocates, joined to the catalog: beside the estimate, never added to it, and kept while OpenCost misbehaves."""

import datetime
import time

import pytest

from harness import component, config_map, deployment, eventually
from mcp_client import call
from opencost import OpenCost, allocation

TOKEN = "correct-horse-battery"


@pytest.fixture
def opencost():
    opencost = OpenCost()
    yield opencost
    opencost.close()


@pytest.fixture
def shop(cluster, namespace, opencost, make_callboard):
    """A component with one workload, which OpenCost knows in a cluster that it calls otherwise."""
    cluster.apply(
        deployment(namespace, "shop", cpu="250m"), config_map(namespace, "catalog", shop=component("shop", "app=shop")))
    opencost.rows = [
        allocation(namespace=namespace, controller="shop"),
        allocation(namespace=namespace, cpuCost=0.5, ramCost=0),
        allocation(namespace="", name="cluster-one/__idle__", cpuCost=2, ramCost=1, cpuCoreHours=None, ramByteHours=None),
    ]
    opencost.pods = [allocation(namespace=namespace, pod="nobody-knows", cpuCost=0.5, ramCost=0)]
    callboard = make_callboard({
        "opencost": {
            "url": opencost.url, "pathPrefix": "/model", "token": TOKEN, "timeout": "5s", "pollInterval": "1s",
            "clusters": {"cluster-one": "default"}},
        "callboard": {"costs": {"interval": 1, "rollUpInterval": 10, "primaryByCluster": {"default": "opencost"}},
                      "catalog": {"configMaps": {"namespaces": [namespace]}}}}).wait_ready()
    callboard.namespace = namespace
    eventually(lambda: callboard.workloads("component:default/shop")["totals"]["workloads"] == 1)
    eventually(lambda: source(callboard).get("dataThrough"), seconds=60)
    yield callboard
    assert TOKEN not in callboard.log()


def source(callboard):
    result = call(callboard, "2026-07-28", "callboard_get_cost_data_health", window="2d")
    assert not result.is_error, result.content[0].text
    return next((one for one in result.structured_content["sources"] if one["source"] == "opencost"), {})


def cost(callboard, **more):
    result = call(callboard, "2026-07-28", "callboard_get_cost", scope="namespace", name=callboard.namespace, **more)
    assert not result.is_error, result.content[0].text
    return result.structured_content


def test_opencost_stands_beside_the_estimate_and_is_what_counts_where_it_is_chosen(shop, opencost, database):
    path, query, headers = opencost.log[0]
    assert path == "/model/allocation/compute" and headers["Authorization"] == f"Bearer {TOKEN}"
    assert query["step"] == "1h" and query["window"].count("T") == 2

    rows = "SELECT count(DISTINCT c.hour) FROM cost_hourly c JOIN workload w ON w.id = c.workload_id WHERE c.source = 3 AND w."
    eventually(lambda: database.value(rows + "name = 'shop'") == "49", seconds=60)
    assert database.value(rows + "kind = '__idle__'") == "49"
    assert source(shop)["unmatched"] == 1

    # Yesterday: 24 hours of OpenCost and none of the estimate, which began today. Nobody owned the workload then.
    yesterday = eventually(lambda: found if (found := cost(shop, window="yesterday"))["actual"]["cost"]["total"] else None, seconds=60)
    assert yesterday["source"] == "opencost"
    assert yesterday["actual"]["cost"]["total"] == pytest.approx(24 * 0.00896 + 12, abs=1e-5)
    eventually(lambda: database.value(
        "SELECT count(DISTINCT c.source) FROM cost_hourly c JOIN workload w ON w.id = c.workload_id WHERE w.name = 'shop'") == "2")
    estimate = cost(shop, window="yesterday", source="estimate")
    assert estimate["source"] == "estimate" and estimate["actual"]["cost"]["total"] == 0
    idle = call(shop, "2026-07-28", "callboard_get_cost", category="idle", window="yesterday").structured_content
    assert idle["actual"]["cost"]["total"] == pytest.approx(72)
    nobody = call(shop, "2026-07-28", "callboard_get_cost", category="unallocated", window="yesterday").structured_content
    assert nobody["actual"]["cost"]["total"] == pytest.approx(12)


def test_hours_that_were_rounded_add_up_to_the_day(shop, database):
    if datetime.datetime.now(datetime.timezone.utc).hour < 3:
        pytest.skip("the day before is corrected three hours after midnight")
    # Each hour is 0.00106; the day 0.02544. Nothing is lost either way, to the nano-dollar.
    day = ("SELECT sum(memory_cost), count(*) FROM cost_hourly c JOIN workload w ON w.id = c.workload_id WHERE c.source = 3 "
           "AND w.name = 'shop' AND date_trunc('day', c.hour, 'UTC') = date_trunc('day', now(), 'UTC') - interval '1 day'")
    eventually(lambda: database.value(day) == "25440000|24")


@pytest.mark.parametrize("fault", [
    lambda handler: handler.send(400, b'{"code":400,"message":"invalid"}{"code":200,"data":[{}]}') or True,
    lambda handler: handler.send(200, b'{"code": 200, "data": [', length=1_000) or True,
    lambda handler: handler.send(200, {"code": 500, "message": "no Prometheus"}) or True,
    lambda handler: handler.send(200, {"code": 200, "data": None}) or True,
    lambda handler: handler.send(200, {"code": 200, "data": [{}, {}, {}]}) or True,
    lambda handler: time.sleep(7) or handler.send(200, {}) or True,
], ids=["400 and data", "truncated", "code", "null", "empty", "slow"])
def test_an_opencost_that_fails_empties_nothing_and_is_told(shop, opencost, database, fault):
    total = "SELECT sum(cpu_cost) FROM cost_hourly WHERE source = 3"
    eventually(lambda: database.value("SELECT count(DISTINCT hour) FROM cost_hourly WHERE source = 3") == "49", seconds=60)
    through, before = source(shop)["dataThrough"], database.value(total)
    opencost.fault = fault
    error = eventually(lambda: source(shop)["error"], seconds=60)
    assert "opencost" in error.lower() and TOKEN not in error
    assert source(shop)["dataThrough"] == through and database.value(total) == before
    opencost.fault = lambda handler: False
    eventually(lambda: source(shop)["error"] is None, seconds=30)
