// gongu.v1 by coder/websocket, with the read limit that docs/protocol.md asks for.
package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"gongu.example/matrix/lines"
)

type frame struct {
	Type     string          `json:"type"`
	Messages []lines.Message `json:"messages"`
	lines.Message
}

func main() {
	var current atomic.Pointer[websocket.Conn]
	lines.Talk(func(content string) {
		send := map[string]any{"type": "send", "roomId": lines.Room, "clientMessageId": lines.NextID(), "content": content}
		wsjson.Write(context.Background(), current.Load(), send)
	})
	for {
		lines.Saw(map[string]any{"saw": "over", "why": talk(&current).Error()})
		time.Sleep(300 * time.Millisecond)
	}
}

func talk(current *atomic.Pointer[websocket.Conn]) error {
	ctx := context.Background()
	socket, _, err := websocket.Dial(ctx, lines.WebSocket(), &websocket.DialOptions{Subprotocols: []string{"gongu.v1"}})
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	socket.SetReadLimit(1 << 20)
	current.Store(socket)
	if err := wsjson.Write(ctx, socket, map[string]any{"type": "auth", "token": lines.Token}); err != nil {
		return err
	}
	for {
		var got frame
		if err := wsjson.Read(ctx, socket, &got); err != nil {
			return err
		}
		switch got.Type {
		case "ready":
			join := map[string]any{"type": "join", "ref": "join", "roomId": lines.Room, "after": lines.After()}
			if err := wsjson.Write(ctx, socket, join); err != nil {
				return err
			}
		case "joined":
			for _, message := range got.Messages {
				lines.SawMessage(message)
			}
		case "message":
			lines.SawMessage(got.Message)
		}
	}
}
