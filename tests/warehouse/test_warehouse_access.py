"""Who may build on what: the parts of the project that keep identified rows from what leaves the state."""

import re
import shutil

import pytest

from orchestration.catalog import find_indicator, list_indicators, parameter_values, public_indicators
from orchestration.home import CHECKOUT
from orchestration.pipeline.publish import TIERS_BY_LEA, TIERS_WHOLE
from orchestration.pipeline.studies import TABLE as STUDIES_READ
from privacy import load_plan

FIRST_WORDS = ("One row per ", "One row: ")
META = ("indicator_id", "title", "definition", "what_it_is_not", "numerator", "denominator", "exclusions",
        "attribution_rule", "unit", "direction", "edfacts_file", "ceds_elements", "e_w_indicator", "driver",
        "parameters", "sources", "minimum_n_note", "traps")


@pytest.fixture(scope="module")
def models(built):
    """{name: node} of every model."""
    return {n["name"]: n for n in built.manifest()["nodes"].values() if n["resource_type"] == "model"}


def parents(node):
    return [tuple(name.split(".")[::2]) for name in node["depends_on"]["nodes"]]


def folder(node):
    return node["fqn"][-2]


def test_only_staging_reads_the_records(models):
    # The folder under models/: staging keeps what only one core model reads in a folder of its own.
    readers = {node["fqn"][1] for node in models.values()
               for name in node["depends_on"]["nodes"] if name.startswith("source.openslds.records.")}
    assert readers == {"staging"}


def test_a_public_table_is_made_of_protected_figures_names_and_labels_only(models):
    public = [node for node in models.values() if folder(node) == "public"]
    assert public
    for node in public:
        for name in node["depends_on"]["nodes"]:
            assert name.startswith(("source.openslds.protected.", "seed.openslds.")) or name == (
                "model.openslds.dim_organization"), f"{node['name']} reads {name}"


def test_what_studies_choose_from_is_one_table_that_stays_within_the_walls(models):
    [node] = [node for node in models.values() if folder(node) == "research"]
    assert f"{folder(node)}.{node['name']}" == STUDIES_READ
    assert (node["group"], node["access"]) == ("identified", "private")
    assert "research" not in (*TIERS_BY_LEA, *TIERS_WHOLE), "it leaves by a study's plan alone"
    assert not {"staff_key", "lea_id", "school_id", "source_id"} & set(node["columns"])


def test_the_warehouse_hashes_nothing_for_whoever_has_the_identifier_can_hash_it_too():
    project = CHECKOUT / "dbt_project"
    files = [*(project / "models").rglob("*.sql"), *(project / "macros").rglob("*.sql")]
    assert len(files) > 100
    hashing = [path.name for path in files if re.search(r"\b(sha\d+|md5|hash)\s*\(", path.read_text())]
    assert hashing == ["keep.sql"], "it adds up the hashes of all rows of a table, and keeps the sum"


def test_the_example_of_a_plan_names_columns_that_studies_can_choose(models):
    plan = load_plan(CHECKOUT / "examples" / "studies" / "attendance.yml")
    assert {plan.person, *plan.columns} <= set(models["research_student_year"]["columns"])


def test_every_identified_model_is_private_but_for_the_one_that_open_tables_need(models):
    shared = {name for name, node in models.items() if node["group"] == "identified" and node["access"] != "private"}
    assert shared == {"dim_organization"}


def test_the_names_of_organizations_hold_nothing_about_students(built):
    columns = [row[0] for row in built.rows("describe core.dim_organization")]
    assert columns == ["org_level", "org_id", "org_name", "parent_org_id", "lea_id", "low_grade", "high_grade",
                       "operational_status_code", "operational_status_date", "is_described"]


def test_dbt_refuses_a_public_model_that_names_an_identified_one(copy_of_built, monkeypatch):
    copy = copy_of_built.folder / "project"
    left_out = shutil.ignore_patterns("target", "logs", ".user.yml")
    shutil.copytree(copy_of_built.project, copy, ignore=left_out)
    leak = copy / "models" / "marts" / "public" / "leak.sql"
    leak.write_text("select student_key from {{ ref('fct_student_year') }}")
    monkeypatch.setattr(copy_of_built, "project", copy)
    run = copy_of_built.dbt("parse", must_pass=False)
    assert run.returncode != 0
    assert "private to the 'identified' group" in run.stdout


def test_every_model_says_what_a_row_is_and_every_column_what_it_holds(models):
    for name, node in models.items():
        assert node["description"].startswith(FIRST_WORDS), name
        undescribed = [column for column, entry in node["columns"].items() if not entry["description"].strip()]
        assert undescribed == [], name


def test_every_indicator_carries_its_definition(models):
    indicators = {n: m for n, m in models.items() if folder(m) == "indicators" and n != "ind_cells"}
    assert len(indicators) >= 60
    for name, node in indicators.items():
        assert tuple(key for key in node["config"]["meta"] if key != "e_w_questions") == META, name


def test_a_release_defines_the_indicators_it_can_hold_and_no_others(built):
    defined = {entry["indicator_id"] for entry in public_indicators(built.manifest())}
    assert defined == {"I00", "I01", "I01u", "I02", "I06", "I13", "I16"}


def test_a_variant_of_an_indicator_has_its_parameters(built):
    names = {row["parameter"] for row in parameter_values(find_indicator(built.manifest(), "I13e5"))}
    assert {"summer_end_month", "counts_alternate_diploma"} <= names


def test_contracts_are_enforced_on_indicators_and_marts(models):
    tiers = {"indicators", "teacher", "school", "district", "state", "research", "public"}
    assert {folder(node) for node in models.values() if node["contract"]["enforced"]} == tiers
    assert all(node["contract"]["enforced"] for node in models.values() if folder(node) in tiers)


def test_the_state_reads_every_indicator_in_one_table(built, models):
    node = next(node for node in models.values() if node["name"] == "state_indicators")
    read = {name.split(".")[-1] for name in node["depends_on"]["nodes"]} - {"dim_organization"}
    named = {indicator.name for indicator in list_indicators(built.manifest())}
    assert read == {name for name in named if name.startswith("ind_")}  # the early warning is a list, not a figure
