"""The same below a server of the standard library, and in a task."""

from http.server import BaseHTTPRequestHandler

import boto3
import requests
from celery import shared_task


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        page = requests.Session().get("http://pages.internal/").content  # want HW903
        self.wfile.write(page)


@shared_task
def archive(key, body):
    store = boto3.client("s3")  # want HW903
    store.put_object(Bucket="archive", Key=key, Body=body)
