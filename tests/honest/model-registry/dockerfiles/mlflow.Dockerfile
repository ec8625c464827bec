FROM python:3.12-slim
RUN pip install mlflow==2.20.0 psycopg2-binary
ENTRYPOINT ["mlflow", "server"]
