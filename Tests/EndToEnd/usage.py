"""Who tells Callboard what pods use: a server of metrics.k8s.io behind the API server's aggregation layer, and a real
Prometheus with a history that promtool makes."""

import contextlib
import datetime
import http.server
import json
import shutil
import ssl
import subprocess
import threading
import time

import httpx

from harness import eventually, free_port

GROUP = "/apis/metrics.k8s.io/v1beta1"


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class MetricsServer:
    """Serves `metrics.k8s.io/v1beta1` over TLS. `usage` maps (namespace, pod) to {container: (cpu, memory)}."""

    def __init__(self, folder):
        self.usage = {}
        self.requests = []
        self.page_size = 0
        key, certificate = folder / "metrics.key", folder / "metrics.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "1",
             "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = json.dumps(outer.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path):
        if not path.startswith(GROUP + "/pods"):
            resource = {"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics", "verbs": ["get", "list"]}
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "metrics.k8s.io/v1beta1",
                    "resources": [resource]}
        self.requests.append(path)
        items = [{
            "metadata": {"name": pod, "namespace": namespace}, "timestamp": now(), "window": "15s",
            "containers": [{"name": name, "usage": {"cpu": cpu, "memory": memory}}
                           for name, (cpu, memory) in containers.items()],
        } for (namespace, pod), containers in self.usage.items()]
        return {"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items}

    @contextlib.contextmanager
    def registered(self, cluster, namespace):
        """Behind the aggregation layer, as the whole cluster sees it."""
        service = {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "metrics", "namespace": namespace},
            "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": self.port}]}}
        registration = {
            "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1beta1.metrics.k8s.io"},
            "spec": {"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
                     "insecureSkipTLSVerify": True,
                     "service": {"name": "metrics", "namespace": namespace, "port": self.port}}}
        try:
            cluster.apply(service, registration)
            eventually(lambda: "PodMetricsList" in cluster.kubectl("get", "--raw", GROUP + "/pods", check=False), 30,
                       "the aggregation layer")
            yield self
        finally:
            # While it is registered and nobody answers, no namespace of the cluster can be deleted.
            cluster.kubectl("delete", "apiservice", "v1beta1.metrics.k8s.io", "--ignore-not-found")

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Exporter:
    """What a kubelet's cAdvisor exposes, for these containers: {(namespace, pod, container): (cores, bytes)}; and what OpenCost
    says that nodes cost: {node: price of the whole node}."""

    def __init__(self):
        self.usage = {}
        self.prices = {}
        self.began = time.time()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = outer.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def text(self):
        lines = ["# TYPE container_cpu_usage_seconds_total counter", "# TYPE container_memory_working_set_bytes gauge"]
        for labels, (cores, size) in self.usage.items():
            # A large number stands for what it had before; the pod's own series beside it must not be counted.
            lines.append(f"{CPU}{{{series(labels)}}} {1e6 + cores * (time.time() - self.began)}")
            lines.append(f"{MEMORY}{{{series(labels)}}} {size}")
            lines.append(f"{MEMORY}{{{series((labels[0], labels[1], ''))}}} {9 * size}")
        for node, price in self.prices.items():
            labels = f'instance="{node}",node="{node}",provider_id="p-{node}"'
            lines += [f"node_total_hourly_cost{{{labels}}} {price}", f"node_cpu_hourly_cost{{{labels}}} 0"]
        return "\n".join(lines) + "\n"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


CPU, MEMORY = "container_cpu_usage_seconds_total", "container_memory_working_set_bytes"


def series(labels):
    namespace, pod, container = labels
    return f'container="{container}",namespace="{namespace}",pod="{pod}"'


class Prometheus:
    """A Prometheus that scrapes an exporter each second, after a past that is given to it."""

    def __init__(self, folder, exporter):
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "kubelet", "honor_labels": True,
                                "static_configs": [{"targets": [f"127.0.0.1:{exporter.port}"]}]}]}))
        self.process = None

    def remember(self, usage, days, step=30):
        """Writes blocks in which the containers used this all the time, until a moment ago."""
        assert shutil.which("promtool"), "promtool is missing: scripts/install-packages.sh test"
        end = int(time.time()) - 60
        begin = end - days * 86_400
        lines = []
        for metric, value in ((CPU, lambda at, one: one[0] * (at - begin)), (MEMORY, lambda at, one: one[1])):
            lines.append(f"# TYPE {metric.removesuffix('_total')} {'counter' if metric == CPU else 'gauge'}")
            for labels, one in usage.items():
                lines += [f"{metric}{{{series(labels)}}} {value(at, one)} {at}" for at in range(begin, end, step)]
        self._make_blocks(lines)

    def remember_state(self, series, begin, end, step=60):
        """Writes blocks in which these series, {metric: {labels: value}}, stayed the same."""
        lines = []
        for metric, all_labels in series.items():
            lines.append(f"# TYPE {metric} gauge")
            for labels, value in all_labels.items():
                text = ",".join(f'{name}="{text}"' for name, text in labels)
                lines += [f"{metric}{{{text}}} {value} {at}" for at in range(begin, end, step)]
        self._make_blocks(lines)

    def _make_blocks(self, lines):
        path = self.folder / "past.txt"
        path.write_text("\n".join(lines) + "\n# EOF\n")
        made = subprocess.run(
            ["promtool", "tsdb", "create-blocks-from", "openmetrics", path, self.data], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr

    def start(self):
        with (self.folder / "prometheus.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["prometheus", "--config.file", self.folder / "prometheus.yml", "--storage.tsdb.path", self.data,
                 "--storage.tsdb.retention.time", "40d", "--web.listen-address", f"127.0.0.1:{self.port}"],
                stdout=log, stderr=log)
        eventually(lambda: httpx.get(self.url + "/-/ready").status_code == 200, 30, "Prometheus")
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=20)
