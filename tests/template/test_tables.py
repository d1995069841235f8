"""Tables: their keys and indexes, and that nothing in them is lost, readable or kept for ever."""

import pytest

from tests.template.expanded import Expanded

KEYS = {
    "Jobs": ["pk", "sk"],
    "Sessions": ["pk", "sk"],
    "Surveys": ["pk", "sk"],
    "Ledger": ["pk", "sk"],
    "Links": ["pk", "sk"],
    "Clients": ["pk", "sk"],
    "Deliveries": ["pk"],
    "Settings": ["pk", "sk"],
    "Journal": ["pk", "sk"],
}
PENDING = ("pending", [("sweep", "S"), ("pending", "N")], "KEYS_ONLY")
INDEXES = {
    **dict.fromkeys(("Jobs", "Sessions", "Surveys", "Ledger", "Links"), PENDING),
    "Deliveries": ("dead", [("dead", "S"), ("died_at", "N")], "ALL"),
}


def test_there_is_one_table_per_concern(expanded: Expanded) -> None:
    assert set(expanded.of_type("AWS::DynamoDB::Table")) == {f"{name}Table" for name in KEYS}


@pytest.mark.parametrize("name", KEYS)
def test_keys(expanded: Expanded, name: str) -> None:
    table = expanded.properties(f"{name}Table")
    roles = zip(KEYS[name], ("HASH", "RANGE"), strict=False)
    assert table["KeySchema"] == [{"AttributeName": key, "KeyType": role} for key, role in roles]
    assert table["TableName"] == f"${{AWS::StackName}}-{name.lower()}"


@pytest.mark.parametrize("name", KEYS)
def test_indexes(expanded: Expanded, name: str) -> None:
    table = expanded.properties(f"{name}Table")
    types = {
        entry["AttributeName"]: entry["AttributeType"] for entry in table["AttributeDefinitions"]
    }
    found = {
        index["IndexName"]: (
            [(part["AttributeName"], types[part["AttributeName"]]) for part in index["KeySchema"]],
            index["Projection"]["ProjectionType"],
        )
        for index in table.get("GlobalSecondaryIndexes", [])
    }
    expected = INDEXES.get(name)
    assert found == ({expected[0]: expected[1:]} if expected else {})


@pytest.mark.parametrize("name", KEYS)
def test_nothing_is_lost_readable_or_kept_for_ever(expanded: Expanded, name: str) -> None:
    table = expanded.properties(f"{name}Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["DeletionProtectionEnabled"] == "DeletionProtection"
    assert expanded.resources[f"{name}Table"]["DeletionPolicy"] == "Retain"
    assert expanded.resources[f"{name}Table"]["UpdateReplacePolicy"] == "Retain"
