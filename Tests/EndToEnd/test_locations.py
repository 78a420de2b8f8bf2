"""Locations that are registered over REST, and what is asked of the leader, through any replica."""

import hashlib

from harness import eventually

TARGET = "https://example.com/org/repo/blob/main/catalog-info.yaml"
NAME = "generated-" + hashlib.sha1(f"url:{TARGET}".encode()).hexdigest()
ENTITY = f"/api/catalog/entities/by-name/location/default/{NAME}"


def uid(callboard):
    response = callboard.client.get(ENTITY)
    return response.json()["metadata"]["uid"] if response.status_code == 200 else None


def test_every_replica_takes_what_the_leader_does(make_callboard, database, namespace):
    election = {"callboard": {"costs": {"interval": 1}, "leaderElection": {"enabled": True, "namespace": namespace}}}
    replicas = [make_callboard(election, name=name) for name in ("one", "two")]
    for replica in replicas:
        replica.wait_ready()
    for registering, other in (replicas, replicas[::-1]):
        created = registering.client.post("/api/catalog/locations", json={"type": "url", "target": TARGET})
        assert created.status_code == 201, created.text
        location = created.json()["location"]
        assert location["entityRef"] == f"location:default/{NAME}"
        eventually(lambda: uid(other) is not None)
        first = uid(other)
        assert registering.client.delete(f"/api/catalog/entities/by-uid/{first}").status_code == 204
        eventually(lambda: uid(other) not in (None, first))
        assert registering.client.post("/api/catalog/refresh", json={"entityRef": location["entityRef"]}).text == ""
        eventually(lambda: database.value("SELECT count(*) FROM callboard.catalog_request") == "0")
        assert registering.client.delete(f"/api/catalog/locations/{location['id']}").status_code == 204
        eventually(lambda: uid(other) is None)


def test_in_read_only_mode_nothing_is_registered(make_callboard):
    callboard = make_callboard({"catalog": {"readonly": True}}).wait_ready()
    refused = callboard.client.post("/api/catalog/locations", json={"type": "url", "target": TARGET})
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "This operation not allowed in readonly mode"
    assert callboard.get("/api/catalog/locations") == []
