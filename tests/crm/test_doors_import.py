"""What a door imports to verify and parse is light: no HTTP client, no AWS, no client of a CRM."""

import subprocess
import sys
from pathlib import Path

CORE = Path(__file__).parents[2] / "layers" / "core"
HEAVY = {"httpx", "boto3", "botocore", "phonenumbers", "telegram"}
PROGRAM = """
import sys
import switchboard.crm.parsers, switchboard.domain.verify
print("\\n".join(sys.modules))
"""


def test_verifying_and_parsing_import_no_client() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONPATH": str(CORE)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "switchboard.crm.amocrm.parse" in loaded
    assert "switchboard.crm.bitrix24.parse" in loaded
    assert "switchboard.crm.generic.parse" in loaded
    assert not HEAVY & loaded
    assert not {name for name in loaded if name.startswith("switchboard.") and "client" in name}
