// What a storefront with Relay asks: a listing that goes on, and a product of it again by its id.
import { graphql } from "relay-runtime";

export const listing = graphql`
  query StorefrontQuery($count: Int!, $cursor: Cursor) {
    products(first: $count, after: $cursor, sort: NAME) @connection(key: "Storefront_products") {
      edges {
        node {
          id
          ...Storefront_product
        }
      }
    }
  }
`;

export const product = graphql`
  fragment Storefront_product on Product
  @refetchable(queryName: "StorefrontProductQuery")
  @argumentDefinitions(quantity: { type: "Decimal", defaultValue: "1" }) {
    sku
    price(quantity: $quantity) {
      unitPrice {
        amount
        currency
      }
    }
  }
`;
