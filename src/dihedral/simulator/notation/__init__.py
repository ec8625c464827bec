"""A provider's types on a page: a notation for a schema and for what a schema leaves out.

`read` gives two plain objects; `write` is its inverse. A type reads like this:

    provider registry.terraform.io/hashicorp/aws 6.47.0
    function trim_iam_role_path(arn:string) string
    resource aws_ebs_volume sdk modelled
      ! conflicts size snapshot_id
      arn string computed
      availability_zone string required new
      multi_attach_enabled bool new
      tags map(string)
      timeouts: single
        create string

Shape   schema: the object of one provider in `terraform providers schema -json` without its prose,
        with the keys `name` and `version` added. Attributes that read alike are one shared object:
        treat the answer as read-only.
        facts: type -> what the schema leaves out, only the keys that apply:
          s   0 made with the SDK, 1 with the framework      k   confidence, one of `CONFIDENCE`
          fn  paths that force a new resource when changed   df  path -> default
          cb  blocks that the provider fills when left out   us  computed paths an update keeps
          cf  [path, the paths it conflicts with ...]        eo  [exactly one of these paths ...]
          en  path -> the values allowed

Grammar (two spaces a level; `#` starts a comment line; no tabs)
        provider ADDRESS VERSION                       once, first
        configuration | meta [N]                       the provider's own block, `provider_meta`
        function NAME(PARAM:TYPE,...REST:TYPE) TYPE    ...REST is variadic, PARAM? nullable
        resource | data | ephemeral TYPE [N] WORD...   N: schema version when not 0
          words of a type: sdk framework (facts are known) · modelled schema rough · deprecated
        NAME TYPE WORD... [=DEFAULT]                   an attribute; DEFAULT is JSON
          TYPE: string number bool dynamic list(T) set(T) map(T) tuple(T,T) object(NAME:T,NAME?:T)
          optional unless: required · computed · either (optional, else the provider decides)
          also: sensitive write-only deprecated · new (forces a new resource) · keeps (see us)
        NAME: MODE [LOW..HIGH] WORD...                 a block, its members one level deeper
          MODE: single group list set map · words: either new keeps deprecated
        NAME: MODE attribute WORD...                   a nested attribute (protocol 6), likewise
        ! conflicts PATH PATH... | ! one-of PATH... | ! values PATH JSON    facts of the type above

`write` leaves out prose, facts about paths that the schema lacks, and the
schemas of identities, lists and actions.
"""

from dihedral.simulator.notation.reading import NotationError, read
from dihedral.simulator.notation.words import CONFIDENCE, Facts, Schema
from dihedral.simulator.notation.writing import write

__all__ = ["CONFIDENCE", "Facts", "NotationError", "Schema", "read", "write"]
