"""``bin/mutate``: every check taken away once, and the tests that notice."""
