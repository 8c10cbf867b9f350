import org.openapitools.client.ApiClient;
import org.openapitools.client.api.ProductsApi;
import org.openapitools.client.model.Product;

public class Call {
    public static void main(String[] args) throws Exception {
        ApiClient client = new ApiClient().setBasePath(System.getenv("TRADE_URL"));
        Product product = new ProductsApi(client).getProduct(System.getenv("PRODUCT"), null);
        System.out.println(product.getTitle() + " " + product.getStatus() + " " + product.getReason());
    }
}
