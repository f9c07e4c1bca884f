"""
Whole answers, remembered: a query that was answered is answered again without being executed.

An answer is found by its question (document, operation, variables, languages) and by what of the viewer it depends on,
which is what was asked of `resolvers.access` while it was made. It lives no longer than the values that it was made of.
"""
