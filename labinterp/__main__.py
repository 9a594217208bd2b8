"""``python -m labinterp`` is the command line."""

import sys

from labinterp.cli import main

sys.exit(main())
