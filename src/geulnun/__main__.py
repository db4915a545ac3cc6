"""``python -m geulnun``: the command line."""

from geulnun.cli import main

main()
