"""Files for EDFacts: what is wrong is named and not written, what is right has the layout of its year."""

import stat
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from delivery import edfacts
from orchestration.home import CHECKOUT

SEEDS = CHECKOUT / "dbt_project" / "seeds"


def seed(name):
    return pl.read_csv(SEEDS / f"{name}.csv", schema_overrides={"option_code": pl.String, "school_year": pl.Int32})


@pytest.fixture(scope="module")
def layout():
    sets, values = seed("edfacts_category_sets"), seed("edfacts_permitted_values")
    return edfacts.load_layout(2022, category_sets=sets, permitted_values=values)


def counts_of(file, *rows):
    """Rows as the warehouse has them, from (level, org, set, amount, {category: value})."""
    school_of = {"state": None, "lea": "L"}
    return pl.DataFrame(
        [
            {
                "school_year": 2022, "file_spec": file.spec, "table_name": table, "org_level": level, "org_id": org,
                "lea_id": school_of.get(level, "L"), "category_set": name,
                **{category.lower(): values.get(category) for category in file.categories}, "amount": amount,
            }
            for table, level, org, name, amount, values in rows
        ],
        schema_overrides={"school_year": pl.Int32, "amount": pl.Int64, "lea_id": pl.String}
        | {category.lower(): pl.String for category in file.categories},
    )  # fmt: skip


def member_rows(level, org, *members):
    """Every set of FS052 for members given as (grade, race, sex)."""
    rows = []
    kept = {"CSA": (0, 1, 2), "ST1": (0, 1), "ST2": (0, 2), "ST3": (1, 2), "ST4": (0,), "EUT": ()}
    names = ("GRADELVMEM", "RACEETHNIC", "SEX")
    for set_name, places in kept.items():
        groups = {}
        for member in members:
            key = tuple(member[place] for place in places)
            groups[key] = groups.get(key, 0) + 1
        for key, amount in groups.items():
            values = dict(zip((names[place] for place in places), key, strict=True))
            rows.append(("MEMBER", level, org, set_name, amount, values))
    return rows


MEMBERS = [("05", "WH7", "F"), ("05", "WH7", "F"), ("KG", "AS7", "M")]


def membership(layout):
    file = layout.file("FS052")
    rows = [row for level, org in (("state", "31"), ("lea", "L"), ("school", "S")) for row in
            member_rows(level, org, *MEMBERS)]  # fmt: skip
    return file, counts_of(file, *rows)


def test_counts_in_which_every_set_adds_up_have_no_problem(layout):
    file, counts = membership(layout)
    assert edfacts.check_counts(counts, file=file, layout=layout) == []


def test_a_set_that_does_not_add_up_is_named_with_its_organization_and_no_number(layout):
    file, counts = membership(layout)
    wrong = (pl.col("org_id") == "S") & (pl.col("category_set") == "ST4") & (pl.col("gradelvmem") == "KG")
    counts = counts.with_columns(amount=pl.when(wrong).then(7719).otherwise(pl.col("amount")))
    problems = edfacts.check_counts(counts, file=file, layout=layout)
    assert "FS052 MEMBER: set CSA does not add up to ST4 in school S." in problems
    assert "FS052 MEMBER: set ST4 does not add up to EUT in school S." in problems
    assert "FS052 MEMBER: set ST4 of its schools does not add up to lea L." in problems
    assert not any("7719" in problem for problem in problems)


def test_a_set_that_is_not_there_does_not_add_up(layout):
    file, counts = membership(layout)
    counts = counts.filter(~((pl.col("org_id") == "L") & (pl.col("category_set") == "CSA")))
    problems = edfacts.check_counts(counts, file=file, layout=layout)
    assert "FS052 MEMBER: set CSA does not add up to ST1 in lea L." in problems


def test_a_value_that_is_not_permitted_is_named(layout):
    file, counts = membership(layout)
    counts = counts.with_columns(pl.col("sex").replace("M", "X"))
    assert edfacts.check_counts(counts, file=file, layout=layout) == ["FS052: SEX does not permit X."]


@pytest.mark.parametrize("amount", [-1, None])
def test_an_amount_below_zero_or_missing_is_refused(layout, amount):
    file, counts = membership(layout)
    counts = counts.with_columns(amount=pl.when(pl.col("org_id") == "S").then(amount).otherwise(pl.col("amount")))
    problems = edfacts.check_counts(counts, file=file, layout=layout)
    assert problems[0].endswith("amounts are missing or out of range.")


def test_a_set_that_the_file_does_not_have_at_a_level_is_named(layout):
    file = layout.file("FS195")
    counts = counts_of(file, ("CHRONABSENT", "lea", "L", "EUT", 3, {}))
    problems = edfacts.check_counts(counts, file=file, layout=layout)
    assert problems == ["FS195 CHRONABSENT: the lea file has no category set EUT."]


