"""The surroundings of the end-to-end tests: `make test` starts a cluster and a database and says in the environment
where they are; each test that needs one gets a Callboard of its own with a database of its own."""

import secrets

import pytest

from harness import Callboard, Cluster, Database


@pytest.fixture(scope="session")
def cluster():
    return Cluster()


@pytest.fixture
def namespace(cluster):
    """A Kubernetes namespace of its own."""
    name = "e2e-" + secrets.token_hex(4)
    cluster.kubectl("create", "namespace", name)
    yield name
    # A namespace goes some seconds after it was deleted. The next test must not find what this one defined in its own
    # entities and selectors.
    cluster.kubectl("-n", name, "delete", "configmaps,deployments,pods", "--all", "--grace-period=0", "--force")
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def database():
    database = Database()
    yield database
    database.drop()


@pytest.fixture
def make_callboard(tmp_path, cluster, database):
    """Starts Callboards; all are stopped at the end, and none may have crashed."""
    started = []

    def make(configuration=None, kubeconfig=None, database_url=None, name="callboard", arguments=()):
        folder = tmp_path / name
        folder.mkdir()
        callboard = Callboard(
            folder, kubeconfig or cluster.kubeconfig, database_url or database.url, configuration, arguments)
        started.append(callboard)
        return callboard

    yield make
    for callboard in started:
        assert callboard.stop() in (0, 78, 1), f"Callboard crashed: {callboard.log()[-3000:]}"


@pytest.fixture
def callboard(make_callboard):
    return make_callboard().wait_ready()
