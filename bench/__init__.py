"""Speed, measured: `python -m bench`. Nothing here is asserted as a time in a test."""
