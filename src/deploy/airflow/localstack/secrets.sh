#!/bin/bash
# Runs in LocalStack when it is ready: the connections that Airflow looks for
# under connections_prefix. awslocal is the AWS CLI with LocalStack's address.
set -euo pipefail

connection() {  # NAME JSON
  awslocal secretsmanager create-secret --region us-east-1 \
    --name "datasources/connections/$1" --secret-string "$2"
}

connection warehouse '{"conn_type": "mysql", "host": "db", "port": 3306,
  "login": "etl", "password": "W4rehouse-local", "schema": "db1"}'
connection orders '{"conn_type": "mysql", "host": "db2", "port": 3306,
  "login": "etl", "password": "0rders-local"}'
connection events '{"conn_type": "postgres", "host": "db3", "port": 5432,
  "login": "etl", "password": "Ev3nts-local"}'
