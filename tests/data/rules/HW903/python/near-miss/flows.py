"""Tasks of a library that schedules."""

import requests
from airflow.decorators import task


@task
def extract(day):
    return requests.get("http://rates.internal/" + day).json()
