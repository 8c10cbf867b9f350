// Package lines is what the clients in Go have in common: arguments, lines out, lines in.
package lines

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
)

// Message of a room, as the server sends it.
type Message struct {
	Seq     int    `json:"seq"`
	Content string `json:"content"`
	Sender  *struct {
		UserID string `json:"userId"`
	} `json:"sender"`
}

// The last three arguments.
var URL, Token, Room = argument(3), argument(2), argument(1)

var (
	mutex sync.Mutex
	last  int
	sent  int
)

func argument(fromEnd int) string { return os.Args[len(os.Args)-fromEnd] }

// WebSocket is the address of /ws.
func WebSocket() string { return strings.Replace(URL, "http", "ws", 1) + "/ws" }

// After is the last seq that is here.
func After() int {
	mutex.Lock()
	defer mutex.Unlock()
	return last
}

// NextID is a new clientMessageId.
func NextID() string {
	mutex.Lock()
	defer mutex.Unlock()
	sent++
	return fmt.Sprintf("matrix-%d", sent)
}

// Saw writes a line.
func Saw(line map[string]any) {
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

// SawMessage writes a message's line.
func SawMessage(message Message) {
	mutex.Lock()
	last = max(last, message.Seq)
	mutex.Unlock()
	line := map[string]any{"saw": "message", "seq": message.Seq, "content": message.Content, "sender": nil}
	if message.Sender != nil {
		line["sender"] = message.Sender.UserID
	}
	Saw(line)
}

// Talk gives each line of standard input to say; its end is the client's.
func Talk(say func(content string)) {
	go func() {
		input := bufio.NewScanner(os.Stdin)
		for input.Scan() {
			say(input.Text())
		}
		os.Exit(0)
	}()
}
