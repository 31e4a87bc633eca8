"""A policy is read strictly: whatever is misspelt, unsafe or unknown is refused, with the field named."""

import pytest
import yaml

from privacy import PolicyError, load_policy
from privacy.policy import DEFAULT_POLICY, READY_POLICIES, find_policy


@pytest.fixture
def content():
    return yaml.safe_load(DEFAULT_POLICY.read_text())


def _load(tmp_path, content):
    path = tmp_path / "policy.yml"
    path.write_text(yaml.safe_dump(content))
    return load_policy(path)


def test_the_default_policy_is_usable_and_careful():
    policy = load_policy()
    assert policy.required_candidates >= 4
    assert policy.zeros_may_be_known
    assert policy.tables["ind_chronic_absenteeism"].zero_is_sensitive


def test_the_hash_follows_the_rules_and_not_the_layout(tmp_path, content):
    assert _load(tmp_path, content).hash == load_policy().hash
    content["tables"]["ind_membership_october_1"]["thresholds"]["persons"] = 20
    assert _load(tmp_path, content).hash != load_policy().hash


def test_a_misspelt_field_is_refused_by_name(tmp_path, content):
    content["required_candidate"] = content.pop("required_candidates")
    with pytest.raises(PolicyError, match="required_candidate: "):
        _load(tmp_path, content)


def test_a_secret_has_no_place_in_the_policy_whose_hash_is_published(tmp_path, content):
    content["tie_break_key"] = "a secret"
    with pytest.raises(PolicyError, match="tie_break_key: "):
        _load(tmp_path, content)


def test_a_threshold_below_three_persons_is_refused(tmp_path, content):
    content["tables"]["ind_membership_october_1"]["thresholds"]["persons"] = 2
    with pytest.raises(PolicyError, match=r"ind_membership_october_1\.thresholds\.persons"):
        _load(tmp_path, content)


def test_the_same_number_in_two_tables_must_be_a_statistic_of_both(tmp_path, content):
    content["same_as"] = [
        {"left": "ind_chronic_absenteeism.denominator", "right": "ind_membership_october_1.numerator"}
    ]
    with pytest.raises(PolicyError, match="is not a statistic of a table"):
        _load(tmp_path, content)


def test_a_file_that_is_missing_or_no_yaml_is_refused_in_words(tmp_path):
    for path in (tmp_path / "nowhere.yml", tmp_path):
        with pytest.raises(PolicyError, match=rf"^{path.name}: neither a policy file nor the name of a ready policy"):
            load_policy(path)
    (tmp_path / "bad.yml").write_text("version: [1\n")
    with pytest.raises(PolicyError, match="not YAML"):
        load_policy(tmp_path / "bad.yml")


READY = ["careful", *sorted(path.stem for path in READY_POLICIES.glob("*.yml"))]


@pytest.mark.parametrize("name", READY)
def test_a_ready_policy_is_loaded_by_its_name_and_says_what_it_does_not_protect(name):
    policy = load_policy(name)
    assert policy.does_not_protect
    assert set(policy.tables) == set(load_policy().tables)


def test_a_policy_is_found_by_its_name_or_its_path(tmp_path):
    assert find_policy("careful") == DEFAULT_POLICY
    assert find_policy("strict") == READY_POLICIES / "strict.yml"
    assert find_policy(READY_POLICIES / "strict.yml") == READY_POLICIES / "strict.yml"
    # A state's own file is never mistaken for a ready one of the same name.
    own = tmp_path / "strict.yml"
    own.write_bytes(DEFAULT_POLICY.read_bytes())
    assert load_policy(own).hash == load_policy().hash
    with pytest.raises(PolicyError, match=r"strickt: .* \(careful, nces, strict, texas, wisconsin\)"):
        find_policy("strickt")


def test_ready_policies_differ_and_careful_is_the_default():
    policies = [load_policy(name) for name in READY]
    assert len({policy.hash for policy in policies}) == len(READY) >= 4
    assert load_policy("careful") == load_policy()


def test_a_grid_that_is_not_there_is_refused(tmp_path, content):
    content["tables"]["ind_chronic_absenteeism"]["coding"] = "somewhere else"
    with pytest.raises(PolicyError, match="there is no grid 'somewhere else'"):
        _load(tmp_path, content)
