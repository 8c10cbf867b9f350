import os

import openapi_client

configuration = openapi_client.Configuration(host=os.environ['TRADE_URL'], access_token=os.environ['TOKEN'])
with openapi_client.ApiClient(configuration) as client:
    product = openapi_client.ProductsApi(client).get_product(os.environ['PRODUCT'])
    print(product.title, product.status, product.reason)
