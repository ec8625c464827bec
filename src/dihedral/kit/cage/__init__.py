"""A launcher of its own, which shuts a program into namespaces: see `keeper`.

Its modules start once for every command that is run, so they import as little as they can: no
dataclasses, no json, no typing at run time. That is a third of what a launch costs.
"""
