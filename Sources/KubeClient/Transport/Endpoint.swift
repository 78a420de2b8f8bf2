internal import Base

/// Where a server serves a resource: the group version that it has, and the paths that follow from it.
package struct Endpoint: Sendable, Hashable {
    package let groupVersion: GroupVersion
    package let plural: String

    package init(_ groupVersion: GroupVersion, _ plural: String) {
        self.groupVersion = groupVersion
        self.plural = plural
    }

    /// The path of a collection, or of an object when a name is given.
    ///
    /// - Parameter namespace: nil for resources without one, and for all namespaces.
    package func path(namespace: String? = nil, name: String? = nil, subresource: String? = nil) -> String {
        var path = groupVersion.path
        if let namespace { path += "/namespaces/" + percentEncoded(namespace) }
        path += "/" + plural
        if let name { path += "/" + percentEncoded(name) }
        if let subresource { path += "/" + subresource }
        return path
    }
}
