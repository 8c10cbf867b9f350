package main

import (
	"context"
	"fmt"
	"os"

	"call/api"
)

type noToken struct{}

func (noToken) User(context.Context, api.OperationName) (api.User, error) {
	return api.User{}, nil
}

func (noToken) Service(context.Context, api.OperationName) (api.Service, error) {
	return api.Service{}, nil
}

func main() {
	client, err := api.NewClient(os.Getenv("TRADE_URL"), noToken{})
	if err != nil {
		panic(err)
	}
	answer, err := client.GetProduct(context.Background(), api.GetProductParams{ID: os.Getenv("PRODUCT")})
	if err != nil {
		panic(err)
	}
	product := answer.(*api.Product)
	fmt.Println(product.Title, product.Status, product.Reason.Null)
}
