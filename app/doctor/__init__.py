"""`kanava doctor`: which systems answer, and with `--data` what each knows that another does not."""
