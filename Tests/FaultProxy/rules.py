"""What is to happen to requests."""

import base64
import re
import time
import urllib.parse

COLLECTION = re.compile(r"/(?:api/v1|apis/[^/]+/[^/]+)/(?:namespaces/[^/]+/)?([a-z]+)$")


def classify(method, target):
    """`list`, `watch` or `other`, and the plural of the resource."""
    parts = urllib.parse.urlsplit(target)
    found = COLLECTION.match(parts.path)
    if method != "GET" or not found:
        return "other", ""
    watches = urllib.parse.parse_qs(parts.query).get("watch", ["0"])[0] in ("1", "true")
    return ("watch" if watches else "list"), found[1]


class Rule:
    """Applies to the requests that it is for, so many `times` or for so many `seconds`, or until it is deleted.

    `on`: "list", "watch", "both" of these, or "all" requests; `plural`: of one resource only. `do`:

        answer   with `status`, `headers` and `body` (base64) instead of asking the server
        reset    the connection, before anything is answered
        silence  nothing is answered, the connection stays
        pieces   the body is passed on in chunks of `size` bytes; 0: of 1 to 40 at random
        sweep    each frame of a watch comes in two chunks, split one byte later in each frame than in the one before
        slow     `size` bytes a second
        truncate the body after `size` bytes, `how` as streams.py says for "cut"
        garble   bytes at random instead of the body's from the byte `size` on
    """

    def __init__(self, on, do, plural=None, times=None, seconds=None, status=200, headers=None, body="",
                 size=0, how="end"):
        self.on, self.do, self.plural = on, do, plural
        self.times = times
        self.until = None if seconds is None else time.monotonic() + seconds
        self.status, self.headers, self.body = status, headers or {}, base64.b64decode(body)
        self.size, self.how = size, how

    def takes(self, kind, plural):
        """Whether the rule is for this request; counts it when it is."""
        if self.plural not in (None, plural) or self.times == 0:
            return False
        if self.on != "all" and kind not in (("list", "watch") if self.on == "both" else (self.on,)):
            return False
        if self.until is not None and time.monotonic() > self.until:
            return False
        if self.times is not None:
            self.times -= 1
        return True
