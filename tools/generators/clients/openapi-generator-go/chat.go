package main

import (
	"context"
	"fmt"
	"os"

	"call/api"
)

func main() {
	configuration := api.NewConfiguration()
	configuration.Servers = api.ServerConfigurations{{URL: os.Getenv("CHAT_URL")}}
	signedIn := context.WithValue(context.Background(), api.ContextAccessToken, os.Getenv("TOKEN"))
	page, _, err := api.NewAPIClient(configuration).MessagesAPI.ListMessages(signedIn, os.Getenv("PRODUCT")).Execute()
	if err != nil {
		panic(err)
	}
	messages := page.Messages
	first := messages[0].SystemMessage.Data.RoomOpened
	fmt.Println(len(messages), first.Event, messages[len(messages)-1].ChatMessage.Content)
}
