"""New prices of AWS's public files: read as they come, written as a book, layered over ours."""

import csv
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.domain.errors import Invalid, Upstream
from dihedral.ops.rules import bulk, cost, jsonstream
from dihedral.ops.work import prices
from tests.ops import plans
from tests.ops.plans import change

MACHINE = {
    "servicecode": "AmazonEC2",
    "regionCode": "eu-west-1",
    "instanceType": "m5.large",
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
    "usagetype": "EU-BoxUsage:m5.large",
    "operation": 'an "odd" one: {[',
}
DISK = {
    "servicecode": "AmazonEC2",
    "regionCode": "eu-west-1",
    "usagetype": "EU-EBS:VolumeUsage.gp2",
}
LAMBDA = {
    "servicecode": "AWSLambda",
    "regionCode": "eu-west-1",
    "group": "AWS-Lambda-Duration",
    "usagetype": "EU-Lambda-GB-Second",
}
PRODUCTS = [
    ("A", "Compute Instance", MACHINE, [("0", "0.111")]),
    ("B", "Compute Instance", {**MACHINE, "tenancy": "Dedicated"}, [("0", "9")]),
    ("C", "Compute Instance", {**MACHINE, "usagetype": "EU-UnusedBox:m5.large"}, [("0", "8")]),
    ("D", "Storage", {**DISK, "volumeApiName": "gp2"}, [("0", "0.11")]),
    ("E", "Serverless", LAMBDA, [("6000000000", "0.00002"), ("0", "0.00003")]),
    ("F", "Compute Instance", {**MACHINE, "instanceType": "m5.xlarge"}, [("0", "0")]),
]


def offer() -> dict[str, Any]:
    """As AWS writes it, with terms for a year that are not read."""
    return {
        "formatVersion": "v1.0",
        "disclaimer": "none",
        "offerCode": "AmazonEC2",
        "publicationDate": "2031-02-03T04:05:06Z",
        "products": {
            sku: {"sku": sku, "productFamily": family, "attributes": held}
            for sku, family, held, _ in PRODUCTS
        },
        "terms": {
            "OnDemand": {
                sku: {
                    f"{sku}.T": {
                        "offerTermCode": "T",
                        "priceDimensions": {
                            f"{sku}.T.{at}": {
                                "unit": "Hrs",
                                "beginRange": begins,
                                "pricePerUnit": {"USD": price},
                            }
                            for at, (begins, price) in enumerate(tiers)
                        },
                    }
                }
                for sku, _, _, tiers in PRODUCTS
            },
            "Reserved": {"A": {"never": "read"}},
        },
    }


def lines() -> str:
    """The same prices in the CSV form."""
    out = io.StringIO()
    writer = csv.writer(out)
    names = {
        "regionCode": "Region Code",
        "instanceType": "Instance Type",
        "operatingSystem": "Operating System",
        "tenancy": "Tenancy",
        "preInstalledSw": "Pre Installed S/W",
        "capacitystatus": "CapacityStatus",
        "licenseModel": "License Model",
        "usagetype": "usageType",
        "servicecode": "serviceCode",
        "volumeApiName": "Volume API Name",
        "group": "Group",
    }
    for head in (("FormatVersion", "v1.0"), ("Publication Date", "2031-02-03T04:05:06Z")):
        writer.writerow(head)
    fixed = ["SKU", "TermType", "StartingRange", "PricePerUnit", "Currency", "Product Family"]
    writer.writerow([*fixed, *names.values()])
    for sku, family, held, tiers in PRODUCTS:
        for begins, price in tiers:
            row = [sku, "OnDemand", begins, price, "USD", family]
            writer.writerow([*row, *(held.get(name, "") for name in names)])
            writer.writerow([sku, "Reserved", begins, "7", "USD", family])
    return out.getvalue()


