"""Gets the broker and the database that the tests start: `python -m tests.servers`, before them.

As root on Debian they are installed; elsewhere their tests are passed over, and that is said.
"""

import sys

from deploy.data_folder import CannotStart
from deploy.production.packages import ensure_installed
from tests.profiles import Profile, warning


def main() -> None:
    """Have both servers, or say what will not be tested."""
    try:
        ensure_installed(broker=True, database=True)
    except CannotStart as reason:
        sys.stderr.write(f"{reason}\n{warning(Profile.PRODUCTION)}\n")


if __name__ == "__main__":
    main()
