"""Execution: operations by a plan that is made once for each; what no plan is made for, by the reference executor."""
