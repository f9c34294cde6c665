"""
Beliefs about which of several worlds this is, for events that are known by what happens in them.

One world is drawn to be the true one. Before the event, signals tell a little of which it is; in it, every
goal and every point does, by Bayes' rule. A chance is then the average of what it is in each world, and
prices made of such chances are fair, as those of races are (see `evidence`).
"""

from collections.abc import Sequence
from math import fsum

from betflow.sandbox.generator.chance import Chance


class Beliefs:
    """
    How likely each world is.

    Args:
        worlds: How many there are, all equally likely at first.

    Attributes:
        weights: How likely each is; they add up to 1.
    """

    def __init__(self, worlds: int) -> None:
        self.weights = [1 / worlds] * worlds

    def see(self, likelihoods: Sequence[float]) -> None:
        """Learn from something, given how likely it was in each world."""
        products = [weight * each for weight, each in zip(self.weights, likelihoods, strict=True)]
        total = fsum(products)
        self.weights = [product / total for product in products]

    def hear(self, true: int, clarity: float, chance: Chance) -> None:
        """Let one signal arrive about each world, right a little more often than not for the true one."""
        likelihoods = []
        for world in range(len(self.weights)):
            likely = (1 + clarity) / 2 if world == true else 0.5
            likelihoods.append(1 + clarity if chance.uniform() < likely else 1 - clarity)
        self.see(likelihoods)

    def average(self, values: Sequence[float]) -> float:
        """Return the average of a value over the worlds."""
        return fsum(weight * value for weight, value in zip(self.weights, values, strict=True))
