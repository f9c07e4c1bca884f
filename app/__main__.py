"""`python -m app` is `kanava`."""

from app.cli import main

main()
