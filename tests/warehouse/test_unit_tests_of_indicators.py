"""The dbt unit tests of the indicators: worked numbers and traps, on rows written beside each model."""

PLACE = "path:models/indicators"


def test_every_unit_test_beside_an_indicator_passes(built):
    listed = built.dbt("ls", "--quiet", "--resource-type", "unit_test", "--select", PLACE).stdout.split()
    assert len(listed) >= 250
    built.dbt("test", "--select", f"{PLACE},test_type:unit")
