import os

import openapi_client

configuration = openapi_client.Configuration(host=os.environ['CHAT_URL'], access_token=os.environ['TOKEN'])
with openapi_client.ApiClient(configuration) as client:
    page = openapi_client.MessagesApi(client).list_messages(os.environ['PRODUCT'])
    messages = [message.actual_instance for message in page.messages]
    print(len(messages), messages[0].data.actual_instance.event, messages[-1].content)
