import os

from gongu_chat_client import AuthenticatedClient
from gongu_chat_client.api.messages import list_messages

client = AuthenticatedClient(base_url=os.environ['CHAT_URL'], token=os.environ['TOKEN'])
messages = list_messages.sync(os.environ['PRODUCT'], client=client).messages
print(len(messages), messages[0].data.event, messages[-1].content)
