"""WMS connectors, one file each."""
