"""Slots, per language: what is said is read, what is not sure is None."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.money import Money
from dihedral.model.rules import slots

TABLE: dict[str, list[tuple[str, object]]] = {
    "name": [
        ("I need a private bucket called invoices for team billing", "invoices"),
        ("sqs queue, name order-intake", "order-intake"),
        ("Postgres db named orders_db, small", "orders_db"),
        ("a bucket, name: audit-trail", "audit-trail"),
        ('please make "web-assets" for us', "web-assets"),
        ("eine Warteschlange namens bestellungen", "bestellungen"),
        ("Bucket mit dem Namen rechnungen-2024 bitte", "rechnungen-2024"),
        ("una cola llamada pedidos", "pedidos"),
        ("un bucket con el nombre facturas", "facturas"),
        ("建一个名为 invoices 的存储桶", "invoices"),
        ("需要一个队列，叫orders", "orders"),
        ("名称：shop-db，小型", "shop-db"),
        ("a bucket please", None),
        ("a queue called orders and a topic called events", None),
        ("change the name of the team", None),
        ("what is its domain name shop.example.com", None),
    ],
    "size": [
        ("a small database", "small"),
        ("postgres, MEDIUM", "medium"),
        ("the largest cache you have", "large"),
        ("eine kleine Datenbank", "small"),
        ("mittelgroße VM", "medium"),
        ("ein großer Cluster", "large"),
        ("una base de datos pequeña", "small"),
        ("una máquina mediana", "medium"),
        ("un clúster grande", "large"),
        ("小型数据库", "small"),
        ("中等规格的虚拟机", "medium"),
        ("大型集群", "large"),
        ("数据库，大", "large"),
        ("a bucket for large files", None),
        ("we are a small team", None),
        ("每小时运行一次", None),
        ("大家好，要一个存储桶", None),
        ("small or large, I am not sure", None),
        ("archivos grandes", None),
    ],
    "region": [
        ("bucket in eu-central-1", "eu-central-1"),
        ("a bucket in Frankfurt", "eu-central-1"),
        ("queue in us east 1", "us-east-1"),
        ("put it in Ohio", "us-east-2"),
        ("in N. Virginia please", "us-east-1"),
        ("Datenbank in Irland", "eu-west-1"),
        ("Bucket in Zürich", "eu-central-2"),
        ("una cola en Irlanda", "eu-west-1"),
        ("en Tokio", "ap-northeast-1"),
        ("base de datos en São Paulo", "sa-east-1"),
        ("在法兰克福建一个存储桶", "eu-central-1"),
        ("东京的数据库", "ap-northeast-1"),
        ("us east", None),
        ("replicate from Frankfurt to Ireland", None),
        ("eu-west-1 and eu-west-2", None),
        ("for the London team", None),
        ("in Germany", None),
    ],
    "days": [
        ("keep things for 30 days", 30),
        ("30-day retention", 30),
        ("retain a month", 30),
        ("delete after two weeks", 14),
        ("logs kept 1 year", 365),
        ("zwei Wochen aufheben", 14),
        ("nach 90 Tagen löschen", 90),
        ("ein Jahr aufbewahren", 365),
        ("guardar un año", 365),
        ("retención de 7 días", 7),
        ("保留90天", 90),
        ("保留两周", 14),
        ("日志保存三个月", 90),
        ("1,000 days", 1000),
        ("we need it in 3 days", None),
        ("every 5 days", None),
        ("at most $200 a month", None),
        ("more than 500 dollars a month", None),
        ("1000 a month", None),
        ("half a year", None),
        ("30 days or 90 days", None),
        ("两天内要用", None),
        ("en dos semanas", None),
        ("every day", None),
    ],
    "number": [
        ("ecs service with 3 copies", 3),
        ("three nodes, please", 3),
        ("drei Knoten", 3),
        ("dos réplicas", 2),
        ("三个节点", 3),
        ("2 nodes, keep logs 30 days", 2),
        ("a node", None),
        ("2 nodes and 3 copies", None),
        ("20 GB disk", None),
        ("image shop:1.4", None),
        ("in eu-west-1", None),
        ("$500", None),
    ],
    "owner": [
        ("owner is team-data", "team-data"),
        ("bucket, owner: checkout", "checkout"),
        ("a queue for the payments team", "payments"),
        ("I need a bucket for team billing", "billing"),
        ("owned by finance@example.com", "finance@example.com"),
        ("verantwortlich: plattform", "plattform"),
        ("Bucket für das Marketing-Team", "Marketing"),
        ("Kostenalarm für Team Daten", "Daten"),
        ("responsable: datos", "datos"),
        ("una cola para el equipo de pagos", "pagos"),
        ("负责人 张伟，存储桶", "张伟"),
        ("负责人是data-team", "data-team"),
        ("为支付团队建一个队列", "支付"),
        ("a bucket for invoices", None),
        ("for our team", None),
        ("owner checkout, for the payments team", None),
    ],
    "environment": [
        ("prod database", "production"),
        ("for staging", "staging"),
        ("a dev queue", "development"),
        ("in the test environment", "test"),
        ("für die Produktion", "production"),
        ("Entwicklungsumgebung", "development"),
        ("en producción", "production"),
        ("entorno de pruebas", "test"),
        ("生产环境的数据库", "production"),
        ("测试环境", "test"),
        ("copy production to staging", None),
        ("not for production", None),
        ("非生产", None),
        ("for the development team", None),
        ("product catalogue", None),
        ("run a load test", None),
    ],
    "amount": [
        ("$200 a month", Money(Decimal("200.00"), "USD")),
        ("warn at 1,500 USD", Money(Decimal("1500.00"), "USD")),
        ("500 Euro", Money(Decimal("500.00"), "EUR")),
        ("höchstens 1.500,50 €", Money(Decimal("1500.50"), "EUR")),
        ("2000美元", Money(Decimal("2000.00"), "USD")),
        ("300 dólares al mes", Money(Decimal("300.00"), "USD")),
        ("$5k", Money(Decimal("5000.00"), "USD")),
        ("1000 a month", None),
        ("$20 or $30", None),
        ("¥500", None),
        ("30 days", None),
    ],
    "schedule": [
        ("every night", "cron(0 2 * * ? *)"),
        ("hourly", "rate(1 hour)"),
        ("every 5 minutes", "rate(5 minutes)"),
        ("every day at 6:30 pm", "cron(30 18 * * ? *)"),
        ("each monday morning", None),
        ("every monday at 9am", "cron(0 9 ? * MON *)"),
        ("daily", "rate(1 day)"),
        ("on weekdays at 7", "cron(0 7 ? * MON-FRI *)"),
        ("monthly", "cron(0 0 1 * ? *)"),
        ("täglich um 6 Uhr", "cron(0 6 * * ? *)"),
        ("alle zwei Stunden", "rate(2 hours)"),
        ("jeden Montag um 8 Uhr", "cron(0 8 ? * MON *)"),
        ("cada hora", "rate(1 hour)"),
        ("todos los días a las 3", "cron(0 3 * * ? *)"),
        ("cada 15 minutos", "rate(15 minutes)"),
        ("每天早上", "cron(0 6 * * ? *)"),
        ("每天早上8点", "cron(0 8 * * ? *)"),
        ("每5分钟", "rate(5 minutes)"),
        ("每周一", "cron(0 0 ? * MON *)"),
        ("with cron(0 3 * * ? *)", "cron(0 3 * * ? *)"),
        ("hourly or daily", None),
        ("every day at 6 or at 7", None),
        ("a function", None),
        ("每天下午3点半", "cron(30 15 * * ? *)"),
    ],
}


@pytest.mark.parametrize(
    ("kind", "text", "value"), [(k, text, v) for k, rows in TABLE.items() for text, v in rows]
)
def test_a_slot_is_read_or_left_open(kind: str, text: str, value: object) -> None:
    assert slots.read(text, kind) == value


def test_a_choice_is_one_of_its_words() -> None:
    assert slots.read("use Redis please", "choice", ("redis", "valkey")) == "redis"
    assert slots.read("redis or valkey", "choice", ("redis", "valkey")) is None
    assert slots.read("redis", "choice") is None


def test_a_value_that_is_no_choice_is_left_open() -> None:
    assert slots.read("in the test environment", "environment", ("staging", "production")) is None


def test_an_unknown_kind_is_never_read() -> None:
    assert slots.read("anything", "text") is None


@given(st.text(max_size=80), st.sampled_from([*slots.READERS, "choice", "text"]))
def test_no_text_breaks_a_reader(text: str, kind: str) -> None:
    slots.read(text, kind, ())
