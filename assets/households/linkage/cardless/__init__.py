"""Households without cards: who lives together where no list has a family card or names the head of household."""
