package gongu.peer;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.MessageHandler;
import org.springframework.messaging.simp.broker.SimpleBrokerMessageHandler;
import org.springframework.messaging.simp.stomp.StompCommand;
import org.springframework.messaging.simp.stomp.StompHeaderAccessor;
import org.springframework.messaging.support.ExecutorChannelInterceptor;
import org.springframework.messaging.support.MessageBuilder;

/** Answers a SUBSCRIBE that asks for a receipt: the simple broker does not, and a join could not be timed. */
class Receipts implements ExecutorChannelInterceptor {
  private final MessageChannel outbound;

  Receipts(MessageChannel outbound) {
    this.outbound = outbound;
  }

  @Override
  public void afterMessageHandled(Message<?> message, MessageChannel channel, MessageHandler handler, Exception failure) {
    if (failure != null || !(handler instanceof SimpleBrokerMessageHandler)) return;
    StompHeaderAccessor asked = StompHeaderAccessor.wrap(message);
    if (asked.getCommand() != StompCommand.SUBSCRIBE || asked.getReceipt() == null) return;
    StompHeaderAccessor receipt = StompHeaderAccessor.create(StompCommand.RECEIPT);
    receipt.setReceiptId(asked.getReceipt());
    receipt.setSessionId(asked.getSessionId());
    outbound.send(MessageBuilder.createMessage(new byte[0], receipt.getMessageHeaders()));
  }
}
