package main

import (
	"context"
	"fmt"
	"os"

	"github.com/ogen-go/ogen/ogenerrors"

	"call/api"
)

type signedIn struct{}

func (signedIn) User(context.Context, api.OperationName) (api.User, error) {
	return api.User{Token: os.Getenv("TOKEN")}, nil
}

func (signedIn) Service(context.Context, api.OperationName) (api.Service, error) {
	return api.Service{}, ogenerrors.ErrSkipClientSecurity
}

func main() {
	client, err := api.NewClient(os.Getenv("CHAT_URL"), signedIn{})
	if err != nil {
		panic(err)
	}
	answer, err := client.ListMessages(context.Background(), api.ListMessagesParams{RoomId: os.Getenv("PRODUCT")})
	if err != nil {
		panic(err)
	}
	messages := answer.(*api.MessagePage).Messages
	first := messages[0].OneOf.SystemMessage.Data.Type
	fmt.Println(len(messages), first, messages[len(messages)-1].OneOf.ChatMessage.Content)
}
