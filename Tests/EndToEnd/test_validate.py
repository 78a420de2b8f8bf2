"""`callboard validate`, as a check of pull requests runs it: no database, no cluster, no configuration."""

import json
import subprocess

import pytest

from harness import REPOSITORY, component, environment

GROUP = {"apiVersion": "backstage.io/v1alpha1", "kind": "Group", "metadata": {"name": "payments"},
         "spec": {"type": "team", "children": []}}


def validate(folder, *arguments):
    return subprocess.run(
        [environment("CALLBOARD_TEST_BINARY"), "validate", *arguments], cwd=folder, env={"PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=60)


@pytest.fixture
def catalog(tmp_path):
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "good.yaml").write_text(json.dumps(component("good")) + "\n---\n" + json.dumps(GROUP))
    return folder


def test_good_files_pass(catalog):
    result = validate(catalog.parent, "catalog")
    assert (result.returncode, result.stdout, result.stderr) == (0, "1 file, 2 entities, 0 errors, 0 warnings\n", "")


def test_every_problem_of_every_file_is_told_and_fails_the_check(catalog):
    (catalog / "bad.yaml").write_text("apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: ada}\nspec: {}\n")
    (catalog / "broken.yml").write_text("kind: [\n")
    (catalog / "twin.yaml").write_text(json.dumps(component("good")))
    result = validate(catalog.parent, "./catalog/")
    lines = result.stdout.splitlines()
    assert result.returncode == 1 and result.stderr == ""
    assert lines[0] == "catalog/bad.yaml:4:1: kind: /spec must have required property 'memberOf' - missingProperty: memberOf"
    assert lines[1].startswith("catalog/broken.yml:2:1: syntax: ")
    assert lines[2].startswith("catalog/twin.yaml:1:1: conflict: component:default/good is already defined at catalog/good.yaml:1:1")
    assert lines[3] == "4 files, 2 entities, 3 errors, 0 warnings" and len(lines) == 4

    annotations = validate(catalog.parent, "--format=github", "catalog").stdout.splitlines()
    assert annotations[0].startswith("::error file=catalog/bad.yaml,line=4,col=1,title=kind::/spec must have")
    told = json.loads(validate(catalog.parent, "catalog", "--format", "json").stdout)
    assert (told["errors"], told["warnings"], [one["code"] for one in told["problems"]]) == (
        3, 0, ["kind", "syntax", "conflict"])


def test_references_that_lead_nowhere_fail_only_a_strict_check(catalog):
    (catalog / "good.yaml").write_text(json.dumps(component("good")))
    result = validate(catalog.parent, "catalog")
    assert result.returncode == 0 and "dangling: component:default/good names group:default/payments" in result.stdout
    assert validate(catalog.parent, "--strict", "catalog").returncode == 1


@pytest.mark.parametrize("arguments, complaint", [
    ([], "validate needs a file or a directory"), (["--format", "xml", "."], "--format: expected one of"),
    (["nowhere"], "cannot read nowhere"), (["empty"], "empty has no catalog files"), (["--loud", "."], "unknown argument"),
])
def test_wrong_usage_and_unreadable_paths_have_a_code_of_their_own(catalog, arguments, complaint):
    (catalog.parent / "empty").mkdir()
    result = validate(catalog.parent, *arguments)
    assert result.returncode == 2 and complaint in result.stderr


def test_the_catalog_of_this_repository_passes():
    result = validate(REPOSITORY, "catalog")
    assert result.returncode == 0, result.stdout
