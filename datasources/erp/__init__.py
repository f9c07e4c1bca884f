"""ERP connectors, one file each."""
