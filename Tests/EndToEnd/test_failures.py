"""What goes wrong around Callboard loses nothing that is stored, ends no process, and leaves a clear message."""

import http.server
import signal
import subprocess
import threading

import httpx
import pytest

from harness import FaultProxy, component, config_map, deployment, environment, eventually


def sources(callboard):
    return {source["type"]: source for source in callboard.get("/api/callboard/sources")["sources"]}


def problems(callboard, namespace):
    """Of the ConfigMaps in this test's own namespace."""
    return [one for one in sources(callboard)["configmap"]["problems"]
            if one["location"].startswith(f"configmap:default/{namespace}/")]


BAD_DOCUMENTS = {
    "broken": ("kind: Component\n  metadata: [", "mapping values are not allowed"),
    "unknown": ({**component("unknown"), "kind": "Gadget"}, "No processor recognized"),
    "wrong": ({**component("wrong"), "metadata": {"name": "not a name"}}, '"metadata.name" is not valid'),
    "lacking": ({**component("lacking"), "spec": {"type": "service"}}, "owner"),
}


@pytest.mark.parametrize("case", BAD_DOCUMENTS)
def test_a_bad_document_is_reported_and_the_others_are_used(callboard, cluster, namespace, case):
    document, message = BAD_DOCUMENTS[case]
    cluster.apply(config_map(namespace, "catalog", **{case: document}, good=component("good-" + case)))
    eventually(lambda: callboard.entity(f"component:default/good-{case}"))
    [problem] = eventually(lambda: [one for one in problems(callboard, namespace) if message in one["message"]])
    assert problem["location"] == f"configmap:default/{namespace}/catalog/{case}.yaml" and problem["line"] >= 1


def test_a_document_that_becomes_bad_keeps_its_entity_with_a_remark(callboard, cluster, namespace):
    cluster.apply(config_map(namespace, "catalog", a=component("keeper")))
    before = eventually(lambda: callboard.entity("component:default/keeper"))
    cluster.apply(config_map(namespace, "catalog", a="kind: ["))
    after = eventually(lambda: (found := callboard.entity("component:default/keeper")).get("status") and found)
    assert after["spec"] == before["spec"] and after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["items"][0]["level"] == "error"

    cluster.apply(config_map(namespace, "catalog", a=component("keeper")))
    eventually(lambda: "status" not in callboard.entity("component:default/keeper"))
    assert problems(callboard, namespace) == []


def test_of_two_definitions_the_first_is_used_until_it_goes(callboard, cluster, namespace):
    cluster.apply(config_map(namespace, "first", a=component("twin", owner="group:default/first")))
    eventually(lambda: callboard.entity("component:default/twin"))
    cluster.apply(config_map(namespace, "second", a=component("twin", owner="group:default/second")))
    [problem] = eventually(lambda: problems(callboard, namespace))
    assert f"already defined at configmap:default/{namespace}/first/a.yaml" in problem["message"]
    assert callboard.entity("component:default/twin")["spec"]["owner"] == "group:default/first"

    cluster.kubectl("-n", namespace, "delete", "configmap", "first")
    eventually(lambda: callboard.entity("component:default/twin")["spec"]["owner"] == "group:default/second")
    eventually(lambda: problems(callboard, namespace) == [])


@pytest.mark.parametrize("selector", ["app in (", "app='quoted'", "a==b==c"])
def test_an_unparsable_selector_matches_nothing_and_says_so(callboard, cluster, namespace, selector):
    cluster.apply(deployment(namespace, "app"), config_map(namespace, "catalog", a=component("odd", selector)))
    entity = eventually(lambda: (found := callboard.entity("component:default/odd")).get("status") and found)
    assert "matches no workload" in entity["status"]["items"][0]["message"]
    answer = callboard.workloads("component:default/odd")
    assert answer["workloads"] == [] and answer["selector"]["problem"]


