"""The methods of Terraform's plugin protocol, 5 and 6, and which method of `Rpc` answers each.

Apart from `rpc`, so that a provider can greet Terraform before it has loaded all that it can do.
"""

SHARED = {
    "ReadResource": "read",
    "PlanResourceChange": "plan",
    "ApplyResourceChange": "apply",
    "ImportResourceState": "import_state",
    "MoveResourceState": "move",
    "ReadDataSource": "read_data",
    "UpgradeResourceState": "upgrade",
    "OpenEphemeralResource": "open_ephemeral",
    "CallFunction": "call_function",
    "GetMetadata": "nothing",
    "GetFunctions": "nothing",
    "GetResourceIdentitySchemas": "nothing",
    "ValidateEphemeralResourceConfig": "nothing",
    "RenewEphemeralResource": "nothing",
    "CloseEphemeralResource": "nothing",
}
NAMES = {
    5: SHARED
    | {
        "GetSchema": "get_schema",
        "PrepareProviderConfig": "prepare_provider",
        "ValidateResourceTypeConfig": "validate_resource",
        "ValidateDataSourceConfig": "validate_data",
        "Configure": "configure",
        "Stop": "nothing",
    },
    6: SHARED
    | {
        "GetProviderSchema": "get_schema",
        "ValidateProviderConfig": "nothing",
        "ValidateResourceConfig": "validate_resource",
        "ValidateDataResourceConfig": "validate_data",
        "ConfigureProvider": "configure",
        "StopProvider": "nothing",
    },
}


def path_of(protocol: int, name: str) -> str:
    """The full gRPC method, as Terraform calls it."""
    return f"/tfplugin{protocol}.Provider/{name}"
