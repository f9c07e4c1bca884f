// Resolvers of what is not a plain property of an entity; `context.sources` is this request's.

import { readFileSync } from 'node:fs'
import { keyOf } from './entities.js'

const defaultLocale = 'fi'

export const typeDefs = readFileSync(new URL('schema.graphql', import.meta.url), 'utf8')

export const resolvers = {
  Query: {
    viewer: (_root, _args, { sources }) => ({ account: sources.account() }),
    product: (_root, { sku }, { sources }) => sources.product(sku),
    products: (_root, { first, filter }, { sources }) => sources.page(keyOf(filter.categoryId), first),
  },
  Viewer: {
    account: (viewer) => viewer.account,
  },
  Product: {
    name: (product, { locale }) => product.names[locale ?? defaultLocale],
    description: (product, { locale }) => product.descriptions[locale ?? defaultLocale],
    images: (product, { first }) => product.allImages.slice(0, first),
    attributes: (product, { codes }) =>
      codes ? product.allAttributes.filter((attribute) => codes.includes(attribute.code)) : product.allAttributes,
    price: (product, _args, { sources }) => sources.price(product.sku),
    availability: (product, _args, { sources }) => sources.availability(product.sku),
  },
  Image: {
    url: (image, { width }) => image.template.replace('{width}', width).replace('{format}', 'jpg'),
  },
}
