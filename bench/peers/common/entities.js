// What the systems say, in the shape of the schema: made once, when it arrives.

const language = 'fi'

const text = (said) => (typeof said === 'string' ? said : said[language])
const id = (kind, key) => Buffer.from(`${kind}:${key}`).toString('base64url')

export const keyOf = (given) => Buffer.from(given, 'base64url').toString().split(':')[1]

export const product = (said) => ({
  id: id('Product', said.sku),
  sku: said.sku,
  gtin: said.gtin,
  names: said.name,
  descriptions: said.description,
  lifecycle: said.lifecycle,
  allImages: said.images.map((image) => ({ template: image.url, alt: text(image.alt) })),
  allAttributes: said.attributes.map((attribute) => ({
    code: attribute.code,
    name: text(attribute.name),
    values: attribute.values.map(text),
    unit: attribute.unit ?? null,
  })),
})

const money = (amount, currency) => ({ amount, currency })

export const price = (said) => ({
  unitPrice: money(said.unit_price, said.currency),
  breaks: said.breaks.map((one) => ({
    minimumQuantity: one.minimum_quantity,
    unitPrice: money(one.unit_price, said.currency),
  })),
})

export const availability = (said) => ({
  status: status(said),
  byWarehouse: said.levels.map((level) => ({
    warehouse: { code: level.warehouse },
    quantity: { value: level.quantity },
  })),
})

function status(said) {
  const inHand = said.levels.reduce((sum, level) => sum + Number(level.quantity), 0)
  if (inHand >= 1) return inHand < Number(said.low_below) ? 'LOW' : 'IN_STOCK'
  return said.levels.length ? 'OUT_OF_STOCK' : 'NOT_STOCKED'
}

// A person's account, with the one above it and what its prices depend on.
export function standing(said, person) {
  const own = said.contexts.find((context) => context.person === person)
  const accounts = new Map(said.accounts.map((account) => [account.number, account]))
  const account = accounts.get(own.number)
  const parent = accounts.get(account.parent_number)
  return {
    number: account.number,
    name: account.name,
    parent: parent && { number: parent.number, name: parent.name, parent: null },
    priceScope: account.price_scope,
    currency: account.currency,
    assortments: account.assortments ?? [],
  }
}

// A page of a listing; its cursor carries a mark of the list, as Kanava's do.
export const page = (said, mark) => ({
  nodes: said.hits.map((hit) => hit.sku),
  pageInfo: {
    hasNextPage: said.has_next,
    endCursor: said.hits.length ? Buffer.from(`${mark}:${said.hits.at(-1).cursor}`).toString('base64url') : null,
  },
})
