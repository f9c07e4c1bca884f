"""Floors: what HTTP alone costs. They answer everything with the bytes of the file that `BENCH_ANSWER` names."""
