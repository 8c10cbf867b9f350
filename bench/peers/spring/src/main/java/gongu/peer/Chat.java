package gongu.peer;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.messaging.handler.annotation.DestinationVariable;
import org.springframework.messaging.handler.annotation.MessageMapping;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.stereotype.Controller;

/** Tells a room what was said in it; with a database, after one INSERT. */
@Controller
class Chat {
  private static final String INSERT = "INSERT INTO messages (room, sender, text) VALUES (?, ?, ?)";

  private final JdbcClient database;

  Chat(ObjectProvider<JdbcClient> database) {
    this.database = database.getIfAvailable();
  }

  @MessageMapping("/chat/{room}")
  @SendTo("/topic/{room}")
  Said say(@DestinationVariable String room, Said said) {
    if (database != null) database.sql(INSERT).params(room, said.user(), said.text()).update();
    return said;
  }
}
