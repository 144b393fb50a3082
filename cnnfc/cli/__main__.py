"""Lets ``python -m cnnfc.cli`` do what ``cnnfc`` does."""

import sys

from cnnfc.cli import main

if __name__ == "__main__":
    sys.exit(main())
