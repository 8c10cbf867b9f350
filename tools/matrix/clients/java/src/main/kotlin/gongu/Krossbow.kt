package gongu

import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.hildan.krossbow.stomp.StompClient
import org.hildan.krossbow.stomp.StompSession
import org.hildan.krossbow.stomp.config.HeartBeat
import org.hildan.krossbow.stomp.frame.FrameBody
import org.hildan.krossbow.stomp.headers.StompSendHeaders
import org.hildan.krossbow.stomp.headers.StompSubscribeHeaders
import org.hildan.krossbow.websocket.builtin.builtIn
import org.hildan.krossbow.websocket.WebSocketClient

/** krossbow over its built-in WebSocket, the JDK's. */
object Krossbow {
  @JvmStatic
  fun main(args: Array<String>) {
    val lines = Lines(args)
    var session: StompSession? = null
    val client = StompClient(WebSocketClient.builtIn()) {
      heartBeat = HeartBeat(10.seconds, 10.seconds)
    }
    thread(isDaemon = true) {
      runBlocking {
        while (true) {
          try {
            val connected = client.connect(
              lines.webSocket(),
              customStompConnectHeaders = mapOf("Authorization" to "Bearer ${lines.token}"),
            )
            session = connected
            val headers = StompSubscribeHeaders("/topic/chat/${lines.room}") {
              this["after"] = lines.after().toString()
            }
            connected.subscribe(headers).collect { lines.sawMessage(Lines.read(it.bodyAsText)) }
            lines.saw("over")
          } catch (failed: Exception) {
            lines.saw("over", "why", failed.toString())
          }
          delay(300)
        }
      }
    }
    lines.talk { content ->
      runBlocking {
        val headers = StompSendHeaders("/app/chat/${lines.room}") {
          contentType = "application/json"
        }
        session!!.send(headers, FrameBody.Text(lines.body(content)))
      }
    }
  }
}
