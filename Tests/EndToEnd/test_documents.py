"""What the documents say is what the program has."""

import re

from harness import REPOSITORY


def text(path):
    return (REPOSITORY / path).read_text()


def test_the_table_of_rooms_is_that_of_the_package():
    package = text("Package.swift")
    declared = {}
    for name, imports in re.findall(r'room\(\s*"(\w+)",\s*imports: \[([^\]]*)\]', package):
        declared[name] = set(re.findall(r'"(\w+)"', imports))
    controller = re.search(r'executableTarget\(\s*name: "Controller",\s*dependencies: \[([^\]]*)\]', package).group(1)
    declared["Controller"] = set(re.findall(r'"(\w+)"', controller))
    table = {}
    for name, imports in re.findall(r"^\| `(\w+)` \| [^|]* \| ([^|]*) \|$", text("docs/architecture.md"), re.MULTILINE):
        table[name] = {one.strip() for one in imports.split(",")}
    assert table == declared


def test_every_configuration_key_is_documented():
    known = re.search(r"knownKeys: Set<String> = \[(.*?)\n    \]", text("Sources/Controller/Configuration.swift"), re.DOTALL)
    document = text("docs/configuration.md")
    leaves = {"type", "token", "subject", "host", "port", "user", "password", "database", "sslmode", "target"}
    for key in re.findall(r'"([^"]+)"', known.group(1)):
        key = key.removesuffix(".*").removesuffix("[]")
        assert key in document or key.split(".")[-1] in leaves, f"{key} is not in docs/configuration.md"


def test_every_metric_is_documented():
    names = set()
    for file in (REPOSITORY / "Sources").rglob("*.swift"):
        names.update(re.findall(r'(?:counter|gauge|histogram)\(\s*"([a-z_]+)"', file.read_text()))
    document = text("docs/operations.md")
    assert len(names) >= 10
    for name in names:
        assert f"`{name}`" in document, f"{name} is not in docs/operations.md"


def test_every_route_is_documented():
    document = text("docs/api.md")
    routes = set()
    for file in (REPOSITORY / "Sources/API").glob("*Routes.swift"):
        routes.update(re.findall(r'Route\(\s*"([^"]+)"', file.read_text()))
    assert len(routes) >= 15
    for route in routes:
        shown = re.sub(r":(\w+)", r"{\1}", route)
        assert f" {shown}`" in document, f"{shown} is not in docs/api.md"
