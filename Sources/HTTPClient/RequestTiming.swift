/// How long the parts of a request took.
package struct RequestTiming: Sendable, Equatable {
    /// From the request to the last byte of the answer's header.
    package var untilHead: Duration
    /// Looking up the server's or proxy's name; nil when a connection was there already or there was no name to look up.
    package var nameLookup: Duration?

    package init(untilHead: Duration = .zero, nameLookup: Duration? = nil) {
        self.untilHead = untilHead
        self.nameLookup = nameLookup
    }
}
