"""What schemathesis sends where a description says that a text is a place in a list: a cursor as an answer gives it, for
which only the program knows the rules."""

import base64
import json

import schemathesis
from hypothesis import strategies

numbers = strategies.integers(min_value=1, max_value=1_000)
names = strategies.sampled_from(["metadata.name", "kind", "spec.type"])
words = strategies.text("abcxyz", max_size=3)


def cursor(**members):
    return strategies.fixed_dictionaries(members).map(
        lambda members: base64.b64encode(json.dumps(members).encode()).decode())


schemathesis.openapi.format("list-position", cursor(limit=numbers, offset=numbers))
schemathesis.openapi.format("location-cursor", cursor(limit=numbers, afterId=words))
schemathesis.openapi.format("entity-cursor", cursor(
    orderFields=strategies.tuples(strategies.fixed_dictionaries(
        {"field": names, "order": strategies.sampled_from(["asc", "desc"])})),
    orderFieldValues=strategies.tuples(words, words), isPrevious=strategies.booleans(), totalItems=numbers))