def test_a_row_needs_a_value_of_each_category_of_its_set_and_of_no_other(layout):
    file = layout.file("FS195")
    counts = counts_of(
        file,
        ("CHRONABSENT", "school", "S", "CSA", 1, {"SEX": "F"}),
        ("CHRONABSENT", "school", "S", "EUT", 1, {"LEPONLY": "LEP"}),
    )
    problems = edfacts.check_counts(counts, file=file, layout=layout)
    assert "FS195 CHRONABSENT: 1 rows of school set CSA have no value of RACEETHNIC." in problems
    assert "FS195 CHRONABSENT: 1 rows of school set EUT have a value of LEPONLY." in problems


def test_the_same_group_twice_is_refused(layout):
    file, counts = membership(layout)
    problems = edfacts.check_counts(pl.concat([counts, counts]), file=file, layout=layout)
    assert "FS052 MEMBER: school set CSA counts the same group twice." in problems


def test_a_set_of_one_group_only_may_fall_short_of_the_total_but_not_exceed_it(layout):
    file = layout.file("FS195")

    def rows(learners):
        return counts_of(
            file,
            ("CHRONABSENT", "school", "S", "CSA", 3, {"SEX": "F", "RACEETHNIC": "WH7"}),
            ("CHRONABSENT", "school", "S", "CSD", learners, {"SEX": "F", "LEPONLY": "LEP"}),
            ("CHRONABSENT", "school", "S", "EUT", 3, {}),
        )

    assert edfacts.check_counts(rows(2), file=file, layout=layout) == []
    assert edfacts.check_counts(rows(4), file=file, layout=layout) == [
        "FS195 CHRONABSENT: set CSD does not add up to EUT in school S."
    ]


def test_rates_are_within_zero_and_one_and_need_not_add_up(layout):
    file = layout.file("FS150")
    of_school = ("GRADRT4YRADJ", "school", "S")
    counts = counts_of(file, (*of_school, "EUT", 1, {}), (*of_school, "CSA", 0, {"MAJORREG": "MW"}))
    assert edfacts.check_counts(counts, file=file, layout=layout) == []
    too_high = counts.with_columns(amount=pl.col("amount") + 1)
    assert edfacts.check_counts(too_high, file=file, layout=layout) == ["FS150: 1 amounts are missing or out of range."]


def test_zeros_of_the_state_are_every_permitted_group_but_missing(layout):
    file, counts = membership(layout)
    filled = edfacts.add_zeros(counts, file=file, layout=layout)
    state = filled.filter((pl.col("org_level") == "state") & (pl.col("category_set") == "CSA"))
    # 17 grades, 7 races, 2 sexes.
    assert len(state) == 17 * 7 * 2
    assert state["amount"].sum() == 3
    assert "MISSING" not in state["gradelvmem"].to_list()
    assert edfacts.check_counts(filled, file=file, layout=layout) == []


def test_zeros_of_a_school_are_of_the_grades_it_has(layout):
    file, counts = membership(layout)
    filled = edfacts.add_zeros(counts, file=file, layout=layout).filter(pl.col("org_level") == "school")
    assert set(filled["gradelvmem"].drop_nulls()) == {"KG", "05"}
    assert len(filled.filter(pl.col("category_set") == "CSA")) == 2 * 7 * 2


def test_an_organization_without_data_gets_no_zeros(layout):
    file = layout.file("FS033")
    counts = counts_of(file, ("LUNCHFREERED", "school", "S", "EUT", 0, {}))
    filled = edfacts.add_zeros(counts, file=file, layout=layout)
    assert filled.select("org_id", "category_set", "lunchprog", "amount").sort("lunchprog").rows() == [
        ("S", "EUT", None, 0), ("S", "CSA", "FL", 0), ("S", "CSA", "RPL", 0)
    ]  # fmt: skip


def test_where_no_zeros_are_asked_for_the_counts_stay_as_they_are(layout):
    file = layout.file("FS195")
    counts = counts_of(file, ("CHRONABSENT", "school", "S", "EUT", 0, {}))
    assert_frame_equal(edfacts.add_zeros(counts, file=file, layout=layout), counts)


