"""Requests in four languages for three things, and some for none of them: small, and our own."""

PHRASINGS = {
    "bucket": [
        "I need a bucket", "a private bucket for invoices", "s3 bucket please", "object storage",
        "somewhere to keep files, encrypted", "create a bucket called exports",
        "bucket for backups",
        "store documents for 90 days", "file storage bucket for team data", "make me an s3 bucket",
        "ein Bucket für Rechnungen", "wir brauchen einen Bucket", "Objektspeicher bitte",
        "un bucket privado", "necesito almacenamiento de objetos",
        "almacenar archivos en un bucket",
        "建一个存储桶", "需要一个私有的存储桶", "对象存储", "存储桶用来放发票",
    ],
    "queue": [
        "I need a queue", "an sqs queue with dead letters", "message queue for orders",
        "queue please",
        "decouple two services with a queue", "work queue for the thumbnails",
        "create a queue called jobs",
        "messages should wait until a worker takes them", "dead letter queue", "sqs",
        "eine Warteschlange für Bestellungen", "wir brauchen eine Queue",
        "Nachrichtenwarteschlange",
        "una cola de mensajes", "necesito una cola para pedidos", "cola con mensajes muertos",
        "建一个消息队列", "需要一个队列", "订单队列", "带死信的队列",
    ],
    "database": [
        "I need a database", "postgres database, small", "a relational database for the shop",
        "PostgreSQL with backups", "sql database please", "rds instance for orders",
        "a postgres db",
        "create a database called shop", "managed postgres", "tables and sql for team crm",
        "eine Datenbank für den Shop", "wir brauchen Postgres", "relationale Datenbank bitte",
        "una base de datos", "necesito postgres", "base de datos relacional pequeña",
        "建一个数据库", "需要一个关系型数据库", "小型 postgres 数据库", "订单数据库",
    ],
}  # fmt: skip

UNSURE = [
    "hello", "what is the weather", "tell me a joke", "thank you", "who are you", "help",
    "guten Tag", "wie spät ist es", "hola", "qué tal", "你好", "今天天气怎么样",
]  # fmt: skip

ROWS = [(text, label) for label, texts in PHRASINGS.items() for text in texts]
ALL = ROWS + [(text, "") for text in UNSURE]
