"""Which kinds may come from where, what Location entities lead to, placeholders, orphans: as the running program does it."""

import yaml

from harness import component, config_map, eventually

SYSTEM = {
    "apiVersion": "backstage.io/v1alpha1", "kind": "System", "metadata": {"name": "shop"},
    "spec": {"owner": "group:default/shop"}}


def documents(*entities):
    return "---\n".join(yaml.safe_dump(entity) for entity in entities)


def location(name, *targets):
    return {
        "apiVersion": "backstage.io/v1alpha1", "kind": "Location", "metadata": {"name": name},
        "spec": {"targets": list(targets)}}


def problems(callboard):
    sources = callboard.get("/api/callboard/sources")["sources"]
    return {(one["code"], one["entityRef"]): one["message"] for source in sources for one in source["problems"]}


def metric(callboard, series):
    lines = callboard.client.get("/metrics").text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(series + " ")), None)


def test_a_catalog_of_files_leads_to_others_and_says_what_it_may_not(make_callboard, tmp_path):
    catalog = tmp_path / "catalog"
    (catalog / "entities").mkdir(parents=True)
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    followed = catalog / "entities" / "more.txt"
    told = component("told", "app=told")
    told["spec"]["type"] = {"$text": "./type.txt"}
    (catalog / "entities" / "type.txt").write_text("service")
    leaking = component("leaking", "app=leaking")
    leaking["spec"]["type"] = {"$text": str(outside)}
    followed.write_text(documents(told, SYSTEM))
    (catalog / "all.yaml").write_text(documents(location("all", "./entities/more.txt", "../outside.txt"), leaking))
    callboard = make_callboard({"catalog": {
        "locations": [{"type": "file", "target": str(catalog)}], "processingInterval": 1}}).wait_ready()

    entity = eventually(lambda: callboard.entity("component:default/told"))
    assert entity["spec"]["type"] == "service"
    annotations = entity["metadata"]["annotations"]
    assert annotations["backstage.io/managed-by-location"] == f"file:{followed}"
    assert annotations["backstage.io/managed-by-origin-location"] == f"file:{catalog}/all.yaml"
    found = problems(callboard)
    assert "catalog.rules allow Component, API, Location there" in found["not_allowed", "system:default/shop"]
    assert "may not be read" in found["placeholder", "component:default/leaking"]
    assert "may not be read" in found["unreadable", None]
    assert "secret" not in callboard.log()
    status = callboard.get("/api/catalog/entities/by-name/location/default/all")["status"]["items"]
    assert any("may not be read" in item["message"] for item in status)
    assert any("not of an allowed kind" in item["message"] for item in status)
    eventually(lambda: metric(callboard, 'callboard_catalog_problems{code="not_allowed"}') == 1)

    # Gone from the followed file, and then no longer named at all.
    followed.write_text(documents(told))
    eventually(lambda: ("not_allowed", "system:default/shop") not in problems(callboard))
    (catalog / "all.yaml").write_text(documents(location("all")))
    path = "/api/catalog/entities/by-name/component/default/told"
    eventually(lambda: callboard.status(path) == 404)
    assert callboard.status("/api/catalog/entities/by-name/location/default/all") == 200


def test_config_maps_of_other_namespaces_may_not_hold_every_kind(make_callboard, cluster, namespace):
    callboard = make_callboard({"catalog": {"orphanStrategy": "keep"}}).wait_ready()
    cluster.apply(config_map(namespace, "kinds", a=component("allowed"), b=SYSTEM))
    eventually(lambda: ("not_allowed", "system:default/shop") in problems(callboard))
    eventually(lambda: callboard.entity("component:default/allowed"))
    assert callboard.status("/api/catalog/entities/by-name/system/default/shop") == 404

    cluster.kubectl("-n", namespace, "delete", "configmap", "kinds")
    eventually(lambda: callboard.entity("component:default/allowed")["metadata"]["annotations"].get(
        "backstage.io/orphan") == "true")
    eventually(lambda: metric(callboard, "callboard_catalog_orphans") >= 1)
