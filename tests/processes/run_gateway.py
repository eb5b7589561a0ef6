"""The process itself: what `tongban run FOLDER` does, without the command line around it."""

import sys
from pathlib import Path

import uvloop

from gateway import bootstrap, config
from gateway.logs import set_up_logs


def main() -> None:
    home = config.load(Path(sys.argv[1]))
    set_up_logs(level=home.settings.log.level, style=home.settings.log.style)
    uvloop.run(bootstrap.run(home))


if __name__ == "__main__":
    main()
