import org.openapitools.client.apis.ProductsApi

fun main() {
    val product = ProductsApi(System.getenv("TRADE_URL")).getProduct(System.getenv("PRODUCT"))
    println("${product.title} ${product.status.value} ${product.reason?.value}")
}
