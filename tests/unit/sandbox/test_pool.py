"""The bets of a runner at the starting price."""

from betflow.sandbox.generator.starting_price import Pool


def test_liabilities_are_reduced_and_stakes_are_not() -> None:
    """Half of each liability is left, to the penny, and all of the stakes."""
    pool = Pool()
    pool.back(0, 100)
    pool.lay(2, 300)
    pool.reduce(lambda liability: liability / 2)

    assert ({0: 100}, {2: 150}) == (pool.stakes, pool.liabilities)


def test_a_pool_adds_up_by_limit() -> None:
    """Two backers and a layer are told by their limits."""
    pool = Pool()
    pool.back(0, 100)
    pool.back(0, 50)
    pool.lay(2, 300)

    assert ([(1.01, 150)], [(1000.0, 300)]) == pool.bids([1.01, 500.0, 1000.0])
