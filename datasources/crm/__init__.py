"""CRM connectors, one file each."""
