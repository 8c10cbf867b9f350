"""Receives webhooks, and says of each whether it is signed by SECRET: pip install standardwebhooks==1.1.0"""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["SECRET"])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            event = webhook.verify(body, headers)
            print("verified", event["type"], headers["webhook-id"], flush=True)
            self.send_response(204)
        except WebhookVerificationError as error:
            print("refused:", error, flush=True)
            self.send_response(401)
        self.end_headers()


HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8090"))), Receiver).serve_forever()
