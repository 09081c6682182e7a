"""What holds for all tests."""

import os
from typing import Any, Final

from hypothesis import HealthCheck, settings

NOISY: Final[dict[str, Any]] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
"""These machines are noisy; nothing here asserts times."""
settings.register_profile("dev", **NOISY)
settings.register_profile("ci", **NOISY, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
