"""A webhook is told of budgets and reports, at least once and with the same id, and its secrets are shown nowhere."""

import hashlib
import hmac
import http.server
import json
import signal
import socket
import subprocess
import threading

import pytest

from harness import component, config_map, deployment, eventually

KEY, WORD, TOKEN = "key-" + "k" * 20, "hook-path-plugh", "header-token-xyzzy"


class Receiver:
    """Takes notifications, and fails as a test says."""

    def __init__(self):
        self.got = []
        # What is answered before everything is taken: statuses, or None for a connection that is cut.
        self.faults = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fault = receiver.faults.pop(0) if receiver.faults else 204
                receiver.got.append((fault, self.path, dict(self.headers), body))
                if fault is None:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(fault)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/{WORD}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def bodies(self, type, fault=204):
        found = [json.loads(body) for status, _, _, body in self.got if status == fault]
        return [body for body in found if body.get("type") == type]


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def configuration(receiver, namespace):
    budget = {"scope": {"kind": "namespace", "ref": namespace}, "amount": 0.000001, "warnAt": [1]}
    target = {"name": "ops", "url": receiver.url, "secret": KEY, "headers": {"Authorization": f"Bearer {TOKEN}"},
              "events": ["budget", "report"], "report": {"schedule": "daily", "hour": 0}}
    slack = {"name": "chat", "url": receiver.url + "-slack", "format": "slack", "events": ["budget"]}
    return {"app": {"baseUrl": "https://portal.example.com"},
            "callboard": {"costs": {"interval": 1, "budgets": [budget], "rollUpInterval": 10},
                          "notifications": [target, slack],
                          "catalog": {"configMaps": {"namespaces": [namespace]}}}}


def log(callboard, **parameters):
    return callboard.get("/api/callboard/notifications", **parameters)["notifications"]


def test_a_webhook_is_told_and_told_again(make_callboard, cluster, namespace, receiver, database):
    cluster.apply(deployment(namespace, "till", cpu="250m", memory="512Mi"),
                  config_map(namespace, "catalog", till=component("till", "app=till")))
    receiver.faults = [500, None, 503, 429]
    callboard = make_callboard(configuration(receiver, namespace)).wait_ready()
    eventually(lambda: [one for one in log(callboard) if one["attempts"]], 60, "a first attempt")
    # A crash in the midst; what waits is in the database.
    callboard.stop(signal.SIGKILL)
    callboard.start()
    callboard.wait_ready()
    budget = eventually(lambda: receiver.bodies("budget"), 90, "the budget")[0]
    report = eventually(lambda: receiver.bodies("report"), 90, "the report")[0]
    assert budget["version"] == 1 and budget["currency"] == "USD" and budget["instance"] == "default"
    assert budget["data"]["level"] == 1 and budget["data"]["scope"] == {"kind": "namespace", "name": namespace}
    assert budget["data"]["spent"] > 0 and budget["title"].startswith("100 % of the budget")
    assert report["window"]["to"].endswith("T00:00:00Z") and report["data"]["cost"] == 0

    chat = eventually(lambda: [json.loads(body) for status, path, _, body in receiver.got
                               if status == 204 and path.endswith("-slack")], 90, "Slack's form")[0]
    assert set(chat) == {"text", "blocks"} and chat["text"] == budget["title"]

    for status, path, headers, body in receiver.got:
        if path == f"/{WORD}":
            signed = headers["X-Callboard-Timestamp"].encode() + b"." + body
            assert headers["X-Callboard-Signature"] == "sha256=" + hmac.new(
                KEY.encode(), signed, hashlib.sha256).hexdigest()
            assert headers["Authorization"] == f"Bearer {TOKEN}"
            assert headers["X-Callboard-Delivery"] == json.loads(body)["id"]
    # Each was taken, maybe twice because of the crash, and what was refused before was of the same ids.
    eventually(lambda: {one["state"] for one in log(callboard)} == {"delivered"}, 60, "all to be delivered")
    taken = {headers["X-Callboard-Delivery"] for status, _, headers, _ in receiver.got if status == 204}
    assert taken == {one["id"] for one in log(callboard)} and len(taken) == 3
    assert {headers["X-Callboard-Delivery"] for _, _, headers, _ in receiver.got} == taken
    assert {one["target"] for one in log(callboard)} == {"ops", "chat"}
    assert log(callboard, state="waiting") == []
    metrics = callboard.client.get("/metrics").text
    assert 'callboard_notifications_waiting{target="ops"} 0' in metrics
    dump = subprocess.run(["pg_dump", database.url], capture_output=True, text=True, timeout=60, check=True).stdout
    for secret in (KEY, WORD, TOKEN):
        assert secret not in callboard.log() and secret not in json.dumps(log(callboard)) and secret not in metrics
        assert secret not in dump


def test_what_is_refused_is_given_up_and_shown(make_callboard, cluster, namespace, receiver):
    cluster.apply(deployment(namespace, "till", cpu="250m", memory="512Mi"))
    receiver.faults = [302, 400]
    settings = configuration(receiver, namespace)
    settings["callboard"]["notifications"] = settings["callboard"]["notifications"][:1]
    callboard = make_callboard(settings).wait_ready()
    eventually(lambda: len(log(callboard, state="given-up")) == 2, 90, "both to be given up")
    assert {one["status"] for one in log(callboard)} == {302, 400}
    assert {one["attempts"] for one in log(callboard)} == {1}
    assert "a notification was given up" in callboard.log() and WORD not in callboard.log()
