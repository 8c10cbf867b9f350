package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"call/api"
)

func main() {
	client, err := api.NewClientWithResponses(os.Getenv("CHAT_URL"))
	if err != nil {
		panic(err)
	}
	signed := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
		return nil
	}
	answer, err := client.ListMessagesWithResponse(context.Background(), os.Getenv("PRODUCT"), nil, signed)
	if err != nil {
		panic(err)
	}
	messages := answer.JSON200.Messages
	first, err := messages[0].AsSystemMessage()
	if err != nil {
		panic(err)
	}
	event, err := first.Data.Discriminator()
	if err != nil {
		panic(err)
	}
	last, err := messages[len(messages)-1].AsChatMessage()
	if err != nil {
		panic(err)
	}
	fmt.Println(len(messages), event, last.Content)
}
