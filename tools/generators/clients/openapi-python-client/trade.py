import os

from gongu_trade_client import Client
from gongu_trade_client.api.products import get_product

client = Client(base_url=os.environ['TRADE_URL'])
product = get_product.sync(os.environ['PRODUCT'], client=client)
print(product.title, product.status, product.reason)
