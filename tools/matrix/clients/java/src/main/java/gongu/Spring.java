package gongu;

import jakarta.websocket.ContainerProvider;
import jakarta.websocket.WebSocketContainer;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.messaging.simp.stomp.StompHeaders;
import org.springframework.messaging.simp.stomp.StompSession;
import org.springframework.messaging.simp.stomp.StompSessionHandlerAdapter;
import org.springframework.messaging.simp.stomp.StompFrameHandler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.web.socket.WebSocketHttpHeaders;
import org.springframework.web.socket.client.WebSocketClient;
import org.springframework.web.socket.client.standard.StandardWebSocketClient;
import org.springframework.web.socket.messaging.WebSocketStompClient;
import org.springframework.web.socket.sockjs.client.RestTemplateXhrTransport;
import org.springframework.web.socket.sockjs.client.SockJsClient;
import org.springframework.web.socket.sockjs.client.WebSocketTransport;

/**
 * Spring's WebSocketStompClient over Tomcat's WebSocket, over SockJsClient with one of its transports, with and without a
 * scheduler for heart-beats. Arguments: plain, sockjs-websocket or sockjs-xhr; scheduler or none.
 */
public final class Spring {
  public static void main(String[] args) throws Exception {
    Lines lines = new Lines(args);
    WebSocketContainer container = ContainerProvider.getWebSocketContainer();
    // Tomcat takes texts of 8,192 characters by itself.
    container.setDefaultMaxTextMessageBufferSize(1024 * 1024);
    WebSocketClient plain = new StandardWebSocketClient(container);
    WebSocketClient client =
        switch (args[0]) {
          case "sockjs-websocket" -> new SockJsClient(List.of(new WebSocketTransport(plain)));
          case "sockjs-xhr" -> new SockJsClient(List.of(new RestTemplateXhrTransport()));
          default -> plain;
        };
    String at = args[0].equals("plain") ? lines.webSocket() : lines.url + "/ws/chat";
    WebSocketStompClient stomp = new WebSocketStompClient(client);
    stomp.setInboundMessageSizeLimit(1024 * 1024);
    if (args[1].equals("scheduler")) {
      ThreadPoolTaskScheduler scheduler = new ThreadPoolTaskScheduler();
      scheduler.initialize();
      stomp.setTaskScheduler(scheduler);
    }
    AtomicReference<StompSession> session = new AtomicReference<>();
    Thread connecting =
        new Thread(
            () -> {
              while (true) {
                over(lines, stomp, at, session);
                Lines.pause();
              }
            });
    connecting.setDaemon(true);
    connecting.start();
    lines.talk(
        content -> {
          StompHeaders headers = new StompHeaders();
          headers.setDestination("/app/chat/" + lines.room);
          headers.set("content-type", "application/json");
          session.get().send(headers, lines.body(content).getBytes(StandardCharsets.UTF_8));
        });
  }

  /** One connection, until it is over. */
  private static void over(
      Lines lines, WebSocketStompClient stomp, String at, AtomicReference<StompSession> current) {
    StompHeaders connect = new StompHeaders();
    connect.set("Authorization", "Bearer " + lines.token);
    Object ended = new Object();
    try {
      StompSessionHandlerAdapter handler =
          new StompSessionHandlerAdapter() {
            @Override
            public void handleFrame(StompHeaders headers, Object payload) {
              lines.saw("error", "code", String.valueOf(headers.getFirst("message")));
            }

            @Override
            public void handleTransportError(StompSession session, Throwable why) {
              lines.saw("over", "why", why.toString());
              synchronized (ended) {
                ended.notifyAll();
              }
            }
          };
      StompSession session =
          stomp.connectAsync(at, new WebSocketHttpHeaders(), connect, handler).get();
      StompHeaders subscribe = new StompHeaders();
      subscribe.setDestination("/topic/chat/" + lines.room);
      subscribe.set("after", String.valueOf(lines.after()));
      StompFrameHandler receive =
          new StompFrameHandler() {
            @Override
            public Type getPayloadType(StompHeaders headers) {
              return byte[].class;
            }

            @Override
            public void handleFrame(StompHeaders headers, Object payload) {
              lines.sawMessage(Lines.read(new String((byte[]) payload, StandardCharsets.UTF_8)));
            }
          };
      current.set(session);
      session.subscribe(subscribe, receive);
      synchronized (ended) {
        while (session.isConnected()) ended.wait(500);
      }
    } catch (Exception failed) {
      lines.saw("over", "why", failed.toString());
    }
  }
}
