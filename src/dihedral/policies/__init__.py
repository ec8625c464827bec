"""The policies that come with the program: a folder a set, Rego and what may be set."""
