/// Which objects of a resource are wanted; all of them when nothing is said.
package struct Selection: Sendable, Equatable {
    /// Nil: every namespace.
    package var namespace: String?
    /// In the notation of `kubectl -l`.
    package var labelSelector: String?
    /// In the notation of `kubectl --field-selector`.
    package var fieldSelector: String?

    package init(namespace: String? = nil, labelSelector: String? = nil, fieldSelector: String? = nil) {
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
    }

    /// Everything.
    package static let all = Selection()

    var query: [(name: String, value: String)] {
        var query: [(name: String, value: String)] = []
        if let labelSelector { query.append(("labelSelector", labelSelector)) }
        if let fieldSelector { query.append(("fieldSelector", fieldSelector)) }
        return query
    }
}
