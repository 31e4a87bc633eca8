"""The catalog of indicators: complete, true to the models, readable without script, and nobody's figure in it."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from orchestration.catalog_entries import TIERS
from orchestration.catalog_pages import DEFINITION, compile_manifest, write_catalog
from orchestration.home import CHECKOUT, Home
from orchestration.lineage import read_lineage

KEYS = {"indicator_id", "title", "parameters", *DEFINITION}
EARLY_WARNING = "school_early_warning"  # a list, not a figure; its thresholds are dated rows of their own
MAY_BE_EMPTY = {"ceds_elements", "e_w_questions", "parameters"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return compile_manifest(Home(tmp_path_factory.mktemp("catalog_home")))


@pytest.fixture(scope="module")
def folder(manifest, tmp_path_factory):
    path = tmp_path_factory.mktemp("catalog") / "pages"
    write_catalog(manifest, path)
    return path


@pytest.fixture(scope="module")
def entries(manifest, tmp_path_factory):
    return {entry.indicator.name: entry for entry in write_catalog(manifest, tmp_path_factory.mktemp("c") / "again")}


def indicator_models():
    files = (CHECKOUT / "dbt_project" / "models" / "indicators").glob("ind_*.sql")
    return sorted(path.stem for path in files if path.stem != "ind_cells")


def test_every_indicator_model_is_in_the_catalog_and_on_its_first_page(entries, folder):
    assert sorted(entries) == sorted([*indicator_models(), EARLY_WARNING])
    index = (folder / "index.html").read_text()
    for name in indicator_models():
        assert f'href="{name}.html"' in index
        assert (folder / f"{name}.html").exists()


def test_every_indicator_has_every_key_of_its_definition(entries):
    for name, entry in entries.items():
        assert set(entry.indicator.meta) == KEYS, name
        empty = {key for key, value in entry.indicator.meta.items() if value in ("", [], None)}
        assert empty <= MAY_BE_EMPTY, name


def test_every_indicator_has_an_id_of_its_own(entries):
    ids = Counter(entry.indicator.meta["indicator_id"] for entry in entries.values())
    assert [name for name, count in ids.items() if count > 1] == []


def test_every_indicator_has_three_unit_tests_that_say_what_they_show(entries):
    for name, entry in entries.items():
        units = [test for test in entry.own_tests if test.kind == "unit"]
        assert len(units) >= (1 if name == EARLY_WARNING else 3), name
        assert all(test.description for test in units), name


def test_every_parameter_that_an_indicator_names_has_a_value_of_some_authority(entries):
    for name, entry in entries.items():
        if name == EARLY_WARNING:
            continue
        valued = {row["parameter"] for rows in entry.parameters.values() for row in rows}
        assert set(entry.indicator.meta["parameters"] or ()) <= valued, name
        assert all(row["source"] for rows in entry.parameters.values() for row in rows), name


def test_lineage_reaches_from_the_columns_of_the_records_to_the_columns_of_the_mart(entries):
    entry = entries["ind_chronic_absenteeism"]
    assert {"attendance_date", "attendance_status_code", "absent_fraction"} <= set(entry.elements["attendance"])
    assert {"entry_date", "exit_date", "student_key"} <= set(entry.elements["enrollments"])
    assert "calendar_date" in entry.elements["calendars"]
    assert "discipline_actions" not in entry.elements
    [step] = [step for step in entry.steps if step.name == "fct_student_school_year"]
    assert "is_absent_day" in step.reads["fct_attendance_event"]
    state = next(mart for mart in entry.marts if mart.name == "state_indicators")
    assert "numerator" in state.columns


def test_every_indicator_rests_on_records(entries):
    assert [name for name, entry in entries.items() if not entry.elements] == []


def test_who_sees_an_indicator_follows_from_the_marts_that_hold_it(entries):
    published, kept = entries["ind_chronic_absenteeism"], entries["ind_graduation_rate_5_year"]
    assert {"state", "public"} <= set(published.tiers) <= set(TIERS)
    marts = {mart.name: mart for mart in published.marts}
    assert (marts["public_indicators"].is_protected, marts["public_indicators"].group) == (True, "open")
    assert (marts["state_indicators"].is_protected, marts["state_indicators"].group) == (False, "identified")
    # It is not given to the privacy step, so no page may say that everybody sees it.
    assert "public" not in kept.tiers


def test_a_districts_report_card_holds_the_indicators_that_it_reads(entries):
    cards = {name: [mart for mart in entry.marts if mart.name == "district_report_card"]
             for name, entry in entries.items()}
    assert [mart.is_protected for mart in cards["ind_academic_achievement"]] == [False]
    assert cards["ind_average_daily_attendance"] == cards["ind_median_earnings"] == []


def test_an_open_table_never_holds_exact_figures(entries):
    marts = [mart for entry in entries.values() for mart in entry.marts if mart.group == "open"]
    assert all(mart.is_protected for mart in marts)


def test_tests_of_the_indicator_and_of_what_it_rests_on_are_told_apart(entries):
    entry = entries["ind_chronic_absenteeism"]
    own = {(test.kind, test.guards) for test in entry.own_tests}
    assert own >= {("unit", "ind_chronic_absenteeism"), ("data", "ind_chronic_absenteeism")}
    upstream = {test.name for test in entry.upstream_tests}
    assert "assert_every_attendance_record_is_kept" in upstream
    assert not upstream & {test.name for test in entry.own_tests}


class Page(HTMLParser):
    """What a reader needs of a page: its language, its headings, its links, and the ids they lead to."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.levels, self.links, self.ids = Counter(), [], [], []
        self.language = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags[tag] += 1
        if tag == "html":
            self.language = found.get("lang")
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "a":
            self.links.append(found["href"])
        if "id" in found:
            self.ids.append(found["id"])


