"""``python -m gateway.cli``: the same as ``tongban``."""

from gateway.cli import main

main()
