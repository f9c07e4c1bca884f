// What a storefront with Relay asks: pages that go on, and things fetched again by their id.
declare function graphql(source: TemplateStringsArray): unknown;

export const page = graphql`
  query StorefrontQuery($search: String, $categoryId: ID!) {
    ...Storefront_search @arguments(search: $search)
    viewer {
      ...Storefront_accounts
    }
    category(id: $categoryId) {
      ...Storefront_category
    }
  }
`;

export const search = graphql`
  fragment Storefront_search on Query
  @refetchable(queryName: "StorefrontSearchQuery")
  @argumentDefinitions(
    search: { type: "String" }
    count: { type: "Int", defaultValue: 24 }
    cursor: { type: "Cursor" }
  ) {
    products(first: $count, after: $cursor, query: $search, sort: NAME) @connection(key: "Storefront_products") {
      totalCount
      edges {
        node {
          ...Storefront_product
        }
      }
    }
  }
`;

export const category = graphql`
  fragment Storefront_category on Category
  @refetchable(queryName: "StorefrontCategoryQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 24 }, cursor: { type: "Cursor" }) {
    name
    products(first: $count, after: $cursor) @connection(key: "Storefront_category_products") {
      edges {
        node {
          ...Storefront_product
        }
      }
    }
  }
`;

export const accounts = graphql`
  fragment Storefront_accounts on Viewer
  @refetchable(queryName: "StorefrontAccountsQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "Cursor" }) {
    accounts(first: $count, after: $cursor) @connection(key: "Storefront_accounts") {
      edges {
        node {
          number
          name
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
    name
    price(quantity: $quantity) {
      unitPrice {
        amount
        currency
      }
    }
    availability(quantity: $quantity) {
      status
      freshness {
        system
        ageSeconds
      }
    }
  }
`;
