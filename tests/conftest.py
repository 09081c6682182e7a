"""What holds for all tests."""

import os

from hypothesis import settings

settings.register_profile("dev", deadline=None)  # these machines are noisy; nothing here asserts times
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
