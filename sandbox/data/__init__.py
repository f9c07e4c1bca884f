"""What the sandbox systems know: generated from a seed, or read from NDJSON files."""
