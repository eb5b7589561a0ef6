"""The receiving gateway as a process of its own: ``python -m benchmarks.receiver FOLDER``."""

import sys
from pathlib import Path

import uvloop

from benchmarks import slow_signer
from gateway import bootstrap, config

if __name__ == "__main__":
    _folder = config.load(Path(sys.argv[1]))
    uvloop.run(bootstrap.run(_folder, before_signer=slow_signer.asked()))
