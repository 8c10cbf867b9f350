package main

import (
	"context"
	"fmt"
	"os"

	"call/api"
)

func main() {
	client, err := api.NewClientWithResponses(os.Getenv("TRADE_URL"))
	if err != nil {
		panic(err)
	}
	answer, err := client.GetProductWithResponse(context.Background(), os.Getenv("PRODUCT"), nil)
	if err != nil {
		panic(err)
	}
	product := answer.JSON200
	fmt.Println(product.Title, product.Status, product.Reason == nil)
}
