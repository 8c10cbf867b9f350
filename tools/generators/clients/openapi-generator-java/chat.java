import java.util.List;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.MessagesApi;
import org.openapitools.client.model.ChatMessage;
import org.openapitools.client.model.Message;
import org.openapitools.client.model.RoomOpened;

public class Call {
    public static void main(String[] args) throws Exception {
        ApiClient client = new ApiClient().setBasePath(System.getenv("CHAT_URL"));
        client.setBearerToken(System.getenv("TOKEN"));
        String roomId = System.getenv("PRODUCT");
        List<Message> messages = new MessagesApi(client).listMessages(roomId, null, null, null, null).getMessages();
        RoomOpened first = (RoomOpened) messages.get(0).getSystemMessage().getData().getActualInstance();
        ChatMessage last = messages.get(messages.size() - 1).getChatMessage();
        System.out.println(messages.size() + " " + first.getEvent().getValue() + " " + last.getContent());
    }
}
