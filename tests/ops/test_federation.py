"""The section `identity` of terms, and what each cloud's provider is given for it."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import clouds, federation, terms
from dihedral.ops.rules.clouds import Wants
from dihedral.ops.rules.terms import Terms

PLAIN = Terms()
ROLE = "arn:aws:iam::123456789012:role"
POOL = "projects/1/locations/global/workloadIdentityPools/pool/providers/dihedral"
ONE, TWO = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"
WHOLE = f"""
identity:
  aws: {{plan: {ROLE}/plan, apply: {ROLE}/team/apply}}
  google: {{provider: {POOL}, plan: plan@p.iam.gserviceaccount.com, apply: do@p.iam.gserviceaccount.com}}
  azure: {{tenant: {ONE}, subscription: {TWO}, plan: {ONE}, apply: {TWO}}}
  vault: {{address: "https://vault.example:8200", namespace: admin}}
  kubernetes: {{host: "https://k8s.example:6443", certificate: QUJD}}
"""  # noqa: E501
WRONG = [
    ("[]", "identity is []; it is a mapping"),
    ("{awz: {}}", "there is no 'awz' in identity; did you mean aws?"),
    ("{aws: }", "identity.aws is empty; it is a mapping"),
    (f"{{aws: {{plan: {ROLE}/a}}}}", "identity.aws.apply is empty; it is the ARN of a role"),
    (f"{{aws: {{plan: {ROLE}/a, aply: {ROLE}/a}}}}", "no 'aply' in identity.aws; did you mean"),
    (f"{{aws: {{plan: {ROLE}/a, apply: 'arn:aws:iam::1:role/a'}}}}", "identity.aws.apply is"),
    (f"{{aws: {{plan: {ROLE}/a, apply: 'arn:aws:iam::123456789012:user/a'}}}}", "aws.apply is"),
    (f"{{aws: {{plan: {ROLE}/a, apply: {ROLE}/a, audience: 'a b'}}}}", "aws.audience is 'a b'"),
    (f"{{aws: {{plan: {ROLE}/a, apply: {ROLE}/a, audience: 7}}}}", "aws.audience is 7"),
    ("{vault: {address: 'http://vault.example'}}", "vault.address is 'http://vault.example'"),
    ('{vault: {address: "https://v.example/\\nx"}}', "vault.address is"),
    ("{kubernetes: {host: 'https://k.example', certificate: '-----BEGIN'}}", "certificate is"),
    (f"{{azure: {{tenant: {ONE.upper()}, subscription: {ONE}}}}}", "azure.tenant is"),
    ("{google: {provider: pool}}", "google.provider is 'pool'; it is such as projects/1"),
    ("{google: {provider: " + POOL + ", plan: a@b.example}}", "google.plan is 'a@b.example'"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_fault_names_its_place_and_what_was_meant(text: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        terms.read(f"identity: {text}", PLAIN)
    assert said in str(caught.value)


def test_what_is_read_can_be_shown_and_read_again() -> None:
    found = terms.read(WHOLE, PLAIN)
    assert set(found.identity) == set(federation.CLOUDS)
    assert found.identity["google"]["audience"] == f"https://iam.googleapis.com/{POOL}"
    assert (
        "certificate"
        not in terms.read("identity: {kubernetes: {host: 'https://k.example'}}", PLAIN).identity[
            "kubernetes"
        ]
    )
    assert terms.read(terms.show(found), PLAIN) == found
    assert terms.read(terms.show(PLAIN), found) == PLAIN


def test_a_fixed_identity_stays_as_it_is() -> None:
    fixed = replace(terms.read(WHOLE, PLAIN), fixed=("identity",))
    assert terms.read(f"identity: {{aws: {{plan: {ROLE}/x, apply: {ROLE}/x}}}}", fixed) == fixed
    with pytest.raises(Invalid, match="identity is fixed"):
        terms.check("identity: {}", fixed)


@pytest.mark.parametrize(
    ("before", "after", "looser"),
    [
        ("{}", f"{{aws: {{plan: {ROLE}/a, apply: {ROLE}/b}}}}", True),
        (f"{{aws: {{plan: {ROLE}/a, apply: {ROLE}/b}}}}", "{}", False),
        (
            f"{{aws: {{plan: {ROLE}/a, apply: {ROLE}/b}}}}",
            f"{{aws: {{plan: {ROLE}/b, apply: {ROLE}/b}}}}",
            None,
        ),
    ],
)
def test_who_moves_an_identity_is_told_of(before: str, after: str, looser: bool | None) -> None:
    was, now = (terms.read(f"identity: {text}", PLAIN) for text in (before, after))
    [moved] = terms.moved(was, now)
    assert (moved.path, moved.looser) == ("identity", looser)


def test_every_example_in_the_documents_can_be_read() -> None:
    docs = Path(__file__).parents[2] / "docs"
    found = re.findall(r"```yaml\n(.*?)```", (docs / "identity.md").read_text("utf-8"), re.DOTALL)
    read = [terms.read(text, PLAIN) for text in found]
    assert {name for one in read for name in one.identity} == set(federation.CLOUDS)
    assert all(one.hosts for one in read)


def wanted(phase: str) -> dict[str, Wants]:
    identity = terms.read(WHOLE, PLAIN).identity
    return {one.cloud: one for one in clouds.wants(identity, phase, "/run/identity", "run-1-plan")}


@pytest.mark.parametrize(("phase", "role"), [("plan", "plan"), ("apply", "team/apply")])
def test_aws_is_assumed_as_a_role_of_the_phase(phase: str, role: str) -> None:
    found = wanted(phase)["aws"]
    assert found.audience == "sts.amazonaws.com"
    assert found.env == {
        "AWS_ROLE_ARN": f"{ROLE}/{role}",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/run/identity/aws.jwt",
        "AWS_ROLE_SESSION_NAME": "run-1-plan",
    }


def test_google_reads_an_external_account() -> None:
    found = wanted("apply")["google"]
    assert found.env == {"GOOGLE_APPLICATION_CREDENTIALS": "/run/identity/google.json"}
    account: dict[str, Any] = json.loads(found.files["/run/identity/google.json"])
    assert account["type"] == "external_account"
    assert account["audience"] == f"//iam.googleapis.com/{POOL}"
    assert account["credential_source"]["file"] == found.token == "/run/identity/google.jwt"
    assert account["service_account_impersonation_url"].endswith(
        "/serviceAccounts/do@p.iam.gserviceaccount.com:generateAccessToken"
    )


@pytest.mark.parametrize(("phase", "client"), [("plan", ONE), ("apply", TWO)])
def test_azure_is_a_client_of_the_phase(phase: str, client: str) -> None:
    found = wanted(phase)["azure"]
    assert found.audience == "api://AzureADTokenExchange"
    assert found.env == {
        "ARM_USE_OIDC": "true",
        "ARM_OIDC_TOKEN_FILE_PATH": "/run/identity/azure.jwt",
        "ARM_CLIENT_ID": client,
        "ARM_TENANT_ID": ONE,
        "ARM_SUBSCRIPTION_ID": TWO,
    }


def test_vault_takes_the_token_itself_and_kubernetes_a_file() -> None:
    vault, kubernetes = wanted("plan")["vault"], wanted("plan")["kubernetes"]
    assert vault.env == {"VAULT_ADDR": "https://vault.example:8200", "VAULT_NAMESPACE": "admin"}
    assert vault.tokens == ("TERRAFORM_VAULT_AUTH_JWT",)
    config = json.loads(kubernetes.files[kubernetes.env["KUBE_CONFIG_PATH"]])
    assert config["users"][0]["user"] == {"tokenFile": "/run/identity/kubernetes.jwt"}
    assert config["clusters"][0]["cluster"] == {
        "server": "https://k8s.example:6443",
        "certificate-authority-data": "QUJD",
    }


@pytest.mark.parametrize(
    "key",
    [
        "AWS_ACCESS_KEY_ID",
        "AWS_ROLE_ARN",
        "GOOGLE_CREDENTIALS",
        "ARM_CLIENT_SECRET",
        "KUBE_TOKEN",
        "TERRAFORM_VAULT_AUTH_JWT",
        "VAULT_TOKEN",
    ],
)
def test_a_stored_key_beside_an_identity_is_refused(key: str) -> None:
    with pytest.raises(Invalid, match=f"stores {key}, too: unset the variable"):
        clouds.demand_alone(list(wanted("plan").values()), ["REGION", key])


def test_other_variables_and_keys_of_other_clouds_are_fine() -> None:
    clouds.demand_alone([wanted("plan")["aws"]], ["AWS_REGION", "ARM_CLIENT_SECRET"])
