"""An OpenCost over HTTP: what it allocates hour by hour, and every misbehaviour on command."""

import datetime
import http.server
import json
import threading
import urllib.parse


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def shown(time):
    return time.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def allocation(cluster="cluster-one", namespace="prod", kind="deployment", controller=None, pod=None, name="x", **more):
    """An allocation without its times."""
    properties = {"cluster": cluster, "namespace": namespace}
    if controller:
        properties |= {"controllerKind": kind, "controller": controller}
    if pod:
        properties["pod"] = pod
    return {
        "name": name, "properties": properties, "minutes": 60, "cpuCoreHours": 0.25, "ramByteHours": 1 << 28, "cpuCost": 0.0079,
        "cpuCostAdjustment": 0, "ramCost": 0.00106, "gpuCost": None, "totalEfficiency": None, **more}


class OpenCost:
    """Kubecost's, when asked with the prefix /model."""

    def __init__(self):
        self.rows = []
        # Without a controller: what is told of them by pod.
        self.pods = []
        # Called with the handler; true: it has answered by itself.
        self.fault = lambda handler: False
        self.log = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, query):
        start, end = map(moment, query["window"].split(","))
        hours = int(query["step"].removesuffix("h"))
        step = datetime.timedelta(hours=hours)
        by_pod = query["aggregate"].endswith(",pod")
        maps = []
        while start < end:
            times = {"start": shown(start), "end": shown(start + step)}
            rows = self.pods if by_pod else self.rows
            maps.append({
                f"key/{number}": {**self.longer(row, hours), **times, "window": times} for number, row in enumerate(rows)})
            start += step
        return {"code": 200, "status": "success", "data": maps}

    @staticmethod
    def longer(row, hours):
        """Costs have five decimals, those of a day too."""
        fields = {"minutes", "cpuCoreHours", "ramByteHours"}
        grown = {key: value * hours for key, value in row.items() if key in fields and value}
        costs = {key: round(value * hours, 5) for key, value in row.items() if key.endswith("Cost") and value}
        return {**row, **grown, **costs}

    def _handler(self):
        opencost = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def send(self, status, body, length=None):
                if not isinstance(body, bytes):
                    body = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(length or len(body)))
                self.end_headers()
                self.wfile.write(body)
                if length:
                    self.close_connection = True

            def do_GET(self):
                parts = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(parts.query))
                opencost.log.append((parts.path, query, dict(self.headers)))
                if opencost.fault(self):
                    return
                if parts.path != "/model/allocation/compute":
                    return self.send(404, {"code": 404, "message": "not found"})
                self.send(200, opencost.answer(query))

        return Handler
