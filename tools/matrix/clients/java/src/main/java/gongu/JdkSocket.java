package gongu;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;

/** gongu.v1 by the JDK's own WebSocket, which brings one frame in pieces of 16,384 bytes. */
public final class JdkSocket {
  public static void main(String[] args) throws Exception {
    Lines lines = new Lines(args);
    HttpClient http = HttpClient.newHttpClient();
    AtomicReference<WebSocket> current = new AtomicReference<>();
    Thread connecting =
        new Thread(
            () -> {
              while (true) {
                CompletableFuture<Void> over = new CompletableFuture<>();
                try {
                  WebSocket socket =
                      http.newWebSocketBuilder()
                          .subprotocols("gongu.v1")
                          .buildAsync(URI.create(lines.webSocket()), new Listener(lines, over))
                          .join();
                  current.set(socket);
                  over.join();
                } catch (Exception failed) {
                  lines.saw("over", "why", failed.toString());
                }
                Lines.pause();
              }
            });
    connecting.setDaemon(true);
    connecting.start();
    lines.talk(
        content -> {
          String body = lines.body(content);
          String frame = "{\"type\":\"send\",\"roomId\":\"" + lines.room + "\"," + body.substring(1);
          current.get().sendText(frame, true).join();
        });
  }

  private record Listener(Lines lines, CompletableFuture<Void> over, StringBuilder text) implements WebSocket.Listener {
    Listener(Lines lines, CompletableFuture<Void> over) {
      this(lines, over, new StringBuilder());
    }

    @Override
    public void onOpen(WebSocket socket) {
      socket.sendText(Lines.json(Map.of("type", "auth", "token", lines.token)), true);
      socket.request(1);
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence piece, boolean isLast) {
      text.append(piece);
      if (isLast) {
        take(socket, Lines.read(text.toString()));
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    private void take(WebSocket socket, JsonNode frame) {
      switch (frame.get("type").asText()) {
        case "ready" ->
            socket.sendText(
                Lines.json(Map.of("type", "join", "ref", "join", "roomId", lines.room, "after", lines.after())), true);
        case "joined" -> frame.get("messages").forEach(lines::sawMessage);
        case "message" -> lines.sawMessage(frame);
        default -> {}
      }
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      lines.saw("over", "code", code);
      over.complete(null);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable why) {
      lines.saw("over", "why", why.toString());
      over.complete(null);
    }
  }
}
