"""Where the check finds what it deploys."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam" / "build"
"""What `make build` has made: for Lambda."""
LOCAL = ROOT / ".make" / "local"
"""What `make layer-local` has made: the same for this machine's interpreter."""