def test_a_selector_that_matches_nothing_or_hardly_anything_less_says_so(callboard, cluster, namespace):
    cluster.apply(config_map(namespace, "catalog", a=component("ghost", "app=helo"), b=component("broad", "!zz")))
    entity = eventually(lambda: (found := callboard.entity("component:default/broad")).get("status") and found)
    assert entity["status"]["items"][0]["level"] == "warning"
    assert "negative terms" in entity["status"]["items"][0]["message"]
    ghost = eventually(lambda: callboard.workloads("component:default/ghost"))
    assert ghost["selector"]["problem"] == "no workload matches this selector now"


def test_wrong_tokens_and_malformed_bodies_are_refused_clearly(callboard):
    path = "/api/catalog/entities"
    for headers, expected in [
        ({}, "Missing credentials"), ({"Authorization": "Bearer nonsense-token"}, "not valid"),
        ({"Authorization": f"Basic {callboard.token}"}, "not valid"),
    ]:
        response = httpx.get(callboard.url + path, headers=headers)
        assert response.status_code == 401 and expected in response.json()["error"]["message"]
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert httpx.get(callboard.url + path, params={"token": callboard.token}).status_code == 401

    response = callboard.client.get("/api/catalog/entities/by-query", params={"limit": "many"})
    assert response.status_code == 400 and "limit" in response.json()["error"]["message"]
    response = callboard.client.get("/api/catalog/entities/by-query", params={"cursor": "%%%"})
    assert response.status_code == 400 and response.json()["error"]["message"].startswith("Malformed cursor")
    response = callboard.client.get(path, params={"filter": "=x"})
    assert response.status_code == 400 and "Invalid filter" in response.json()["error"]["message"]

    mcp = "/api/mcp-actions/v1"
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    for body, code in [(b"{", -32700), (b"\xff\xfe", -32700), (b"[]", -32600), (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600)]:
        response = callboard.client.post(mcp, content=body, headers=headers)
        assert response.status_code == 400 and response.json()["error"]["code"] == code
    assert callboard.client.post(mcp, content=b"x" * (5 << 20), headers=headers).status_code == 413
    assert callboard.is_alive() and callboard.status("/readyz") == 200


def test_objects_that_vanish_while_nobody_watches_are_noticed(make_callboard, cluster, namespace, tmp_path):
    proxy = FaultProxy((cluster.server.hostname, cluster.server.port))
    kubeconfig = cluster.kubeconfig_with(tmp_path, server=f"https://127.0.0.1:{proxy.port}")
    callboard = make_callboard(kubeconfig=kubeconfig).wait_ready()
    cluster.apply(deployment(namespace, "stays"), deployment(namespace, "goes"),
                  config_map(namespace, "goes", a=component("goes", "app=goes")),
                  config_map(namespace, "stays", a=component("stays", "app=stays")))
    for name in ("stays", "goes"):
        eventually(lambda: callboard.workloads(f"component:default/{name}")["totals"]["owned"] == 1)

    proxy.refuse()
    cluster.kubectl("-n", namespace, "delete", "deployment/goes", "configmap/goes")
    cluster.apply(deployment(namespace, "comes", labels={"app": "stays"}))
    # What was known stays, and its staleness is visible.
    eventually(lambda: callboard.workloads("component:default/goes")["clusters"][0]["error"])
    assert callboard.workloads("component:default/goes")["totals"]["owned"] == 1
    assert callboard.status("/livez") == 200
    eventually(lambda: sources(callboard)["configmap"]["state"] == "failing")

    proxy.accept_again()
    eventually(lambda: callboard.status("/api/catalog/entities/by-name/component/default/goes") == 404, seconds=60)
    eventually(lambda: callboard.workloads("component:default/stays")["totals"]["owned"] == 2, seconds=60)
    orphans = callboard.get("/api/callboard/orphans", namespace=namespace)
    assert orphans["totals"]["workloads"] == 0
    eventually(lambda: callboard.workloads("component:default/stays")["clusters"][0]["error"] is None, seconds=60)
    proxy.close()


