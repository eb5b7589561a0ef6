"""The receiving gateway as a process of its own: ``python -m benchmarks.receiver FOLDER``."""

import sys
from pathlib import Path

import uvloop

from gateway import bootstrap, config

if __name__ == "__main__":
    uvloop.run(bootstrap.run(config.load(Path(sys.argv[1]))))