def test_pages_need_no_script_no_network_and_can_be_walked_by_headings(folder):
    for path in folder.glob("*.html"):
        text = path.read_text()
        page = Page(text)
        assert page.language == "en"
        assert page.tags["script"] == page.tags["img"] == page.tags["link"] == 0
        assert page.levels[0] == 1
        assert page.levels.count(1) == 1
        assert all(lower <= upper + 1 for upper, lower in zip(page.levels, page.levels[1:], strict=False)), path.name
        assert page.tags["caption"] == page.tags["table"]
        assert len(page.ids) == len(set(page.ids))
        for link in page.links:
            target, _, anchor = link.partition("#")
            assert not link.startswith("http")
            assert (folder / target).exists() if target else anchor in page.ids
        assert "viewport" in text
        assert "@media print" in text


def test_what_a_definition_says_is_shown_as_text_not_as_markup(manifest, tmp_path):
    name = "model.openslds.ind_student_stability"
    node = manifest["nodes"][name]
    spoilt = {**node, "meta": {**node["config"]["meta"], "title": "<script>alert(1)</script>"}}
    write_catalog({**manifest, "nodes": {**manifest["nodes"], name: spoilt}}, tmp_path / "pages")
    assert "<script>" not in (tmp_path / "pages" / "ind_student_stability.html").read_text()


def test_the_same_models_give_the_same_pages(manifest, folder, tmp_path):
    write_catalog(manifest, tmp_path / "pages")
    pages = {path.name: path.read_bytes() for path in folder.glob("*.html")}
    assert pages == {path.name: path.read_bytes() for path in (tmp_path / "pages").glob("*.html")}


def test_a_model_that_was_not_compiled_is_refused(manifest):
    parsed = {**manifest, "nodes": {name: {**node, "compiled_code": None} for name, node in manifest["nodes"].items()}}
    with pytest.raises(ValueError, match="was not compiled"):
        read_lineage(parsed)
