"""The terms on which a workspace takes changes: one document, written by its owners.

Shape   YAML with the sections below, all optional. A section that is left out is the server's, and
        one that the server leaves out is the default here; within `tiers` each name stands alone.

        guard:    {providers: {hashicorp/aws: {}}, modules: [./modules]}
        network:  {hosts: [sts.amazonaws.com, "*.us-east-1.amazonaws.com"]}
        tiers:    {update: {ruling: allow}, delete: {ruling: ask, approvers: 2}}
        limits:   {share: 0.25, increase: 100, expiry: 72h}
        policy:   {sets: [aws-baseline], settings: {required_tags: [owner]}}
        usage:    {resource_usage: {aws_s3_bucket.logs: {standard: {storage_gb: 500}}}}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dihedral.ops.rules.guard import GuardRules
from dihedral.ops.rules.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`hosts` are names that Terraform may reach, `*.` for all below one; `policies` names policy
    sets, and `settings` is what these read as `data.settings`; `usage` is Infracost's usage file.
    """

    guard: GuardRules = field(default_factory=GuardRules)
    limits: Limits = field(default_factory=Limits)
    hosts: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)
