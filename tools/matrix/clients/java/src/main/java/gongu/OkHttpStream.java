package gongu;

import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.ErrorStrategy;
import com.launchdarkly.eventsource.EventSource;
import com.launchdarkly.eventsource.FaultEvent;
import com.launchdarkly.eventsource.MessageEvent;
import com.launchdarkly.eventsource.StreamEvent;
import java.net.URI;
import java.util.concurrent.TimeUnit;

/** okhttp-eventsource, told to come back: by itself it ends in silence. */
public final class OkHttpStream {
  public static void main(String[] args) throws Exception {
    Lines lines = new Lines(args);
    lines.post("/participants", "{}");
    URI at = URI.create(lines.url + "/api/chat/rooms/" + lines.room + "/events?after=0");
    EventSource source =
        new EventSource.Builder(ConnectStrategy.http(at).header("Authorization", "Bearer " + lines.token))
            .errorStrategy(ErrorStrategy.alwaysContinue())
            .retryDelay(300, TimeUnit.MILLISECONDS)
            .build();
    Thread reading =
        new Thread(
            () -> {
              for (StreamEvent event : source.anyEvents()) {
                if (event instanceof MessageEvent message && message.getEventName().equals("message"))
                  lines.sawMessage(Lines.read(message.getData()));
                if (event instanceof FaultEvent fault) lines.saw("over", "why", String.valueOf(fault.getCause()));
              }
            });
    reading.setDaemon(true);
    reading.start();
    lines.talk(content -> lines.post("/messages", lines.body(content)));
  }
}
