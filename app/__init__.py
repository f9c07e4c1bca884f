"""Composition: settings, wiring, HTTP, identity, command line. Holds no domain rules."""
