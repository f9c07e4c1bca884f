"""PIM connectors, one file each."""
