"""The documents are true: links lead somewhere, commands exist, and nothing names what must not be named."""

import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.home import CHECKOUT

PAGES = sorted([CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *(CHECKOUT / "docs").rglob("*.md")])
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=CHECKOUT, capture_output=True, text=True, check=True,
).stdout.splitlines()  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_inside_the_documents_leads_to_a_file(page):
    text = page.read_text()
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if not link.startswith(("http://", "https://"))]
    broken = [link for link in links if not (page.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_slds_command_in_the_documents_exists(page):
    known = {command.name or command.callback.__name__ for command in app.registered_commands} | {"sources"}
    named = set(re.findall(r"`slds ([a-z]+)", page.read_text()))
    assert named <= known


@pytest.mark.parametrize(
    "command",
    [
        *(["run"], ["status"], ["sources", "check"], ["releases"], ["explain"], ["sample"], ["ui"]),
        *(["catalog"], ["edfacts"]),
    ],
)
def test_every_command_has_help_with_an_example(command):
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert f"slds {' '.join(command)}" in result.output
    assert "Example" in result.output


def test_no_committed_file_names_a_registry_host_or_a_path_of_some_machine():
    hosts = ["py" + "pi.org", "python" + "hosted", "registry.npm" + "js", "deb.deb" + "ian"]
    paths = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/"]
    for name in TRACKED:
        path = CHECKOUT / name
        if not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "ignore")
        assert [word for word in (*hosts, *paths) if word in text] == [], name


def test_the_lock_file_has_a_hash_for_every_package_and_every_named_requirement():
    lock = (CHECKOUT / "requirements.lock").read_text()
    entries = re.split(r"\n(?=[a-zA-Z0-9])", lock.strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    locked = {re.split(r"[=\[]", entry)[0].lower() for entry in entries}
    wanted = {
        re.split(r"[=<>\[]", line)[0].strip().lower()
        for line in (CHECKOUT / "requirements.in").read_text().splitlines()
        if line and not line.startswith("#")
    }
    assert wanted <= locked


def test_every_folder_of_tests_is_run(pytestconfig):
    named = set(pytestconfig.getini("testpaths"))
    assert {str(Path(path).parent) for path in TRACKED if Path(path).match("tests/**/test_*.py")} == named
