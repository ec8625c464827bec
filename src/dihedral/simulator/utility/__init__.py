"""What the small utility providers really do: draw values, make keys, hash contents, reckon time.

Shape   a behaviour is `(mode, planned, seed) -> values`: mode is resource, data or ephemeral,
        planned the object with what is not decided yet unknown, seed some 32 bytes that are the
        same for the same configuration. The values it answers replace unknowns, and only those.
        Raises ValueError, with what to tell the user, for what a simulator cannot know.

Nothing outside is touched: no file is read or written, no program run, no clock asked, no network
reached. Only keys made anew (`tls_private_key` with RSA) differ from one apply to the next.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dihedral.simulator.utility import chance, clock, files, keys, parts

Behaviour = Callable[[str, dict[str, Any], bytes], dict[str, Any]]

BEHAVIOUR: Mapping[str, Behaviour] = {
    "random_bytes": chance.raw,
    "random_id": chance.identifier,
    "random_integer": chance.integer,
    "random_password": chance.password,
    "random_pet": chance.pet,
    "random_shuffle": chance.shuffle,
    "random_string": chance.string,
    "random_uuid": chance.uuid,
    "null_resource": chance.null,
    "null_data_source": chance.echo,
    "local_file": files.local,
    "local_sensitive_file": files.local,
    "archive_file": files.archive,
    "cloudinit_config": parts.cloudinit,
    "http": files.request,
    "external": files.program,
    "time_offset": clock.offset,
    "time_rotating": clock.rotating,
    "time_sleep": clock.sleep,
    "time_static": clock.static,
    "tls_cert_request": keys.request,
    "tls_certificate": keys.seen_certificate,
    "tls_locally_signed_cert": keys.locally_signed,
    "tls_private_key": keys.private_key,
    "tls_public_key": keys.public_key,
    "tls_self_signed_cert": keys.self_signed,
}
