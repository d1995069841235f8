"""`python -m selfhosted.backup_process ORDER`: one backup in a process of its own, for the host.

Reading every item takes the CPU for seconds, which the doors must not feel. The answer is one line
of JSON: `Made.details`, or {"reason"} with exit code 1.
"""

import json
import os
import signal
import sys
from typing import Final

from selfhosted import backup
from selfhosted.backup_errors import BackupError
from selfhosted.backup_order import Order

NICENESS: Final = 15


def main() -> int:
    # So that what is half made is removed when the host ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    os.nice(NICENESS)
    try:
        made = backup.create(Order.from_json(sys.argv[1]))
    except BackupError as error:
        print(json.dumps({"reason": str(error)}), flush=True)
        return 1
    print(json.dumps(made.details()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
