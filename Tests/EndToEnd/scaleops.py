"""A ScaleOps over HTTP: its login and the calls that its Backstage plugin makes, and every misbehaviour on command."""

import base64
import http.server
import json
import threading
import time
import urllib.parse

PASSWORD = "correct-horse-battery"


def jwt(seconds, number):
    """A token that says when it ends; characters that need encoding in a URL are among those of the signature."""
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    return f"{part({'alg': 'none'})}.{part({'exp': int(time.time() + seconds), 'n': number})}.sig+%/{number}=="


def workload(name, cluster="eu@1", namespace="prod", kind="Deployment", **more):
    return {
        "id": f"{cluster}/{namespace}/{name}", "clusterName": cluster, "namespace": namespace, "workloadName": name,
        "type": kind, "policyName": "high-availability", "auto": False, "cpuRequests": 1000, "memRequests": 1 << 30,
        "cpuRecommended": 250, "memRecommended": 1 << 29, "cpuDiff": 750, "memoryDiff": 1 << 29,
        "isUnderProvisioned": False, "isOverProvisioned": True, "savingsAvailable": 102.364, "activeSavings": 3.5,
        "overallAvailableSavings": 105.864, "overridden": False, "shouldBinPack": False, "hasGPU": False,
        "hasHpa": False, "rollingStrategyDetails": {"rolloutPolicyValue": "OnCreate"}, "priorityClassName": 0,
        "replicas": 3, "oomCountLast24h": 0, "oomLastTimestamp": "", "workloadErrors": None,
        "hpaStatusWarnings": None, "labels": {"app": name}, **more,
    }


class ScaleOps:
    def __init__(self):
        self.workloads = [
            workload("shop"),
            # Another letter case in the cost report, or no id at all.
            workload("cart", cluster="us"), workload("db", kind="StatefulSet", id=None),
            # What should have more costs money to mend.
            workload("starved", isUnderProvisioned=True, isOverProvisioned=False, savingsAvailable=-17.5),
            # Fields that are null or missing.
            {"clusterName": "us", "namespace": "prod", "workloadName": "bare", "type": "Job", "labels": {"app": "bare"},
             "cpuRequests": None, "policyName": None},
        ]
        self.policies = [{"apiVersion": "scaleops.sh/v1", "kind": "Policy", "metadata": {"name": "high-availability"},
                          "spec": {"headroom": 20}}]
        self.token_seconds = 3600
        self.clusters_down = set()
        # Called with the handler; true: it has answered by itself.
        self.fault = lambda handler: False
        self.logins = 0
        self.is_login_broken = False
        self.is_closed = False
        self.log = []
        self._good = set()
        self._lock = threading.Lock()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self.is_closed = True
        self._server.shutdown()
        self._server.server_close()

    def revoke(self):
        """Every token so far is of no use any more."""
        with self._lock:
            self._good.clear()

    @property
    def tokens(self):
        return set(self._good)

    def login(self, headers, body):
        with self._lock:
            self.logins += 1
            expected = {"username": "robot", "password": PASSWORD}
            if headers.get("Cookie") != "auth_state=TOKEN" or json.loads(body) != expected or self.is_login_broken:
                return 401, {}, {"error": f"wrong password {PASSWORD}"}
            token = jwt(self.token_seconds, self.logins)
            self._good.add(token)
        return 302, {"Location": f"{self.url}/?token={urllib.parse.quote(token, safe='')}"}, b""

    def is_known(self, headers):
        with self._lock:
            return (headers.get("Authorization") or "").removeprefix("Bearer ") in self._good

    def answer(self, method, path, query, headers, body):
        cluster = headers.get("X-Scaleops-Cluster")
        if cluster in self.clusters_down:
            return 503, {}, {"error": f"the agent of {cluster} does not answer"}
        match method, path:
            case "POST", "/api/v1/dashboard/byNamespace":
                wanted = dict(label.split("=", 1) for label in json.loads(body).get("label") or [])
                found = [one for one in self.workloads if wanted.items() <= one["labels"].items()]
                return 200, {}, {"workloads": found or None}
            case "POST", "/detailedCostReport/getWorkloads":
                asked = json.loads(body)
                hours = {"7d": 168, "30d": 720, "90d": 2160}[query.get("range", "7d")]
                rows = [self.cost(one, hours) for one in self.workloads
                        if one["clusterName"] in asked["clusterFilters"] and one["type"] in asked["workloadTypes"]]
                return 200, {}, {"aggregatedWorkloads": rows}
            case "GET", "/api/v1/networkCost/networkCostEnabled":
                return 200, {}, {"networkCostEnabled": {"eu@1": True, "us": False}}
            case "GET", "/api/v1/workload-network":
                flow = {"total": 10, "egress": 6, "ingress": 4}
                return 200, {}, {"destinations": [
                    {"Name": "dns", "Namespace": "kube-system", "WorkloadType": "daemonset", "replicas": 2,
                     "totalCost": flow, "totalTraffic": flow, "echo": query}]}
            case "GET", "/api/v1/policies":
                return 200, {"ETag": '"p1"', "Set-Cookie": "session=1"}, {"policies": self.policies}
            case "DELETE", "/api/v1/policies/high-availability":
                self.policies = []
                return 204, {}, b""
            case "GET", "/detailedCostReport/export":
                return 200, {"Content-Type": "text/csv"}, b"workload,cost\nshop,1\n"
        return 404, {}, {"error": "not found"}

    @staticmethod
    def cost(one, hours):
        name = one.get("id")
        return {"id": name and name.upper(), "workloadName": one["workloadName"], "totalCost": 0.2 * hours,
                "hourlyCost": 0, "spotPercent": 0, "onDemandPercent": 100, "spotHours": 0, "onDemandHours": 3 * hours,
                "savingsAvailable": 23.826}

    def _handler(self):
        scaleops = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def respond(self):
                if scaleops.is_closed:
                    self.close_connection = True
                    return
                parts = urllib.parse.urlsplit(self.path)
                self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if parts.path == "/auth/callback":
                    self.send(*scaleops.login(self.headers, self.body))
                    return
                scaleops.log.append((self.command, self.path, dict(self.headers), self.body))
                if scaleops.fault(self):
                    return
                if not scaleops.is_known(self.headers):
                    self.send(401, {}, {"error": "token is expired"})
                    return
                query = dict(urllib.parse.parse_qsl(parts.query))
                self.send(*scaleops.answer(self.command, parts.path, query, self.headers, self.body))

            def send(self, status, headers, body, *, length=None):
                """Sends an answer; a length other than the body's cuts it off."""
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(length or len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)
                if length:
                    self.close_connection = True

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = respond

            def log_message(self, *_):
                pass

        return Handler
