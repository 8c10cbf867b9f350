package gongu.peer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The peer: Spring's simple broker over STOMP, as its guide sets it up. Nothing is checked, numbered or deduplicated, and
 * without the profile "jdbc" nothing is stored.
 */
@SpringBootApplication
public class Peer {
  public static void main(String[] args) {
    SpringApplication.run(Peer.class, args);
  }
}
