// go-stomp over a WebSocket of coder/websocket.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
	"gongu.example/matrix/lines"
)

func main() {
	var current atomic.Pointer[stomp.Conn]
	lines.Talk(func(content string) {
		body, _ := json.Marshal(map[string]string{"content": content, "clientMessageId": lines.NextID()})
		current.Load().Send("/app/chat/"+lines.Room, "application/json", body)
	})
	for {
		lines.Saw(map[string]any{"saw": "over", "why": talk(&current).Error()})
		time.Sleep(300 * time.Millisecond)
	}
}

func talk(current *atomic.Pointer[stomp.Conn]) error {
	ctx := context.Background()
	socket, _, err := websocket.Dial(ctx, lines.WebSocket(), &websocket.DialOptions{Subprotocols: []string{"v12.stomp"}})
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	socket.SetReadLimit(1 << 20)
	connection, err := stomp.Connect(
		websocket.NetConn(ctx, socket, websocket.MessageText),
		stomp.ConnOpt.Header("Authorization", "Bearer "+lines.Token),
		stomp.ConnOpt.HeartBeat(10*time.Second, 10*time.Second),
	)
	if err != nil {
		return err
	}
	current.Store(connection)
	after := func(f *frame.Frame) error {
		f.Header.Set("after", strconv.Itoa(lines.After()))
		return nil
	}
	subscription, err := connection.Subscribe("/topic/chat/"+lines.Room, stomp.AckAuto, after)
	if err != nil {
		return err
	}
	for got := range subscription.C {
		if got.Err != nil {
			return got.Err
		}
		var message lines.Message
		if err := json.Unmarshal(got.Body, &message); err != nil {
			return err
		}
		lines.SawMessage(message)
	}
	return errors.New("the subscription ended")
}