def test_a_watch_that_is_cut_again_and_again_loses_nothing(make_callboard, cluster, namespace, tmp_path):
    proxy = FaultProxy((cluster.server.hostname, cluster.server.port))
    kubeconfig = cluster.kubeconfig_with(tmp_path, server=f"https://127.0.0.1:{proxy.port}")
    callboard = make_callboard(kubeconfig=kubeconfig).wait_ready()
    cluster.apply(config_map(namespace, "catalog", a=component("many", "app=many")))
    for number in range(10):
        cluster.apply(deployment(namespace, f"many-{number}", labels={"app": "many"}))
        proxy.cut()
    eventually(lambda: callboard.workloads("component:default/many")["totals"]["owned"] == 10, seconds=60)
    eventually(lambda: callboard.workloads("component:default/many")["totals"]["pods"] == 10, seconds=60)
    proxy.close()


def test_a_restart_of_the_api_server_is_survived(callboard, cluster, namespace):
    cluster.apply(deployment(namespace, "before"), config_map(namespace, "c", a=component("survivor", "team=x")))
    eventually(lambda: callboard.entity("component:default/survivor"))
    cluster.restart_api_server()
    cluster.apply(deployment(namespace, "after", labels={"team": "x"}))
    eventually(lambda: callboard.workloads("component:default/survivor")["totals"]["owned"] == 1, seconds=90)
    assert callboard.entity("component:default/survivor") and callboard.is_alive()


def test_a_restart_of_the_database_is_survived(callboard, cluster, namespace, database):
    cluster.apply(config_map(namespace, "c", a=component("persistent", "app=persistent")))
    before = eventually(lambda: callboard.entity("component:default/persistent"))
    database.restart_server()
    cluster.apply(deployment(namespace, "persistent"))
    eventually(lambda: callboard.workloads("component:default/persistent")["totals"]["owned"] == 1, seconds=60)
    assert callboard.entity("component:default/persistent") == before and callboard.is_alive()


def test_a_server_that_has_none_of_our_kinds_is_not_our_cluster(make_callboard, cluster, namespace, database, tmp_path):
    cluster.apply(deployment(namespace, "kept"), config_map(namespace, "c", a=component("kept", "app=kept")))
    callboard = make_callboard().wait_ready()
    eventually(lambda: callboard.workloads("component:default/kept")["totals"]["owned"] == 1)
    callboard.stop()

    class NotFound(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(404)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), NotFound) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        kubeconfig = cluster.kubeconfig_with(tmp_path, server=f"http://127.0.0.1:{server.server_port}")
        lost = make_callboard(kubeconfig=kubeconfig, name="lost")
        eventually(lambda: "the server does not have this kind" in lost.client.get("/readyz").text)
        eventually(lambda: lost.workloads("component:default/kept")["clusters"][0]["error"])
        assert lost.status("/readyz") == 503
        assert lost.workloads("component:default/kept")["totals"]["owned"] == 1
        lost.stop()
        server.shutdown()
    assert database.value("SELECT deleted_at IS NULL FROM workload WHERE name = 'kept'") == "t"


def test_a_cluster_that_is_called_otherwise_is_not_counted_twice(make_callboard, cluster, namespace):
    cluster.apply(deployment(namespace, "once"), config_map(namespace, "c", a=component("once", "app=once")))
    settings = {"kubernetes": {"clusterName": "before"}, "costs": {"interval": 1}}
    callboard = make_callboard({"callboard": settings}).wait_ready()
    eventually(lambda: callboard.workloads("component:default/once")["totals"]["pods"] == 1)
    callboard.stop()
    settings["kubernetes"]["clusterName"] = "after"
    callboard = make_callboard({"callboard": settings}, name="renamed").wait_ready()
    answer = eventually(lambda: (found := callboard.workloads("component:default/once"))["totals"]["owned"] and found)
    assert [one["cluster"] for one in answer["workloads"]] == ["after"]
    assert [one["name"] for one in answer["clusters"]] == ["after"]


