"""Makes the test process green, for the tests that run services."""

import tests.green  # noqa: F401 – before everything else  # isort: skip
