"""Three real districts as one state, through the same command as the made-up state."""

import json

import pytest

import delivery
from delivery.releases import verify_release
from orchestration.home import CHECKOUT
from tests.pipeline.command import slds

SOURCES = CHECKOUT / "examples" / "shared-data" / "sources.yml"
SHARED = CHECKOUT.parent / "shared" / "data" / "edfi-grandbend-xml"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not on this machine")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The home after one run; 3: some rows of the real files break a rule and stay out."""
    folder = tmp_path_factory.mktemp("shared")
    result = slds(folder, "run", "--sources", str(SOURCES))
    assert result.returncode == 3, result.stdout + result.stderr
    return folder


@pytest.fixture(scope="module")
def sources(home):
    return {source["source_id"]: source for source in json.loads(slds(home, "status", "--json").stdout)["sources"]}


def test_every_student_of_the_three_districts_is_accounted_for(sources):
    students = {
        name: count["received"]
        for name, source in sources.items()
        for count in source["counts"]
        if count["record_type"] == "students"
    }
    assert students == {"bear_creek": 856, "lakeside": 888, "grand_bend": 960}
    counts = [count for source in sources.values() for count in source["counts"]]
    assert all(count["received"] == count["accepted"] + count["quarantined"] for count in counts)


def test_the_rows_that_are_kept_out_are_the_ones_whose_fault_is_known(sources):
    # 1581: an exit before the entry. 105: attendance where nobody was enrolled. 1641: a descriptor of the sample's own.
    # 4781: a credential that ends before it was issued.
    assert {name: [error["rule"] for error in source["errors"]] for name, source in sources.items()} == {
        "sea": [],
        "bear_creek": [1581],
        "lakeside": [1581],
        "grand_bend": [105, 1641, 2161, 4781],
    }


def test_a_release_of_all_three_is_published(home):
    manifest = verify_release(delivery.current_release(home / "releases").folder)
    assert {entry["source_id"] for entry in manifest["inputs"]} == {"sea", "bear_creek", "lakeside", "grand_bend"}
    assert manifest["audit"]["passed"]
    assert manifest["row_counts"]["public_indicators"] > 2000
