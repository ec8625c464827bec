"""The agents that come with the program, as files."""
