"""What the end-to-end tests and the benchmarks work with: the cluster and the database of the run, Callboards, a proxy
that fails on command, and objects to apply."""

import contextlib
import json
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

import httpx
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def environment(name):
    value = os.environ.get(name)
    assert value, f"{name} is not set: run `make test`, which starts what the tests need"
    return value


def eventually(condition, seconds=20, what="the condition"):
    """Waits until the condition gives a true value and returns it; fails with the last error or value."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except (AssertionError, httpx.HTTPError, KeyError, IndexError, subprocess.CalledProcessError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}; last: {last!r}")
        time.sleep(0.05)


def free_port():
    """A port below the kernel's range for outgoing connections, so that none of them takes it before who wants to listen
    there, and below those that scripts/lib.sh gives out."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as candidate:
            candidate.bind(("127.0.0.1", secrets.choice(range(10_000, 15_000))))
            return candidate.getsockname()[1]


class Cluster:
    """The API server of the run, with its administrator's kubeconfig."""

    def __init__(self):
        self.kubeconfig = environment("CALLBOARD_TEST_KUBECONFIG")
        self.kubectl_binary = environment("CALLBOARD_TEST_KUBECTL")
        self.folder = environment("CALLBOARD_TEST_CLUSTER")

    def kubectl(self, *arguments, stdin=None, check=True):
        result = subprocess.run(
            [self.kubectl_binary, "--kubeconfig", self.kubeconfig, *arguments],
            input=stdin, capture_output=True, text=True, timeout=60)
        if check:
            assert result.returncode == 0, f"kubectl {arguments}: {result.stderr}"
        return result.stdout

    def apply(self, *objects):
        together = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "-f", "-", stdin=json.dumps(together))

    def restart_api_server(self):
        subprocess.run([REPOSITORY / "scripts/cluster.sh", "restart-apiserver", self.folder], check=True, timeout=120)

    @property
    def configuration(self):
        return yaml.safe_load(pathlib.Path(self.kubeconfig).read_text())

    @property
    def server(self):
        return urllib.parse.urlsplit(self.configuration["clusters"][0]["cluster"]["server"])

    def kubeconfig_with(self, folder, *, server=None, user=None):
        """A copy of the kubeconfig that goes elsewhere, or as somebody else."""
        configuration = self.configuration
        if server:
            configuration["clusters"][0]["cluster"]["server"] = server
        if user:
            configuration["users"][0]["user"] = user
        path = folder / "kubeconfig"
        path.write_text(yaml.safe_dump(configuration))
        return str(path)


class Database:
    """A database of its own on the server of the run."""

    def __init__(self):
        self.server = environment("CALLBOARD_TEST_DATABASE_URL")
        self.name = "e2e_" + secrets.token_hex(6)
        self._psql(self.server, f"CREATE DATABASE {self.name}")
        parts = urllib.parse.urlsplit(self.server)
        self.url = urllib.parse.urlunsplit(parts._replace(path="/" + self.name))

    @staticmethod
    def _psql(url, statement):
        result = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement],
            capture_output=True, text=True, timeout=30)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def value(self, statement):
        return self._psql(self.url, "SET search_path = callboard, public; " + statement)

    def drop(self):
        # Refused while a vacuum works there, which is the server's own and not ours to end.
        eventually(lambda: self._psql(self.server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)") == "")

    @staticmethod
    def restart_server():
        folder = environment("CALLBOARD_TEST_POSTGRES")
        subprocess.run([REPOSITORY / "scripts/postgres.sh", "restart", folder], check=True, timeout=120)


class Callboard:
    """The built program, running."""

    def __init__(self, folder, kubeconfig, database_url, configuration=None, arguments=()):
        self.folder = folder
        self.arguments = arguments
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = secrets.token_hex(16)
        self.log_path = folder / "callboard.log"
        self._environment = {
            "PATH": os.environ["PATH"], "KUBECONFIG": kubeconfig, "DATABASE_URL": database_url,
            "CALLBOARD_TOKEN": self.token,
        }
        settings = {
            "backend": {
                "listen": f"127.0.0.1:{self.port}",
                "auth": {"externalAccess": [
                    {"type": "static", "options": {"token": "${CALLBOARD_TOKEN}", "subject": "test"}}]},
            },
            "catalog": {"locations": []},
            "callboard": {"costs": {"interval": 1}},
        }
        for key, value in (configuration or {}).items():
            settings[key] = {**settings.get(key, {}), **value}
        # Its own address, which is known only now.
        text = yaml.safe_dump(settings).replace("CALLBOARD_URL", self.url)
        (folder / "app-config.yaml").write_text(text)
        self.client = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=20)
        self.process = None
        self.start()

    def start(self):
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [environment("CALLBOARD_TEST_BINARY"), "serve", "--config", "app-config.yaml", *self.arguments],
                cwd=self.folder, env=self._environment, stdout=log, stderr=log)

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_ready(self, seconds=30):
        def is_ready():
            assert self.process.poll() is None, f"Callboard ended: {self.log()[-2000:]}"
            return httpx.get(self.url + "/readyz", timeout=5).status_code == 200

        eventually(is_ready, seconds, "readiness")
        return self

    def get(self, path, **parameters):
        response = self.client.get(path, params=parameters)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
        return response.json()

    def status(self, path):
        return self.client.get(path).status_code

    def entity(self, ref):
        kind, rest = ref.split(":")
        namespace, name = rest.split("/")
        return self.get(f"/api/catalog/entities/by-name/{kind}/{namespace}/{name}")

    def workloads(self, ref):
        kind, rest = ref.split(":")
        return self.get(f"/api/callboard/entities/{kind}/{rest}/workloads")

    def costs(self, ref):
        kind, rest = ref.split(":")
        return self.get(f"/api/callboard/entities/{kind}/{rest}/costs", window="24h")

    def is_alive(self):
        return self.process.poll() is None


class FaultProxy:
    """A TCP proxy that fails on command, between Callboard and the API server."""

    def __init__(self, target):
        self.target = target
        self.is_refusing = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.is_refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(self.target, timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._pairs.append((client, server))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        """Breaks every connection, whatever is on its way."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def refuse(self):
        self.is_refusing = True
        self.cut()

    def accept_again(self):
        self.is_refusing = False

    def close(self):
        self._listener.close()
        self.cut()


def deployment(namespace, name, *, labels=None, replicas=1, cpu="500m", memory="1Gi"):
    labels = labels or {"app": name}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"instance": name}},
            "template": {
                "metadata": {"labels": {**labels, "instance": name}},
                "spec": {"containers": [{
                    "name": "main", "image": "registry.example/image:1",
                    "resources": {"requests": {"cpu": cpu, "memory": memory}},
                }]},
            },
        },
    }


def component(name, selector=None, owner="group:default/payments"):
    annotations = {"backstage.io/kubernetes-label-selector": selector} if selector else {}
    return {
        "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"type": "service", "lifecycle": "production", "owner": owner},
    }


def config_map(namespace, name, **files):
    return {
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": {"callboard.dev/catalog": "true"}},
        "data": {f"{key}.yaml": text if isinstance(text, str) else yaml.safe_dump(text)
                 for key, text in files.items()},
    }
