"""Measurements: Kanava beside its peers, over one and the same upstream."""
