"""Cost curves: how what a request costs grows with pages, catalogues, customers and replicas."""
