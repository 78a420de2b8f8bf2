"""What the documents say is what the program has."""

import re

import pytest
import yaml

from harness import REPOSITORY

DOCUMENTS = ["README.md"] + sorted(f"docs/{path.name}" for path in (REPOSITORY / "docs").glob("*.md"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


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
    known = re.search(r"knownKeys: Set<String> = \[(.*?)\n    \]", text("Sources/Controller/Configuration+KnownKeys.swift"), re.DOTALL)
    document = text("docs/configuration.md")
    leaves = {"type", "token", "subject", "host", "port", "user", "password", "database", "sslmode", "target"}
    for key in re.findall(r'"([^"]+)"', known.group(1)):
        key = key.removesuffix(".*").removesuffix("[]")
        parent, _, leaf = key.rpartition(".")
        # What the elements of a list have is told where the list is.
        is_told_with_its_list = "[]" in parent and f"`{leaf}`" in document
        assert key in document or leaf in leaves or is_told_with_its_list, f"{key} is not in docs/configuration.md"


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
    for file in (REPOSITORY / "Sources/API").rglob("*Routes.swift"):
        routes.update(re.findall(r'Route\(\s*"([^"]+)"', file.read_text()))
    assert len(routes) >= 15
    for route in routes:
        shown = re.sub(r":(\w+)", r"{\1}", route)
        assert f" {shown}`" in document, f"{shown} is not in docs/api.md"


def anchors(document):
    """The anchors that GitHub gives the headings of a Markdown text: repeated ones are numbered."""
    seen = {}
    for heading in re.findall(r"^#{1,6} +(.+?) *$", FENCE.sub("", document), re.MULTILINE):
        shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        count = seen.get(anchor, 0)
        seen[anchor] = count + 1
        yield f"{anchor}-{count}" if count else anchor


def broken_links(path):
    document = text(path)
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", document)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (REPOSITORY / path).parent / name if name else REPOSITORY / path
        is_there = target.exists() and (not anchor or anchor in anchors(target.read_text()))
        if not is_there:
            yield link


def test_anchors_are_those_of_github():
    document = "# A `b/c`, d's [e-f](g.md)\n```sh\n# no heading\n```\n## Over_all 2\n## Over_all 2\n"
    assert list(anchors(document)) == ["a-bc-ds-e-f", "over_all-2", "over_all-2-1"]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_link_leads_somewhere(path):
    assert list(broken_links(path)) == []


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_fence_that_is_opened_is_closed(path):
    lines = FENCE.sub("", text(path)).splitlines()
    assert [line for line in lines if line.lstrip().startswith("```")] == []


@pytest.mark.parametrize("path", DOCUMENTS)
def test_no_part_of_an_example_stands_outside_its_fence(path):
    assert re.findall(r"^ {4,}\S.*", FENCE.sub("", text(path)), re.MULTILINE) == []


def test_every_yaml_example_can_be_read():
    examples = [(path, body) for path in DOCUMENTS for language, body in FENCE.findall(text(path)) if language == "yaml"]
    assert len(examples) >= 4
    for path, body in examples:
        try:
            documents = list(yaml.safe_load_all(body))
        except yaml.YAMLError as error:
            pytest.fail(f"{path}: {error}\n{body}")
        assert all(isinstance(document, dict) for document in documents), f"{path}:\n{body}"
