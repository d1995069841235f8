"""`python -m selfhosted TEMPLATE --data DIR [--port N]`: serves any SAM template on this box."""

import argparse
import sys
from pathlib import Path

from selfhosted.backup_daily import Daily
from selfhosted.host import HostOptions, serve


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m selfhosted", description=__doc__)
    parser.add_argument("template", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="where everything is kept")
    parser.add_argument("--port", type=int, default=0, help="of the doors; 0 picks a free one")
    parser.add_argument("--stack", default="local", help="the value of AWS::StackName")
    parser.add_argument("--database", help="endpoint of a running DynamoDB API")
    parser.add_argument("--backup-dir", type=Path, help="where a backup is laid down every day")
    parser.add_argument("--backup-key", action="append", default=[], help="a public key of age")
    parser.add_argument("--clock", type=Path, help="a file with the seconds to be ahead of time")
    parser.add_argument("--verbose", action="store_true", help="show what functions write")
    given = parser.parse_args()
    return serve(
        HostOptions(
            template=given.template,
            data=given.data.resolve(),
            port=given.port,
            stack=given.stack,
            database_endpoint=given.database,
            verbose=given.verbose,
            clock=given.clock,
            backup=Daily(given.backup_dir, tuple(given.backup_key)) if given.backup_dir else None,
            on_ready=lambda url: print(f"ready {url}", flush=True),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
