package main

import (
	"context"
	"fmt"
	"os"

	"call/api"
)

func main() {
	configuration := api.NewConfiguration()
	configuration.Servers = api.ServerConfigurations{{URL: os.Getenv("TRADE_URL")}}
	product, _, err := api.NewAPIClient(configuration).ProductsAPI.GetProduct(context.Background(), os.Getenv("PRODUCT")).Execute()
	if err != nil {
		panic(err)
	}
	fmt.Println(product.Title, product.Status, product.Reason.Get() == nil)
}
