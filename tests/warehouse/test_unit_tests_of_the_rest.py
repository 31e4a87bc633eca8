"""The dbt unit tests of all but the indicators: worked numbers and traps, on rows written beside each model."""

PLACES = ("path:models/core", "path:models/edfacts", "path:models/marts")


def test_every_unit_test_beside_the_rest_passes(built):
    listed = built.dbt("ls", "--quiet", "--resource-type", "unit_test", "--select", *PLACES).stdout.split()
    assert len(listed) >= 120
    built.dbt("test", "--select", *(f"{place},test_type:unit" for place in PLACES))
