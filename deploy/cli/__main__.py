"""`python -m deploy.cli`, for where the script `wangge` is not installed."""

import sys

from deploy.cli import main

if __name__ == "__main__":
    sys.exit(main())
