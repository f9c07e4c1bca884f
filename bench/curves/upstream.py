"""`python -m bench.curves.upstream PRODUCTS PORT DOCUMENTS`: the benchmark's upstream, with so many products."""

import sys

from bench.upstream import __main__ as upstream
from bench.upstream import data


def grow(products: int) -> None:
    """Have so many products, all of them in the category that the work lists."""
    data.CATEGORIES.clear()
    data.CATEGORIES[data.LISTED] = products
    data.SKUS.clear()
    data.SKUS.update({data.sku(index): index for index in range(1, products + 1)})


if __name__ == "__main__":
    grow(int(sys.argv.pop(1)))
    upstream.main()
