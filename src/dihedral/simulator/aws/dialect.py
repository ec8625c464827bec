"""hashicorp/aws as an engine's dialect: its region and tags, its names, its customised plans."""

from dihedral.simulator.aws.answers import answer
from dihedral.simulator.aws.checks import check
from dihedral.simulator.aws.functions import FUNCTIONS
from dihedral.simulator.aws.meanings import domains, special, validations
from dihedral.simulator.aws.names import IMPORTS, PREFIXED, RECOMPUTED, arn_template, id_template
from dihedral.simulator.cty import UNKNOWN, Object, Value, unknown, unsure
from dihedral.simulator.dialect import Dialect, Setting
from dihedral.simulator.plan import Kind
from dihedral.simulator.scenario import Scenario
from dihedral.simulator.seed import Maker

REGION = "us-east-1"


def configure(config: Object, scenario: Scenario) -> Setting:
    """The provider block's region and default tags, and the account of a role it takes on."""
    region = config.get("region")
    account, tags = scenario.account, {}
    for role in _blocks(config.get("assume_role")):
        parts = str(role.get("role_arn")).split(":")
        account = parts[4] if len(parts) > 5 and parts[4] else account
    for block in _blocks(config.get("default_tags")):
        found = block.get("tags")
        tags = found if isinstance(found, dict) else {}
    known = region if isinstance(region, str) and region else scenario.region or REGION
    return Setting(known, account, config, tags)


def _blocks(value: Value) -> list[Object]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def customise(
    kind: Kind, planned: Object, prior: Object | None, more: tuple[Object, Setting]
) -> Object:
    config, setting = more
    out = dict(planned)
    region = kind.block.attributes.get("region")
    if region and region.computed and region.optional and config.get("region") is None:
        out["region"] = (prior or {}).get("region") or setting.region
    tagged = kind.block.attributes.get("tags_all")
    if tagged and tagged.computed:
        out["tags_all"] = _all_tags(kind, prior, config.get("tags"), setting.tags)
    if kind.name == "aws_acm_certificate":
        out |= _certificate(out, prior, config)
    return out


def observe(kind: Kind, current: Object, setting: Setting) -> Object:
    """A state of before release 6 has no region; a refresh writes down the provider's."""
    region = kind.block.attributes.get("region")
    if region and region.computed and current.get("region") is None:
        return {**current, "region": setting.region}
    return current


def _all_tags(kind: Kind, prior: Object | None, own: Value, default: Object) -> Value:
    """The tags of the provider block, then the resource's own; unknown while there are none."""
    if unknown(own):
        return UNKNOWN
    tags = {k: v for k, v in {**default, **(own or {})}.items() if v is not None}
    if unsure(tags) and not kind.legacy:
        return UNKNOWN
    return tags or (UNKNOWN if prior is None else {})


def _certificate(planned: Object, prior: Object | None, config: Object) -> Object:
    """The domains to validate are known at plan, without which `for_each` over them fails."""
    written = config.get("subject_alternative_names")
    if not isinstance(config.get("domain_name"), str) or unsure(written):
        return {}
    out: Object = {}
    if prior is None:
        out["domain_validation_options"] = [
            {
                "domain_name": name,
                "resource_record_name": UNKNOWN,
                "resource_record_type": UNKNOWN,
                "resource_record_value": UNKNOWN,
            }
            for name in domains(config)
        ]
    if written is not None:
        out["subject_alternative_names"] = domains(config)
    return out


def identify(kind: Kind, planned: Object, maker: Maker, setting: Setting) -> Object:
    """Name, keys, ARN and id, in the order in which they are made of each other."""
    if kind.mode != "resource":
        return _identify_data(kind, planned, maker)
    out = dict(planned)
    for name, prefix in PREFIXED:
        if unknown(out.get(name)):
            start = out.get(prefix)
            out[name] = (start if isinstance(start, str) else "terraform-") + maker.seed.stamp(name)
            if unknown(out.get(prefix)):
                out[prefix] = "" if kind.legacy else "terraform-"
    made: Object = {"key_id": maker.seed.uuid("key"), "zone_id": "Z" + maker.seed.upper(20, "zone")}
    made |= {"revision": 1} if kind.name == "aws_ecs_task_definition" else {}
    out |= {name: value for name, value in made.items() if unknown(out.get(name))}
    template = id_template(kind.name)
    if unknown(out.get("id")) and template and "{arn}" not in template:
        out["id"] = maker.written(template, out)
    if unknown(out.get("arn")):
        out["arn"] = _arn(kind.name, out, maker)
    if unknown(out.get("id")):
        out["id"] = _id(template, out, maker)
    if unknown(out.get("tags_all")):
        own = out.get("tags")
        out["tags_all"] = {**setting.tags, **(own if isinstance(own, dict) else {})}
    if kind.name == "aws_acm_certificate":
        out["domain_validation_options"] = validations(maker, out)
    return out


def _identify_data(kind: Kind, planned: Object, maker: Maker) -> Object:
    out = dict(planned)
    names = [out.get(n) for n in ("name", "bucket") if isinstance(out.get(n), str)]
    if unknown(out.get("id")):
        out["id"] = next(iter(names), maker.seed.hex(16))
    template = arn_template(kind.name)
    if unknown(out.get("arn")) and kind.mode == "data" and template:
        out["arn"] = maker.written(template, out)
    return out


def _arn(kind: str, out: Object, maker: Maker) -> str:
    template = arn_template(kind)
    if template:
        return maker.written(template, out)
    named = [out.get(n) for n in ("id", "name", "identifier") if isinstance(out.get(n), str)]
    last = next(iter(named), maker.seed.hex(16))
    words = kind.split("_")
    what = "-".join(words[2:]) or words[-1]
    return f"arn:aws:{maker.service}:{maker.region}:{maker.account}:{what}/{last}"


def _id(template: str | None, out: Object, maker: Maker) -> str:
    if template:
        return maker.written(template, out)
    name = out.get("name")
    return name if isinstance(name, str) else maker.seed.hex(20)


AWS = Dialect(
    configure=configure,
    identify=identify,
    answer=answer,
    customise=customise,
    observe=observe,
    check=check,
    special=special(),
    functions=FUNCTIONS,
    imports=IMPORTS,
    recomputed=RECOMPUTED,
    force_new=("region",),
)