def test_an_absurd_request_spoils_nobody_elses_figures(callboard, cluster, namespace):
    container = {"name": "main", "image": "registry.example/image:1",
                 "resources": {"requests": {"cpu": "9223372036854775", "memory": "7Ei"}}}
    cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "greedy", "namespace": namespace},
                   "spec": {"nodeName": "nowhere", "containers": [container]}})
    orphans = eventually(
        lambda: (found := callboard.get("/api/callboard/orphans", namespace=namespace))["workloads"] and found)
    assert 1_000_000 <= orphans["totals"]["hourlyCost"] <= 2_000_000


def test_a_killed_controller_goes_on_where_it_was(callboard, cluster, namespace, database):
    cluster.apply(deployment(namespace, "steady"), deployment(namespace, "doomed"),
                  config_map(namespace, "c", a=component("steady", "app=steady")))
    eventually(lambda: callboard.costs("component:default/steady")["actual"]["cost"]["total"] > 0)
    uid = callboard.entity("component:default/steady")["metadata"]["uid"]
    row = "SELECT e.id FROM entity_workload e WHERE e.entity_ref = 'component:default/steady' AND upper_inf(valid)"
    link = database.value(row)

    callboard.stop(signal.SIGKILL)
    cost = int(database.value("SELECT sum(cpu_cost) FROM cost_hourly"))
    cluster.kubectl("-n", namespace, "delete", "deployment", "doomed")
    callboard.start()
    callboard.wait_ready()
    assert callboard.entity("component:default/steady")["metadata"]["uid"] == uid
    assert database.value(row) == link, "the ownership did not end and begin anew"
    assert database.value("SELECT deleted_at IS NOT NULL FROM workload WHERE name = 'doomed'") == "t"
    eventually(lambda: int(database.value("SELECT sum(cpu_cost) FROM cost_hourly")) > cost)


def test_a_password_that_cannot_be_read_is_not_shown(make_callboard):
    callboard = make_callboard(database_url="postgresql://user:pa%zzsecret@127.0.0.1/name")
    assert callboard.process.wait(timeout=10) == 78
    assert "percent-encode" in callboard.log() and "zzsecret" not in callboard.log()


@pytest.mark.parametrize("configuration, message", [
    ({"backend": {"listen": "nowhere"}}, "backend.listen: expected an address"),
    ({"callboard": {"costs": {"prices": {"perCoreHour": "cheap"}}}}, "callboard.costs.prices.perCoreHour: expected a number"),
    ({"backend": {"listen": ":0", "auth": {"externalAccess": [{"type": "static", "options": {"subject": "x"}}]}}},
     "backend.auth.externalAccess[0].options.token: is missing"),
])
def test_a_wrong_configuration_stops_the_start_with_path_and_expectation(make_callboard, configuration, message):
    callboard = make_callboard(configuration)
    assert callboard.process.wait(timeout=10) == 78
    assert message in callboard.log() and "app-config.yaml:" in callboard.log()


def test_unknown_keys_are_warned_about_by_path(make_callboard):
    callboard = make_callboard({"callboard": {"costs": {"interval": 1, "intervall": 2}}}).wait_ready()
    assert "callboard.costs.intervall" in callboard.log()


def test_a_database_that_is_not_there_yet_is_waited_for(make_callboard, database):
    missing = database.url.replace("127.0.0.1", "127.0.0.2")
    callboard = make_callboard(database_url=missing)
    eventually(lambda: callboard.status("/livez") == 200)
    assert callboard.status("/readyz") == 503 and "[-]database" in callboard.client.get("/readyz").text
    response = callboard.client.get("/api/catalog/entities")
    assert response.status_code == 503 and response.json()["error"]["name"] == "ServiceUnavailableError"
    assert database.url.split(":")[2].split("@")[0] not in callboard.log(), "the password is in the log"


def test_the_command_line_explains_itself():
    binary = environment("CALLBOARD_TEST_BINARY")
    assert "Usage: callboard" in subprocess.run([binary, "help"], capture_output=True, text=True).stdout
    wrong = subprocess.run([binary, "--confg", "x"], capture_output=True, text=True)
    assert wrong.returncode == 64 and 'unknown argument "--confg"' in wrong.stderr
