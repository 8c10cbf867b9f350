import org.openapitools.client.apis.MessagesApi
import org.openapitools.client.infrastructure.ApiClient
import org.openapitools.client.models.ChatMessage
import org.openapitools.client.models.RoomOpened
import org.openapitools.client.models.SystemMessage

fun main() {
    ApiClient.accessToken = System.getenv("TOKEN")
    val messages = MessagesApi(System.getenv("CHAT_URL")).listMessages(System.getenv("PRODUCT")).messages
    val first = (messages.first().actualInstance as SystemMessage).data.actualInstance as RoomOpened
    val last = messages.last().actualInstance as ChatMessage
    println("${messages.size} ${first.event.value} ${last.content}")
}