def test_a_file_has_a_header_and_a_record_per_group_in_the_published_columns(layout, tmp_path):
    file = layout.file("FS195")
    counts = counts_of(
        file,
        ("CHRONABSENT", "school", "S", "EUT", 3, {}),
        ("CHRONABSENT", "school", "S", "CSB", 2, {"SEX": "F", "DISABSTATUS": "WDIS"}),
    )
    [written] = edfacts.write_files(counts, file=file, layout=layout, fips="31", folder=tmp_path, form="csv")
    assert written.path.name == "NESCHCHRONABSE2022-01.csv"
    assert (written.level, written.record_count, written.organization_count) == ("SCH", 2, 1)
    # Record number, state, agency, district, school, table, sex, race, disability, 504, learner, homeless, filler,
    # total indicator, explanation, count: the order that Tennessee sent.
    assert written.path.read_bytes().decode().split("\r\n") == [
        "SCH CHRON ABSENT,2,NESCHCHRONABSE2022-01.csv,FS195,2021-2022,,",
        "1,31,01,L,S,CHRONABSENT,,,,,,,,Y,,3",
        "2,31,01,L,S,CHRONABSENT,F,,WDIS,,,,,N,,2",
        "",
    ]


def test_each_level_is_a_file_and_the_state_has_no_district(layout, tmp_path):
    file, counts = membership(layout)
    written = edfacts.write_files(counts, file=file, layout=layout, fips="31", folder=tmp_path, revision=2)
    names = ["NESEAMEMBER2022-02.tab", "NELEAMEMBER2022-02.tab", "NESCHMEMBER2022-02.tab"]
    assert [entry.path.name for entry in written] == names
    total = written[0].path.read_text().splitlines()[1].split("\t")
    assert total == ["1", "31", "01", "", "", "MEMBER", "", "", "", "", "Y", "", "3"]


def test_the_same_counts_in_any_order_give_the_same_bytes(layout, tmp_path):
    file, counts = membership(layout)
    first = edfacts.write_files(counts, file=file, layout=layout, fips="31", folder=tmp_path)
    before = [entry.path.read_bytes() for entry in first]
    again = edfacts.write_files(counts.reverse(), file=file, layout=layout, fips="31", folder=tmp_path)
    assert [entry.path.read_bytes() for entry in again] == before


def test_equivalents_have_hundredths_and_rates_four_places(layout, tmp_path):
    written_as = (("FS059", "FTESTAFF", 1.5, "1.50"), ("FS150", "GRADRT4YRADJ", 0.75, "0.7500"))
    for spec, table, amount, expected in written_as:
        file = layout.file(spec)
        counts = counts_of(file, (table, "lea", "L", "EUT", 1, {})).with_columns(amount=pl.lit(amount))
        [written] = edfacts.write_files(counts, file=file, layout=layout, fips="31", folder=tmp_path)
        assert written.path.read_text().splitlines()[1].endswith(expected)


def test_files_and_folder_are_for_their_owner_only(layout, tmp_path):
    folder = edfacts.check_folder(tmp_path / "edfacts" / "2022", forbidden=[])
    file, counts = membership(layout)
    written = edfacts.write_files(counts, file=file, layout=layout, fips="31", folder=folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(entry.path.stat().st_mode) for entry in written} == {0o600}


def test_a_folder_from_which_things_are_given_away_is_refused(tmp_path):
    with pytest.raises(edfacts.LayoutError, match="exact counts"):
        edfacts.check_folder(tmp_path / "releases" / "mine", forbidden=[tmp_path / "releases"])
    assert not (tmp_path / "releases").exists()


def test_a_year_a_file_and_a_state_that_are_not_known_are_refused_in_words(layout):
    with pytest.raises(edfacts.LayoutError, match=r"known: 2022"):
        edfacts.load_layout(2021, category_sets=pl.DataFrame(), permitted_values=pl.DataFrame())
    with pytest.raises(edfacts.LayoutError, match="There is no layout of FS999"):
        layout.file("FS999")
    with pytest.raises(edfacts.LayoutError, match="no data: FS138 cannot be written, who is served under Title III"):
        layout.file("FS138")
    with pytest.raises(edfacts.LayoutError, match="not the FIPS code"):
        edfacts.postal_code("ST")
    assert layout.file("c195") is layout.file("195") is layout.file("FS195")


def test_the_layout_and_the_seeds_know_the_same_files_levels_and_categories(layout):
    for file in layout.files.values():
        sets = layout.sets_of(file)
        if file.kind == "directory":
            assert sets.is_empty()
            continue
        assert set(sets["org_level"]) == set(file.levels), file.spec
        assert set(sets["categories"].explode().drop_nulls()) == set(file.categories), file.spec
        assert set(file.zeros) <= set(file.levels)


def test_every_category_of_the_seeds_permits_something_and_every_set_is_known_once(layout):
    categories = layout.category_sets["categories"].drop_nulls().str.split("|").explode().unique()
    assert all(len(layout.values_of(category)) for category in categories)
    assert layout.selective >= {"DISABSTATUS", "LEPONLY"}
    assert not layout.category_sets.select("table_name", "org_level", "category_set").is_duplicated().any()


def test_every_file_of_the_layout_has_its_model(layout):
    for file in layout.files.values():
        assert (Path(CHECKOUT) / "dbt_project" / "models" / "edfacts" / f"{file.model}.sql").exists()