def machine(book_at: Path | None, region: str) -> tuple[str, tuple[str, ...], str]:
    found = cost.estimate(
        plans.read(change("aws_instance.a", "create", after={"instance_type": "m5.large"})),
        prices.load(book_at),
        region,
    )
    hours = found.priced[0].components[0].after.likely
    return f"{hours:.2f}", found.priced[0].assumes, found.dated


@contextmanager
def served(body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/index.json" else 404)
            self.end_headers()
            self.wfile.write(body if self.path == "/index.json" else b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_refreshed_book_prices_its_own_region_exactly(tmp_path: Path) -> None:
    out = tmp_path / "book.toml"
    with served(json.dumps(offer(), indent=2).encode()) as address:
        ((_, read),) = prices.refresh([f"{address}/index.json"], out)
    assert (read.service, read.published[:10], read.products) == ("AmazonEC2", "2031-02-03", 6)
    assert {name: len(tiers) for name, tiers in read.rates["eu-west-1"].items()} == {
        "ec2.linux.m5.large": 1,
        "ebs.gp2.gb": 1,
        "lambda.x86_64": 2,
    }
    amount, assumes, dated = machine(out, "eu-west-1")
    assert (amount, dated) == ("81.03", "2031-02-03")
    assert not any("not verified" in said for said in assumes)
    assert machine(None, "eu-west-1")[0] == "70.08"
    assert machine(out, "us-east-1") == machine(None, "us-east-1")


def test_the_csv_form_says_the_same(tmp_path: Path) -> None:
    path, out = tmp_path / "offer.csv", tmp_path / "book.toml"
    path.write_text(lines(), "utf-8")
    prices.refresh([str(path)], out)
    told = bulk.read_json([json.dumps(offer()).encode()], prices.skus())
    again = bulk.read_csv(lines().splitlines(), prices.skus())
    assert again.rates == told.rates
    assert machine(out, "eu-west-1")[0] == "81.03"


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 400), st.sampled_from([None, 1]))
def test_it_does_not_matter_how_the_file_comes_in(size: int, indent: int | None) -> None:
    text = json.dumps(offer(), indent=indent).encode()
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    found = bulk.read_json(chunks, prices.skus())
    assert found == bulk.read_json([text], prices.skus())


def test_a_large_file_needs_little_memory() -> None:
    import tracemalloc

    piece = json.dumps({"productFamily": "None", "attributes": {"words": "x" * 2000}}).encode()

    def chunks() -> Iterator[bytes]:
        yield b'{"products":{'
        for at in range(3_000):  # 6 MB
            yield b'"%d":%s,' % (at, piece)
        yield json.dumps(offer()["products"])[1:-1].encode() + b'},"terms":'
        yield json.dumps(offer()["terms"]).encode()

    tracemalloc.start()
    try:
        assert bulk.read_json(chunks(), prices.skus()).products == 3_006
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


BROKEN = [
    b"",
    b"{}",
    b'{"products": {"A": {',
    b'{"products": {"A": {"attributes": }}}',
    b'{"terms": {"OnDemand": {"A": {"T": 1}}}}',
    b"SKU,TermType\nA,OnDemand\n",
    b"\xff\xfe",
    b"<html>",
]


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_price_file_is_refused_and_nothing_written(tmp_path: Path, text: bytes) -> None:
    path, out = tmp_path / "offer", tmp_path / "book.toml"
    path.write_bytes(text)
    with pytest.raises(Invalid, match="offer"):
        prices.refresh([str(path)], out)
    assert not out.exists()


def test_an_address_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with served(b"") as address, pytest.raises(Upstream, match="does not answer"):
        prices.refresh([f"{address}/other"], tmp_path / "book.toml")


def test_an_entry_without_end_is_refused() -> None:
    with pytest.raises(Invalid, match="larger than 4 MB"):
        list(jsonstream.objects([b'{"a": {"b": "'] + [b"x" * (1 << 20)] * 5, lambda _: True))


def test_a_book_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="DIHEDRAL_PRICES"):
        prices.load(tmp_path / "none.toml")
