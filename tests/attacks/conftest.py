"""Real PostgreSQL, Terraform and a worker, as the tests of the ops plane have them."""

from tests.ops.conftest import cage, simulator_home, tools, world

__all__ = ["cage", "simulator_home", "tools", "world"]
