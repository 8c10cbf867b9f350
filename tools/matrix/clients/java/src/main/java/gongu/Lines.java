package gongu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** What the clients of the virtual machine have in common: arguments, lines out, lines in. */
public final class Lines {
  public static final ObjectMapper JSON = new ObjectMapper();

  public final String url;
  public final String token;
  public final String room;
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final AtomicInteger last = new AtomicInteger();
  private final AtomicInteger sent = new AtomicInteger();

  /** @param args the last three are URL, token and room */
  public Lines(String[] args) {
    url = args[args.length - 3];
    token = args[args.length - 2];
    room = args[args.length - 1];
  }

  /** The last seq that is here. */
  public int after() {
    return last.get();
  }

  public String webSocket() {
    return url.replaceFirst("http", "ws") + "/ws";
  }

  public synchronized void saw(String what, Object... fields) {
    try {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("saw", what);
      for (int i = 0; i < fields.length; i += 2) line.put((String) fields[i], fields[i + 1]);
      out.println(JSON.writeValueAsString(line));
    } catch (Exception impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  public void sawMessage(JsonNode message) {
    int seq = message.get("seq").asInt();
    last.accumulateAndGet(seq, Math::max);
    JsonNode sender = message.get("sender");
    String who = sender == null || sender.isNull() ? null : sender.get("userId").asText();
    saw("message", "seq", seq, "content", message.get("content").asText(), "sender", who);
  }

  /** The body of a message to send. */
  public String body(String content) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("clientMessageId", "matrix-" + sent.incrementAndGet());
    body.put("content", content);
    return json(body);
  }

  public static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (Exception impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  public static JsonNode read(String text) {
    try {
      return JSON.readTree(text);
    } catch (Exception wrong) {
      throw new IllegalStateException(wrong);
    }
  }

  /** Says it over HTTP. */
  public void post(String path, String body) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url + "/api/chat/rooms/" + room + path))
              .header("Authorization", "Bearer " + token)
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      int status = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
      if (status >= 300) saw("refused", "status", status);
    } catch (Exception failed) {
      saw("refused", "why", failed.toString());
    }
  }

  /** Each line of standard input is something to say; its end is the client's. Returns only then. */
  public void talk(Consumer<String> say) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) say.accept(line);
    System.exit(0);
  }

  public static void pause() {
    try {
      Thread.sleep(300);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }
}
